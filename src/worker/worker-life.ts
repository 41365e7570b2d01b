/** A worker's way through the pool: start, hello, work, end, restart. Pure. */
import { ArchloomError } from '#src/errors.ts'
import { fingerprintHash } from '#src/protocol/fingerprint.ts'
import type { Hello } from '#src/protocol/messages.ts'
import type { PeerId } from '#src/transport/channel.ts'
import { judgeHello, type Refusal } from './handshake.ts'
import { changeWorker, type Draft, logTo, sendTo, turnTo } from './pool-draft.ts'
import { newWorker, type WorkerExit, type WorkerState } from './pool-state.ts'
import { mayAnswer } from './refusals.ts'
import { contestName, dropRemote, joinedCount } from './remote-life.ts'
import { assignTasks, breakPool, failTasksOf, resendTasks } from './task-life.ts'
import { describeExit, explainFailedStart } from './worker-exit.ts'

/** First wait before a restart, doubled with each further one up to the limit, in milliseconds. */
const firstBackoffMs = 500
const longestBackoffMs = 10_000

export function launchWorker(draft: Draft, worker: WorkerState): void {
  const incarnation = worker.incarnation + 1
  draft.complaints.delete(worker.name)
  changeWorker(draft, worker, {
    phase: { kind: 'starting', sinceMs: draft.nowMs },
    incarnation,
    pid: null,
    peer: null,
    spent: 0,
  })
  draft.commands.push({ kind: 'launch', worker: worker.name, incarnation })
}

/** A worker introduces itself: anew, or again after its connection was lost. */
export function greetWorker(draft: Draft, hello: Hello, peer: PeerId, local: boolean): void {
  const known = draft.workers.get(hello.worker)
  const stranger = judgeName(draft, known, hello, local)
  if (stranger !== null) {
    refusePeer(draft, peer, stranger)
    return
  }
  if (contestName(draft, known, hello, peer)) return
  const worker = known ?? newWorker(hello.worker, local)
  const refusal = judgeHello(hello, draft, local)
  if (refusal !== null) {
    refusePeer(draft, peer, refusal)
    if (worker.local) endWorker(draft, worker, { restart: 'never', error: refusal.error })
    return
  }
  if (known?.hello && known.hello.pid !== hello.pid) {
    // Whoever had the name is dead: its link is gone, or has become the newcomer's.
    failTasksOf(draft, known, 'crashed', `Worker ${known.name} ended and was started again`)
  }
  welcome(draft, worker, hello, peer)
}

/** Lets in who came under the name of a worker that turned out dead, and turns the others away. */
export function settleContenders(draft: Draft): void {
  for (const [name, { hello, peer, refuted }] of [...draft.contenders]) {
    const known = draft.workers.get(name)
    if (known?.linked && !refuted) continue
    draft.contenders.delete(name)
    if (known && refuted) {
      const reason = `A worker ${name} is connected already`
      refusePeer(draft, peer, refusalOf(reason, 'choose another name with --name'))
    } else {
      greetWorker(draft, hello, peer, false)
    }
  }
}

/**
 * A worker leaves in good order, as when its machine is needed for something else: what it had not
 * done is nobody's fault.
 */
export function departWorker(draft: Draft, worker: WorkerState): void {
  const reason = `Worker ${worker.name} left before the task was done`
  failTasksOf(draft, worker, 'departed', reason)
  logTo(draft, 'info', 'Worker leaves', { worker: worker.name })
  if (!worker.local) {
    dropRemote(draft, worker)
    return
  }
  const error = new ArchloomError('worker/died', `Worker ${worker.name} left`)
  const killAtMs = draft.nowMs + draft.rules.graceMs
  const phase = { kind: 'ending', restart: 'counted', error, killAtMs } as const
  changeWorker(draft, worker, { phase, peer: null })
}

/** A process has ended: whatever ran on it has crashed, and another one may take its place. */
export function buryWorker(draft: Draft, worker: WorkerState, exit: WorkerExit): void {
  const { phase } = worker
  const reason = `Worker ${worker.name} ${describeExit(exit)}`
  failTasksOf(draft, worker, 'crashed', reason)
  const buried = changeWorker(draft, worker, { pid: null, peer: null, hello: null })
  if (draft.life === 'closing') {
    changeWorker(draft, buried, { phase: { kind: 'gone' } })
    return
  }
  if (phase.kind === 'ending') {
    if (phase.restart === 'never') dismissWorker(draft, buried, phase.error)
    else restartWorker(draft, buried, phase.restart === 'counted', phase.error)
    return
  }
  logTo(draft, 'warn', 'Worker ended', { worker: worker.name, reason })
  if (phase.kind === 'starting') {
    const trouble = explainFailedStart(worker.name, exit, draft.rules)
    const complaint = draft.complaints.get(worker.name)
    const error = complaint ?? trouble.error
    if (trouble.final || complaint !== undefined) dismissWorker(draft, buried, error)
    else restartWorker(draft, buried, true, error)
    return
  }
  restartWorker(draft, buried, true, new ArchloomError('worker/died', reason))
}

export interface WorkerEnding {
  readonly restart: 'counted' | 'free' | 'never'
  readonly error: ArchloomError
}

/**
 * Makes a worker's process end; its exit decides what follows. Refused workers leave by themselves
 * and are only killed when they do not; the others have stopped listening.
 */
export function endWorker(
  draft: Draft,
  worker: WorkerState,
  { restart, error }: WorkerEnding,
): void {
  logTo(draft, 'warn', 'Worker is ended', { worker: worker.name, reason: error.message })
  if (!worker.local) {
    dropRemote(draft, worker)
    return
  }
  const waits = restart === 'never'
  const killAtMs = waits ? draft.nowMs + draft.rules.graceMs : null
  const phase = { kind: 'ending', restart, error, killAtMs } as const
  changeWorker(draft, worker, { phase, peer: null })
  if (!waits) draft.commands.push({ kind: 'signal', worker: worker.name, signal: 'SIGKILL' })
}

/** Turns a peer away and says why. */
export function refusePeer(draft: Draft, peer: PeerId, { error, mend }: Refusal): void {
  if (!mayAnswer(draft)) return
  const message = { type: 'refused', reason: error.message, mend } as const
  draft.commands.push({ kind: 'send', peer, message })
  logTo(draft, 'warn', 'A worker was refused', { peer, reason: error.message })
}

function judgeName(
  draft: Draft,
  known: WorkerState | undefined,
  { worker: name, pid }: Hello,
  local: boolean,
): Refusal | null {
  if (draft.life !== 'opening' && draft.life !== 'open') {
    return refusalOf('The run is ending', 'start the worker again for the next run')
  }
  if (local !== (known?.local ?? false)) {
    return refusalOf(`No worker ${name} is expected here`, 'choose another name with --name')
  }
  if (local && pid !== known?.pid) {
    return refusalOf(
      `Worker ${name} is process ${known?.pid ?? 'none'}, not ${pid}`,
      'leave local workers to the pool, or choose another name with --name',
    )
  }
  const { remoteLimit } = draft.rules
  if (!local && known === undefined && joinedCount(draft) >= remoteLimit) {
    const reason = `The run takes ${remoteLimit} workers of other machines, and has them`
    return refusalOf(reason, 'start it again when one has left, or raise maxWorkers')
  }
  return null
}

function refusalOf(reason: string, mend: string): Refusal {
  return {
    error: new ArchloomError('protocol/refused', `${reason}; ${mend}`),
    mend: `${mend.charAt(0).toUpperCase()}${mend.slice(1)}`,
  }
}

function welcome(draft: Draft, worker: WorkerState, hello: Hello, peer: PeerId): void {
  const fingerprint = fingerprintHash(hello.fingerprint)
  const { heartbeatMs, silenceMs, credits } = draft.rules
  const welcomed = changeWorker(draft, worker, {
    phase: { kind: 'ready' },
    peer,
    hello,
    fingerprint,
    seenMs: draft.nowMs,
    linked: true,
    unresponsive: false,
    beatMs: draft.nowMs,
    spent: 0,
  })
  for (const facts of hello.datasets) {
    if (!draft.datasets.has(facts.name)) draft.datasets.set(facts.name, facts)
  }
  sendTo(draft, welcomed, {
    type: 'welcome',
    heartbeatSeconds: heartbeatMs / 1000,
    silenceSeconds: silenceMs / 1000,
    credits,
  })
  draft.reference ??= { hash: fingerprint, facts: hello.fingerprint.critical }
  draft.commands.push({ kind: 'welcomed', fingerprint, hello }, { kind: 'resized' })
  logTo(draft, 'info', 'Worker is ready', {
    worker: worker.name,
    workerPid: hello.pid,
    fingerprint,
  })
  resendTasks(draft, welcomed)
  const isComplete =
    joinedCount(draft) >= draft.rules.remoteCount &&
    [...draft.workers.values()].every(({ phase }) => phase.kind === 'ready')
  if (draft.life === 'opening' && isComplete) turnTo(draft, 'open')
  assignTasks(draft)
}

function restartWorker(
  draft: Draft,
  worker: WorkerState,
  counted: boolean,
  error: ArchloomError | null,
): void {
  const restarts = worker.restarts + (counted ? 1 : 0)
  if (restarts > draft.rules.restartLimit) {
    dismissWorker(draft, worker, restartLimitReached(draft, worker, error))
    return
  }
  const backoffMs = Math.min(firstBackoffMs * 2 ** Math.max(0, restarts - 1), longestBackoffMs)
  const untilMs = draft.nowMs + backoffMs
  changeWorker(draft, worker, { restarts, phase: { kind: 'waiting', untilMs } })
}

function restartLimitReached(
  draft: Draft,
  worker: WorkerState,
  error: ArchloomError | null,
): ArchloomError {
  // While the pool opens, why the worker will not start says more than how often it was tried.
  if (error !== null && draft.life === 'opening') return error
  return new ArchloomError(
    'worker/restart-limit',
    `Worker ${worker.name} was restarted ${worker.restarts} times without finishing a task in between; the last time: ${error?.message ?? 'no reason is known'}; run again with --verbose to see all that it writes`,
    error === null ? {} : { cause: error, details: error.details },
  )
}

/**
 * Gives a worker up for good; the pool breaks with the first while opening, else with the last, unless
 * others may join.
 */
function dismissWorker(draft: Draft, worker: WorkerState, error: ArchloomError | null): void {
  changeWorker(draft, worker, { phase: { kind: 'gone' } })
  draft.commands.push({ kind: 'resized' })
  logTo(draft, 'error', 'Worker is given up', { worker: worker.name, reason: error?.message })
  const workers = [...draft.workers.values()]
  const isLast =
    draft.rules.remoteLimit === 0 && workers.every(({ phase }) => phase.kind === 'gone')
  if (draft.life === 'opening' || (draft.life === 'open' && isLast)) {
    breakPool(draft, error ?? new ArchloomError('worker/died', `Worker ${worker.name} ended`))
  }
}
