/**
 * The pool's rule: a state and an event in, a state and commands out. README.md tells the life of a
 * worker and of a task that this and `worker-life.ts`, `task-life.ts` implement.
 */
import { ArchloomError, unreachable } from '#src/errors.ts'
import type { Failed, FromWorker } from '#src/protocol/messages.ts'
import type { PeerId } from '#src/transport/channel.ts'
import { spendCredit } from './credit.ts'
import { beginDraft, changeWorker, type Draft, endDraft, logTo } from './pool-draft.ts'
import type { PoolEvent, PoolState, PoolStep, WorkerState } from './pool-state.ts'
import { tick, turnToClosing } from './pool-tick.ts'
import { refuteContender } from './remote-life.ts'
import { noteHeard } from './status.ts'
import {
  acknowledgeEnd,
  cancelTask,
  failTasksOf,
  heldTask,
  settleTask,
  stopTask,
  submitTask,
} from './task-life.ts'
import {
  buryWorker,
  departWorker,
  endWorker,
  greetWorker,
  launchWorker,
  refusePeer,
} from './worker-life.ts'

/**
 * Takes what happened, in its order. A step costs more than an event, so that events which came
 * together are best taken together.
 *
 * @param nowMs - monotonic milliseconds, never less than in the step before
 */
export function step(state: PoolState, events: readonly PoolEvent[], nowMs: number): PoolStep {
  const draft = beginDraft(state, nowMs)
  for (const event of events) handle(draft, event)
  return endDraft(draft)
}

function handle(draft: Draft, event: PoolEvent): void {
  switch (event.kind) {
    case 'opened':
      draft.tickedMs = draft.nowMs
      for (const worker of draft.workers.values()) launchWorker(draft, worker)
      break
    case 'launched':
      forIncarnation(draft, event, (worker) => changeWorker(draft, worker, { pid: event.pid }))
      break
    case 'exited':
      forIncarnation(draft, event, (worker) => buryWorker(draft, worker, event.exit))
      break
    case 'received':
      draft.tensors = event.tensors ?? []
      receive(draft, event.peer, event.message, event.local)
      break
    case 'unreadable':
      rejectPeer(draft, event.peer, event.error)
      break
    case 'unreachable':
      losePeer(draft, event.peer)
      break
    case 'submitted':
      submitTask(draft, event.task)
      break
    case 'aborted':
      cancelTask(draft, event.task)
      break
    case 'stop-asked':
      stopTask(draft, event.task)
      break
    case 'ticked':
      tick(draft)
      break
    case 'closing':
      turnToClosing(draft)
      break
    default:
      unreachable(event)
  }
}

function forIncarnation(
  draft: Draft,
  { worker: name, incarnation }: { readonly worker: string; readonly incarnation: number },
  action: (worker: WorkerState) => unknown,
): void {
  const worker = draft.workers.get(name)
  if (worker?.incarnation === incarnation) action(worker)
}

function receive(draft: Draft, peer: PeerId, message: FromWorker, local: boolean): void {
  if (message.type === 'hello') {
    greetWorker(draft, message, peer, local)
    return
  }
  const worker = workerOf(draft, peer)
  if (worker === undefined) {
    receiveFromStranger(draft, peer, message)
    return
  }
  const heard = { seenMs: draft.nowMs, linked: true, unresponsive: false }
  if (draft.contenders.size > 0) refuteContender(draft, worker.name)
  hear(draft, noteHeard(draft, changeWorker(draft, worker, heard), message), message)
}

function hear(
  draft: Draft,
  worker: WorkerState,
  message: Exclude<FromWorker, { type: 'hello' }>,
): void {
  switch (message.type) {
    case 'progress':
      if (heldTask(draft, worker, message) !== undefined) {
        draft.commands.push({ kind: 'progress', task: message.task, point: message.point })
      }
      takeCredit(draft, worker)
      break
    case 'reported':
      if (heldTask(draft, worker, message) !== undefined) {
        draft.commands.push({ kind: 'reported', task: message.task, report: message.report })
      }
      takeCredit(draft, worker)
      break
    case 'log':
      logTo(draft, message.level, message.message, { worker: worker.name, ...message.fields })
      takeCredit(draft, worker)
      break
    case 'result':
      settleTask(draft, worker, message)
      break
    case 'failed':
      // Nobody asked it to stop: it was told to leave, and takes nothing new any more.
      if (isFarewell(draft, worker, message)) {
        acknowledgeEnd(draft, worker, message)
        departWorker(draft, worker)
      } else {
        settleTask(draft, worker, message)
      }
      break
    case 'drained':
      if (!worker.local || draft.life === 'open') departWorker(draft, worker)
      break
    case 'started':
    case 'heartbeat':
      break
    default:
      unreachable(message)
  }
}

function isFarewell(draft: Draft, worker: WorkerState, message: Failed): boolean {
  const task = heldTask(draft, worker, message)
  return message.failure.kind === 'cancelled' && task?.cancelled === false
}

/** Who sends on without credit does not keep to the protocol in anything else either. */
function takeCredit(draft: Draft, worker: WorkerState): void {
  if (worker.peer === null || spendCredit(draft, worker)) return
  const error = new ArchloomError(
    'protocol/malformed',
    `Worker ${worker.name} sends messages without credit: ${draft.rules.credits} were granted at a time, found ${worker.spent} in use; the two sides may come from different builds of archloom`,
  )
  rejectPeer(draft, worker.peer, error)
}

/** Who was given up may still report: it is thanked, so that it forgets the result, and no more. */
function receiveFromStranger(draft: Draft, peer: PeerId, message: FromWorker): void {
  if (message.type !== 'result' && message.type !== 'failed') return
  const { task, lease } = message
  draft.commands.push({ kind: 'send', peer, message: { type: 'acknowledge', task, lease } })
  logTo(draft, 'debug', 'A stale result was ignored', { peer, task, lease })
}

/** A message that cannot be read: what else the sender says cannot be relied on either. */
function rejectPeer(draft: Draft, peer: PeerId, error: ArchloomError): void {
  refusePeer(draft, peer, { error, mend: 'Install the same archloom on both sides' })
  const worker = workerOf(draft, peer)
  if (worker === undefined) {
    // Of no other name: a stranger could fill the memory with names.
    const name = nameOf(peer)
    if (draft.workers.has(name)) draft.complaints.set(name, error)
    return
  }
  failTasksOf(
    draft,
    worker,
    'internal',
    `Worker ${worker.name} cannot be understood: ${error.message}`,
  )
  endWorker(draft, worker, { restart: 'counted', error })
}

/**
 * A message could not be sent: the link is cut, or the process has ended. Either says more soon: a
 * cut link is greeted anew, which sends what is under way again; an exit is reported; and the
 * silence bound holds for the rest.
 */
function losePeer(draft: Draft, peer: PeerId): void {
  const worker = workerOf(draft, peer)
  if (worker?.phase.kind !== 'ready') return
  changeWorker(draft, worker, { linked: false })
  logTo(draft, 'debug', 'Worker cannot be reached', { worker: worker.name })
}

/** A worker's routing id is its name, then a slash and what tells its processes apart. */
function nameOf(peer: PeerId): string {
  const routingId = peer.slice(peer.indexOf(':') + 1)
  const slash = routingId.lastIndexOf('/')
  return slash < 0 ? routingId : routingId.slice(0, slash)
}

function workerOf(draft: Draft, peer: PeerId): WorkerState | undefined {
  const named = draft.workers.get(nameOf(peer))
  if (named?.peer === peer) return named
  return [...draft.workers.values()].find((worker) => worker.peer === peer)
}
