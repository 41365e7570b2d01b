/**
 * Workers of other machines come and go at any time, and the pool goes on with who is there: their
 * names, their leaving, and what happens while nobody is there. Pure.
 */
import { ArchloomError } from '#src/errors.ts'
import type { Hello } from '#src/protocol/messages.ts'
import type { PeerId } from '#src/transport/channel.ts'
import { type Draft, logTo, sendTo } from './pool-draft.ts'
import type { WorkerState } from './pool-state.ts'
import { breakPool } from './task-life.ts'

/** How long a pool without workers keeps quiet about it: many are back at once. */
const quietMs = 5000

/**
 * Whether a hello must wait because its name belongs to a worker that seems to live.
 *
 * @remarks
 * Whose process has died is replaced at once, since its link is dead, too; whose machine has vanished
 * when it has been silent; and whoever still lives keeps the name, which the next heartbeat tells.
 */
export function contestName(
  draft: Draft,
  known: WorkerState | undefined,
  hello: Hello,
  peer: PeerId,
): boolean {
  if (known?.local !== false || known.peer === peer || !known.linked) return false
  draft.contenders.set(hello.worker, { hello, peer, refuted: false })
  // A dead link is found out by sending something.
  sendTo(draft, known, { type: 'heartbeat' })
  return true
}

/** The worker that has a name was heard: who came under it after it must go. */
export function refuteContender(draft: Draft, name: string): void {
  const contender = draft.contenders.get(name)
  if (contender !== undefined) draft.contenders.set(name, { ...contender, refuted: true })
}

/** A worker of another machine is not connected any more; it may come again under its name. */
export function dropRemote(draft: Draft, worker: WorkerState): void {
  draft.workers.delete(worker.name)
  draft.commands.push({ kind: 'resized' })
}

export function joinedCount(draft: Draft): number {
  return [...draft.workers.values()].filter(({ local }) => !local).length
}

/**
 * A pool that takes workers of other machines waits for them: before it opens for as many as it
 * needs, later for anyone at all. It says so, and gives up after a while.
 */
export function tickAbsence(draft: Draft): void {
  if (!lacksWorkers(draft)) {
    if (draft.absence?.noted) logTo(draft, 'info', 'Workers are there again', {})
    draft.absence = null
    return
  }
  const { sinceMs, noted } = draft.absence ?? { sinceMs: draft.nowMs, noted: false }
  const absentMs = draft.nowMs - sinceMs
  if (absentMs > draft.rules.absenceMs) {
    breakPool(draft, tooLongAbsent(draft))
    return
  }
  const isDue = !noted && absentMs >= quietMs
  if (isDue) noteAbsence(draft)
  draft.absence = { sinceMs, noted: noted || isDue }
}

function lacksWorkers(draft: Draft): boolean {
  if (draft.rules.remoteLimit === 0) return false
  if (draft.life === 'opening') return joinedCount(draft) < draft.rules.remoteCount
  const workers = [...draft.workers.values()]
  return draft.life === 'open' && workers.every(({ phase }) => phase.kind === 'gone')
}

function noteAbsence(draft: Draft): void {
  const { absenceMs, remoteCount } = draft.rules
  const limit = Number.isFinite(absenceMs) ? { giveUpSeconds: absenceMs / 1000 } : {}
  if (draft.life === 'opening') {
    const fields = { joined: joinedCount(draft), needed: remoteCount, ...limit }
    logTo(draft, 'warn', 'Waiting for workers on other machines', fields)
  } else {
    const fields = { waitingTasks: draft.tasks.size, ...limit }
    logTo(draft, 'warn', 'No worker is connected, waiting for one to join', fields)
  }
}

function tooLongAbsent(draft: Draft): ArchloomError {
  const limit = `${draft.rules.absenceMs / 1000} s`
  const mend =
    'start some with archloom worker --connect URL --keys FILE, or let it wait longer (waitSeconds)'
  const found =
    draft.life === 'opening'
      ? `Only ${joinedCount(draft)} of the ${draft.rules.remoteCount} workers that must join from other machines had joined after ${limit}`
      : `No worker was connected for ${limit}`
  return new ArchloomError('worker/absent', `${found}; ${mend}`)
}
