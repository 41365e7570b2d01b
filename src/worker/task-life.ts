/** A task's way through the pool: waiting, sent to a worker, settled. Pure. */

import type { ArchloomError } from '#src/errors.ts'
import type { Failed, Result, Run } from '#src/protocol/messages.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { FailureKind } from '#src/trial/outcome.ts'
import {
  addTask,
  changeTask,
  changeWorker,
  type Draft,
  logTo,
  removeTask,
  sendTo,
  taskCount,
  tasksOf,
  turnTo,
} from './pool-draft.ts'
import type { PoolTask, TaskState, WorkerState } from './pool-state.ts'
import { dropSessions, leastBound, noteSession, sessionLost, sessionOf } from './sessions.ts'

/** Takes a task in, or refuses it where no worker will ever come. */
export function submitTask(draft: Draft, task: PoolTask): void {
  if (draft.life === 'closing' || draft.life === 'closed') {
    const failure = new AttemptFailure({ kind: 'cancelled', message: 'The worker pool is closed' })
    draft.commands.push({ kind: 'reject', task: task.task, error: failure })
    return
  }
  addTask(draft, {
    ...task,
    lease: task.lease + draft.rules.leaseBase,
    worker: null,
    sentMs: null,
    started: false,
    lastWord: null,
    cancelled: false,
    stopping: false,
    killAtMs: null,
  })
  if (draft.life === 'broken' && draft.error !== null) {
    rejectTask(draft, task.task, draft.error)
    return
  }
  const session = sessionOf(task.work)
  if (session !== null && !draft.sessions.has(session)) {
    rejectTask(draft, task.task, sessionLost(session, null))
    return
  }
  const holder = task.pinnedTo
  if (holder !== undefined && draft.workers.get(holder)?.phase.kind !== 'ready') {
    failTask(draft, task, 'departed', `Worker ${holder}, which alone can do the task, is gone`)
    return
  }
  assignTasks(draft)
}

/** Hands waiting tasks to free workers, in order of submission. */
export function assignTasks(draft: Draft): void {
  if (draft.waiting.size === 0 || draft.life === 'closing' || draft.life === 'closed') return
  const ready = readyWorkers(draft)
  if (ready.length === 0) return
  // Thousands of tasks may wait for hundreds of workers: what nobody is free for is passed over.
  const busy = new Set<string>()
  for (const id of draft.waiting) {
    const task = draft.tasks.get(id)
    if (task === undefined || busy.has(queueOf(task))) continue
    const able = ready.filter((worker) => canDo(draft, worker, task))
    const free = leastBound(
      draft,
      able.filter((worker) => freeSlots(draft, worker) > 0),
    )
    if (able.length === 0 && sessionOf(task.work) === null) failUnable(draft, task, ready)
    else if (free === undefined) busy.add(queueOf(task))
    else sendTask(draft, free, task)
  }
}

/** Tasks that wait for the same workers. */
function queueOf({ work, pinnedTo }: PoolTask): string {
  const session = sessionOf(work)
  if (session !== null) return `session ${session}`
  return pinnedTo === undefined ? work.kind : `${work.kind} on ${pinnedTo}`
}

function canDo(draft: Draft, { name, hello }: WorkerState, { work, pinnedTo }: PoolTask): boolean {
  if (pinnedTo !== undefined && pinnedTo !== name) return false
  const session = sessionOf(work)
  if (session !== null) return draft.sessions.get(session) === name
  return hello?.capabilities.includes(work.kind) ?? false
}

function failUnable(draft: Draft, task: TaskState, ready: readonly WorkerState[]): void {
  const offers = [...new Set(ready.flatMap(({ hello }) => hello?.capabilities ?? []))]
  const isCall = task.work.kind === 'call' || task.work.kind === 'session-open'
  const mend = isCall
    ? 'start them with the modules that may be called (allow, or --allow MODULE)'
    : 'networks need an environment with PyTorch, and both sides the same build of archloom'
  const message = `No worker can do a task of kind ${task.work.kind}; they offer ${offers.join(', ')}; ${mend}`
  failTask(draft, task, 'invalid_task', message)
}

/** Sends again what may have been lost with a worker's old connection; it knows what it has. */
export function resendTasks(draft: Draft, worker: WorkerState): void {
  for (const task of tasksOf(draft, worker)) {
    sendRun(draft, worker, task)
    if (task.cancelled) sendTo(draft, worker, leased('cancel', task))
  }
}

/** The caller has seen enough: the task may hand back early what it has. */
export function stopTask(draft: Draft, id: string): void {
  const task = draft.tasks.get(id)
  if (task === undefined || task.stopping) return
  changeTask(draft, task, { stopping: true })
  const worker = task.worker === null ? undefined : draft.workers.get(task.worker)
  if (worker !== undefined) sendStop(draft, worker, task)
}

/** The caller does not want the task any more. */
export function cancelTask(draft: Draft, id: string): void {
  const task = draft.tasks.get(id)
  if (task === undefined || task.cancelled) return
  const worker = task.worker === null ? undefined : draft.workers.get(task.worker)
  if (worker === undefined) {
    failTask(draft, task, 'cancelled', 'The task was cancelled before it began')
    return
  }
  const killAtMs = Math.min(draft.nowMs + draft.rules.graceMs, task.killAtMs ?? Infinity)
  changeTask(draft, task, { cancelled: true, killAtMs })
  sendTo(draft, worker, leased('cancel', task))
}

/**
 * A result or failure from a worker: counts once, and only for the lease that this worker holds.
 * It is acknowledged in any case, so that the worker can forget it.
 */
export function settleTask(draft: Draft, worker: WorkerState, message: Result | Failed): void {
  acknowledgeEnd(draft, worker, message)
  const task = heldTask(draft, worker, message)
  if (task === undefined) {
    const { task: id, lease } = message
    logTo(draft, 'debug', 'A stale result was ignored', { worker: worker.name, task: id, lease })
    return
  }
  if (message.type === 'failed') {
    rejectTask(draft, task.task, new AttemptFailure(message.failure))
  } else if (message.result.kind !== task.work.kind) {
    const text = `Worker ${worker.name} answered a task of kind ${task.work.kind} with a result of kind ${message.result.kind}; the two sides may come from different builds of archloom`
    failTask(draft, task, 'internal', text)
  } else {
    removeTask(draft, task.task)
    noteSession(draft, worker, task.work)
    if (task.work.kind === 'session-close') rejectOrphans(draft, 'it was closed')
    draft.commands.push({
      kind: 'resolve',
      task: task.task,
      result: message.result,
      tensors: draft.tensors,
      fingerprint: worker.fingerprint,
      worker: worker.name,
    })
  }
  changeWorker(draft, worker, { restarts: 0 })
  assignTasks(draft)
}

export function acknowledgeEnd(draft: Draft, worker: WorkerState, end: Result | Failed): void {
  sendTo(draft, worker, leased('acknowledge', end))
}

/** The task that a message of a worker is about; undefined for a stale one. */
export function heldTask(
  draft: Draft,
  worker: WorkerState,
  { task: id, lease }: { readonly task: string; readonly lease: number },
): TaskState | undefined {
  const task = draft.tasks.get(id)
  return task?.worker === worker.name && task.lease === lease ? task : undefined
}

/** Fails everything that runs on a worker which is lost. */
export function failTasksOf(
  draft: Draft,
  worker: WorkerState,
  kind: FailureKind,
  message: string,
): void {
  for (const task of tasksOf(draft, worker)) {
    const session = sessionOf(task.work)
    // A cancelled task has its answer: it did stop, if only with its worker.
    if (task.cancelled) failTask(draft, task, 'cancelled', message)
    else if (session !== null) rejectTask(draft, task.task, sessionLost(session, message))
    else failTask(draft, task, kind, message)
  }
  dropSessions(draft, worker)
  rejectOrphans(draft, message)
  for (const id of draft.waiting) {
    const task = draft.tasks.get(id)
    if (task?.pinnedTo === worker.name) failTask(draft, task, 'departed', message)
  }
}

/** Rejects what waits for a session that is gone. */
function rejectOrphans(draft: Draft, reason: string): void {
  for (const id of draft.waiting) {
    const task = draft.tasks.get(id)
    const session = task === undefined ? null : sessionOf(task.work)
    if (session === null || draft.sessions.has(session)) continue
    rejectTask(draft, id, sessionLost(session, reason))
  }
}

export function failTask(draft: Draft, task: PoolTask, kind: FailureKind, message: string): void {
  rejectTask(draft, task.task, new AttemptFailure({ kind, message }))
}

export function rejectTask(
  draft: Draft,
  task: string,
  error: AttemptFailure | ArchloomError,
): void {
  removeTask(draft, task)
  draft.commands.push({ kind: 'reject', task, error })
}

/** Nothing will run any more: what waits is rejected, and so is all that comes later. */
export function breakPool(draft: Draft, error: ArchloomError): void {
  draft.error = error
  turnTo(draft, 'broken')
  for (const task of [...draft.tasks.keys()]) rejectTask(draft, task, error)
}

function sendTask(draft: Draft, worker: WorkerState, task: TaskState): void {
  const { deadlineSeconds } = task
  const killAtMs =
    deadlineSeconds === null ? null : draft.nowMs + deadlineSeconds * 1000 + draft.rules.graceMs
  changeTask(draft, task, { worker: worker.name, sentMs: draft.nowMs, killAtMs })
  sendRun(draft, worker, task)
}

function sendRun(draft: Draft, worker: WorkerState, task: TaskState): void {
  if (worker.peer === null) return
  const { tensors } = task
  const message = runMessage(task)
  draft.commands.push({ kind: 'send', peer: worker.peer, message, ...(tensors && { tensors }) })
  if (task.stopping) sendStop(draft, worker, task)
}

/** Only calls know of it, and only a worker that offers them. */
function sendStop(draft: Draft, worker: WorkerState, task: TaskState): void {
  if (worker.hello?.capabilities.includes('call')) sendTo(draft, worker, leased('stop', task))
}

function runMessage({ task, lease, deadlineSeconds, work }: TaskState): Run {
  return { type: 'run', task, lease, deadlineSeconds, work, tensors: [] }
}

function leased<T extends 'cancel' | 'stop' | 'acknowledge'>(
  type: T,
  { task, lease }: { readonly task: string; readonly lease: number },
) {
  return { type, task, lease } as const
}

function readyWorkers(draft: Draft): WorkerState[] {
  return [...draft.workers.values()].filter(({ phase }) => phase.kind === 'ready')
}

function freeSlots(draft: Draft, worker: WorkerState): number {
  return (worker.hello?.slots ?? 0) - taskCount(draft, worker)
}
