/** What time does to a pool: starts, heartbeats, silence, deadlines, the end. Pure. */
import { ArchloomError } from '#src/errors.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { renewCredits } from './credit.ts'
import {
  changeTask,
  changeWorker,
  type Draft,
  logTo,
  sendTo,
  tasksOf,
  turnTo,
} from './pool-draft.ts'
import type { TaskState, WorkerState } from './pool-state.ts'
import { dropRemote, tickAbsence } from './remote-life.ts'
import { assignTasks, failTask, failTasksOf, rejectTask } from './task-life.ts'
import { endWorker, launchWorker, settleContenders } from './worker-life.ts'

export function tick(draft: Draft): void {
  forgiveLateness(draft)
  for (const name of [...draft.workers.keys()]) {
    const worker = draft.workers.get(name)
    if (worker !== undefined) tickWorker(draft, worker)
  }
  if (draft.life === 'closing') {
    pressOn(draft)
    return
  }
  settleContenders(draft)
  tickAbsence(draft)
  assignTasks(draft)
}

/** The caller is done with the pool: nothing is worth waiting for any more. */
export function turnToClosing(draft: Draft): void {
  if (draft.life === 'closing' || draft.life === 'closed') return
  draft.closingMs = draft.nowMs
  for (const worker of draft.workers.values()) {
    for (const { task, lease } of tasksOf(draft, worker)) {
      sendTo(draft, worker, { type: 'cancel', task, lease })
    }
    if (worker.phase.kind === 'ready') sendTo(draft, worker, { type: 'drain' })
    if (worker.phase.kind === 'starting') signal(draft, worker, 'SIGTERM')
    if (worker.phase.kind === 'waiting') {
      changeWorker(draft, worker, { phase: { kind: 'gone' } })
    }
  }
  const failure = new AttemptFailure({ kind: 'cancelled', message: 'The worker pool was closed' })
  for (const task of [...draft.tasks.keys()]) rejectTask(draft, task, failure)
  turnTo(draft, 'closing')
}

/**
 * When the orchestrator itself stood still, workers are not to blame for what it did not hear: that
 * they live, have said hello, have ended a task, or have joined.
 */
function forgiveLateness(draft: Draft): void {
  const lateMs = draft.nowMs - draft.tickedMs - draft.rules.tickMs
  draft.tickedMs = draft.nowMs
  if (lateMs <= draft.rules.tickMs) return
  const later = (ms: number) => Math.min(draft.nowMs, ms + lateMs)
  for (const worker of draft.workers.values()) {
    const { phase, seenMs } = worker
    changeWorker(draft, worker, {
      seenMs: later(seenMs),
      ...(phase.kind === 'starting' && { phase: { ...phase, sinceMs: later(phase.sinceMs) } }),
    })
  }
  for (const task of draft.tasks.values()) {
    const { killAtMs } = task
    if (killAtMs === null) continue
    // Workers' own clocks went on: one that kept its deadline has only to be heard.
    const heardMs = Math.min(killAtMs + lateMs, draft.nowMs + draft.rules.graceMs)
    changeTask(draft, task, { killAtMs: Math.max(killAtMs, heardMs) })
  }
  if (draft.absence) draft.absence = { ...draft.absence, sinceMs: later(draft.absence.sinceMs) }
}

function tickWorker(draft: Draft, worker: WorkerState): void {
  const { phase } = worker
  switch (phase.kind) {
    case 'waiting':
      if (draft.nowMs >= phase.untilMs && draft.life !== 'broken') launchWorker(draft, worker)
      return
    case 'starting':
      if (draft.nowMs - phase.sinceMs > draft.rules.startMs) endSlowStart(draft, worker)
      return
    case 'ready':
      tickReady(draft, worker)
      return
    case 'ending':
      if (phase.killAtMs !== null && draft.nowMs >= phase.killAtMs) {
        changeWorker(draft, worker, { phase: { ...phase, killAtMs: null } })
        signal(draft, worker, 'SIGKILL')
      }
      return
    case 'gone':
      return
  }
}

function tickReady(draft: Draft, worker: WorkerState): void {
  const overdue = tasksOf(draft, worker).find(
    ({ killAtMs }) => killAtMs !== null && draft.nowMs >= killAtMs,
  )
  if (overdue !== undefined) {
    endStuckTask(draft, worker, overdue)
    return
  }
  if (draft.nowMs - worker.beatMs >= draft.rules.heartbeatMs) {
    sendTo(draft, changeWorker(draft, worker, { beatMs: draft.nowMs }), { type: 'heartbeat' })
  }
  renewCredits(draft, draft.workers.get(worker.name) ?? worker)
  endSilentWorker(draft, draft.workers.get(worker.name) ?? worker)
}

/**
 * Silence is death only where the link does not answer either. Code that holds the interpreter lock
 * of Python silences even the thread that beats, but not ZeroMQ's own thread, which answers the pings
 * of the channel; that of a stopped, cut off or dead process does not. What waits for such code is
 * its task's deadline, and a bound of its own, so that no run waits for ever.
 */
function endSilentWorker(draft: Draft, worker: WorkerState): void {
  const { silenceMs, unresponsiveMs } = draft.rules
  const silentMs = draft.nowMs - worker.seenMs
  if (silentMs <= silenceMs) return
  const lives = worker.linked && tasksOf(draft, worker).length > 0
  if (lives && silentMs <= unresponsiveMs) {
    noteUnresponsive(draft, worker, silentMs)
    return
  }
  const reason = lives
    ? `Worker ${worker.name} lives but said nothing for ${seconds(silentMs)}, the limit is ${seconds(unresponsiveMs)}; its task runs native code that holds the interpreter lock of Python, or hangs in it`
    : `Worker ${worker.name} was silent for ${seconds(silentMs)}, the limit is ${seconds(silenceMs)}: its process is stopped, its machine overloaded, or its link cut`
  failTasksOf(draft, worker, 'crashed', reason)
  const error = new ArchloomError('worker/silent', reason)
  endWorker(draft, worker, { restart: 'counted', error })
}

function noteUnresponsive(draft: Draft, worker: WorkerState, silentMs: number): void {
  if (worker.unresponsive) return
  changeWorker(draft, worker, { unresponsive: true })
  logTo(draft, 'warn', 'Worker lives but does not answer, its task may hold the interpreter lock', {
    worker: worker.name,
    silentSeconds: Math.round(silentMs / 1000),
  })
}

/** A task that ignores its deadline or its cancellation takes its worker with it. */
function endStuckTask(draft: Draft, worker: WorkerState, task: TaskState): void {
  const after = task.cancelled ? 'it was cancelled' : 'its deadline'
  const reason = `The task did not stop within ${seconds(draft.rules.graceMs)} after ${after}, so its worker ${worker.name} was killed`
  failTask(draft, task, task.cancelled ? 'cancelled' : 'timeout', reason)
  failTasksOf(
    draft,
    worker,
    'crashed',
    `Worker ${worker.name} was killed because another task did not stop`,
  )
  endWorker(draft, worker, { restart: 'free', error: new ArchloomError('worker/silent', reason) })
}

function endSlowStart(draft: Draft, worker: WorkerState): void {
  const limit = seconds(draft.rules.startMs)
  const error =
    draft.complaints.get(worker.name) ??
    new ArchloomError(
      'worker/would-not-start',
      `Worker ${worker.name} did not say hello within ${limit}; look for the trouble with: archloom env doctor`,
    )
  endWorker(draft, worker, { restart: 'counted', error })
}

/** Closing: asks, then tells, then forces, until nobody is left. */
function pressOn(draft: Draft): void {
  const { drainMs, terminateMs } = draft.rules
  const sinceMs = draft.nowMs - draft.closingMs
  for (const worker of [...draft.workers.values()]) {
    // Those of other machines are only waited for: they end themselves when nobody answers them.
    if (!worker.local && (sinceMs >= drainMs || !worker.linked)) dropRemote(draft, worker)
  }
  const alive = [...draft.workers.values()].filter(({ phase }) => phase.kind !== 'gone')
  if (alive.length === 0) {
    turnTo(draft, 'closed')
    return
  }
  if (sinceMs >= drainMs + terminateMs) {
    for (const worker of alive) signal(draft, worker, 'SIGKILL')
  } else if (sinceMs >= drainMs) {
    for (const worker of alive) signal(draft, worker, 'SIGTERM')
  }
}

function signal(draft: Draft, { name }: WorkerState, which: 'SIGTERM' | 'SIGKILL'): void {
  draft.commands.push({ kind: 'signal', worker: name, signal: which })
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`
}
