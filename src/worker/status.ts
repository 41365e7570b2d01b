/** What is known of each worker of a pool, for people who watch; nothing is decided by it. Pure. */
import type { FromWorker } from '#src/protocol/messages.ts'
import { changeTask, changeWorker, type Draft } from './pool-draft.ts'
import type { PoolState, TaskState, WorkerState } from './pool-state.ts'
import { heldTask } from './task-life.ts'
import type { WorkerStatus } from './worker.ts'

/** Missed heartbeats after which a worker is shown as silent. */
const silentBeats = 2.5

/** Keeps what a worker says of itself and of its task; returns the worker after it. */
export function noteHeard(draft: Draft, worker: WorkerState, message: FromWorker): WorkerState {
  switch (message.type) {
    case 'heartbeat':
      return message.memory ? changeWorker(draft, worker, { memory: message.memory }) : worker
    case 'started':
    case 'progress':
    case 'reported': {
      const task = heldTask(draft, worker, message)
      if (task) changeTask(draft, task, newsOf(message))
      return worker
    }
    case 'result':
      if (!heldTask(draft, worker, message)) return worker
      return changeWorker(draft, worker, { finishedCount: worker.finishedCount + 1 })
    case 'failed':
      if (!heldTask(draft, worker, message) || message.failure.kind === 'cancelled') return worker
      return changeWorker(draft, worker, { failedCount: worker.failedCount + 1 })
    default:
      return worker
  }
}

function newsOf(
  message: Extract<FromWorker, { type: 'started' | 'progress' | 'reported' }>,
): Partial<TaskState> {
  if (message.type === 'started') return { started: true }
  return { lastWord: message.type === 'progress' ? message.point : message.report }
}

export function workerStatuses(state: PoolState, nowMs: number): WorkerStatus[] {
  const tasks = Map.groupBy(state.tasks.values(), ({ worker }) => worker)
  return [...state.workers.values()].map((worker) =>
    statusOf(worker, tasks.get(worker.name) ?? [], { state, nowMs }),
  )
}

interface Moment {
  readonly state: PoolState
  readonly nowMs: number
}

function statusOf(
  worker: WorkerState,
  tasks: readonly TaskState[],
  { state: { rules }, nowMs }: Moment,
): WorkerStatus {
  const { name, local, hello, finishedCount, failedCount, restarts } = worker
  const silentMs = nowMs - worker.seenMs
  const isSilent = silentMs > silentBeats * rules.heartbeatMs
  return {
    name,
    local,
    state: wordFor(worker, { isSilent, isBusy: tasks.length > 0 }),
    pid: hello?.pid ?? worker.pid,
    on: hello && machineOf(hello, worker.fingerprint),
    memory: hello && worker.memory,
    tasks: tasks.map((task) => ({
      task: task.task,
      attempt: task.lease - rules.leaseBase,
      kind: task.work.kind,
      runningSeconds: secondsOf(nowMs - (task.sentMs ?? nowMs)),
      started: task.started,
      cancelled: task.cancelled,
      epochs: task.work.kind === 'train' ? task.work.toEpoch : null,
      lastWord: task.lastWord && { ...task.lastWord },
    })),
    finishedCount,
    failedCount,
    restarts,
    heardSecondsAgo: hello && secondsOf(silentMs),
  }
}

function wordFor(
  { phase }: WorkerState,
  { isSilent, isBusy }: { readonly isSilent: boolean; readonly isBusy: boolean },
): WorkerStatus['state'] {
  switch (phase.kind) {
    case 'waiting':
      return 'restarting'
    case 'ready':
      return isSilent ? 'silent' : isBusy ? 'working' : 'idle'
    case 'gone':
      return 'given-up'
    default:
      return phase.kind
  }
}

function machineOf(
  { fingerprint: { critical }, slots }: NonNullable<WorkerState['hello']>,
  fingerprint: string,
): WorkerStatus['on'] {
  const { device, gpus, cpu, system, python, torch, cuda, intraOpThreads } = critical
  const models = gpus.map(({ name }) => name)
  return {
    device,
    hardware: device === 'cuda' ? counted(models) : cpu,
    ...{ system, python, torch, cuda, slots, fingerprint },
    threads: intraOpThreads,
  }
}

/** `2 × NVIDIA H100`, in their order. */
function counted(models: readonly string[]): string {
  const groups = Map.groupBy(models, (model) => model)
  const words = [...groups].map(([model, { length }]) =>
    length === 1 ? model : `${length} × ${model}`,
  )
  return words.join(', ')
}

/** To the millisecond. */
function secondsOf(ms: number): number {
  return Math.round(ms) / 1000
}
