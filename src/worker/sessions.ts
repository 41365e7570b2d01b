/**
 * Objects of the user's that stay in a worker between calls: which worker has which, and what becomes
 * of calls when it is gone. Pure.
 */
import { ArchloomError } from '#src/errors.ts'
import type { TaskWork } from '#src/protocol/task.ts'
import type { Draft } from './pool-draft.ts'
import type { WorkerState } from './pool-state.ts'

/** The session that a task needs; null for one that any worker can do. */
export function sessionOf(work: TaskWork): string | null {
  return work.kind === 'session-call' || work.kind === 'session-close' ? work.session : null
}

/** A task of this work is done: its worker may have one session more, or less. */
export function noteSession(draft: Draft, worker: WorkerState, work: TaskWork): void {
  if (work.kind === 'session-open') draft.sessions.set(work.session, worker.name)
  if (work.kind === 'session-close') draft.sessions.delete(work.session)
}

/** Forgets the sessions of a worker that is lost. */
export function dropSessions(draft: Draft, worker: WorkerState): void {
  for (const [session, holder] of draft.sessions) {
    if (holder === worker.name) draft.sessions.delete(session)
  }
}

/** Whoever holds the fewest sessions is taken first: a session waits for its own worker alone. */
export function leastBound(draft: Draft, free: readonly WorkerState[]): WorkerState | undefined {
  if (draft.sessions.size === 0) return free[0]
  const held = Map.groupBy(draft.sessions.values(), (worker) => worker)
  const countOf = ({ name }: WorkerState) => held.get(name)?.length ?? 0
  return free.toSorted((one, other) => countOf(one) - countOf(other))[0]
}

/** @param reason - of the end of its worker; null where that is no longer known */
export function sessionLost(session: string, reason: string | null): ArchloomError {
  const why = reason ?? 'it was closed, or the worker that held it has ended'
  return new ArchloomError(
    'worker/session-lost',
    `The session ${session} is no longer there: ${why}; open it anew`,
    { details: { session } },
  )
}
