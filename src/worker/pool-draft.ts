/**
 * One step of the pool in the making: a copy that the transitions write to, and the commands that
 * they collect. It never leaves `step`, which is pure for this reason.
 */
import type { ArchloomError } from '#src/errors.ts'
import type { Tensor } from '#src/protocol/codec.ts'
import type { ToWorker } from '#src/protocol/messages.ts'
import type {
  Contender,
  PoolCommand,
  PoolLife,
  PoolState,
  PoolStep,
  TaskState,
  WorkerState,
} from './pool-state.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export interface Draft
  extends Writable<
    Omit<PoolState, 'workers' | 'contenders' | 'tasks' | 'sessions' | 'datasets' | 'complaints'>
  > {
  readonly nowMs: number
  /** What came with the message that is handled. */
  tensors: readonly Tensor[]
  readonly workers: Map<string, WorkerState>
  readonly contenders: Map<string, Contender>
  /** Written to by `addTask`, `changeTask` and `removeTask` alone, which keep the two below right. */
  readonly tasks: Map<string, TaskState>
  /** Those that no worker has, in order of submission. */
  readonly waiting: Set<string>
  /** Those that each worker has. */
  readonly held: Map<string, Set<string>>
  readonly sessions: Map<string, string>
  readonly datasets: PoolState['datasets'] extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never
  readonly complaints: Map<string, ArchloomError>
  readonly commands: PoolCommand[]
}

export function beginDraft(state: PoolState, nowMs: number): Draft {
  const waiting = new Set<string>()
  const held = new Map<string, Set<string>>()
  for (const { task, worker } of state.tasks.values()) {
    if (worker === null) waiting.add(task)
    else hold(held, worker, task)
  }
  return {
    ...state,
    waiting,
    held,
    nowMs,
    tensors: [],
    workers: new Map(state.workers),
    contenders: new Map(state.contenders),
    tasks: new Map(state.tasks),
    sessions: new Map(state.sessions),
    datasets: new Map(state.datasets),
    complaints: new Map(state.complaints),
    commands: [],
  }
}

export function endDraft(draft: Draft): PoolStep {
  const { nowMs: _, waiting: __, held: ___, tensors: ____, commands, ...state } = draft
  return { state, commands }
}

/** The worker after the change. */
export function changeWorker(
  draft: Draft,
  worker: WorkerState,
  change: Partial<WorkerState>,
): WorkerState {
  const changed = { ...worker, ...change }
  draft.workers.set(worker.name, changed)
  return changed
}

/** A task that waits for a worker. */
export function addTask(draft: Draft, task: TaskState): void {
  draft.tasks.set(task.task, task)
  draft.waiting.add(task.task)
}

/** Whoever has a task keeps it. */
export function changeTask(draft: Draft, task: TaskState, change: Partial<TaskState>): void {
  const changed = { ...task, ...change }
  draft.tasks.set(task.task, changed)
  if (task.worker === null && changed.worker !== null) {
    draft.waiting.delete(task.task)
    hold(draft.held, changed.worker, task.task)
  }
}

export function removeTask(draft: Draft, id: string): void {
  const worker = draft.tasks.get(id)?.worker
  draft.tasks.delete(id)
  draft.waiting.delete(id)
  if (worker) draft.held.get(worker)?.delete(id)
}

export function tasksOf(draft: Draft, worker: WorkerState): TaskState[] {
  const held = draft.held.get(worker.name) ?? []
  return [...held].flatMap((id) => draft.tasks.get(id) ?? [])
}

export function taskCount(draft: Draft, worker: WorkerState): number {
  return draft.held.get(worker.name)?.size ?? 0
}

function hold(held: Draft['held'], worker: string, task: string): void {
  const tasks = held.get(worker)
  if (tasks === undefined) held.set(worker, new Set([task]))
  else tasks.add(task)
}

/** Sends to a worker that is connected, else does nothing: what it must know follows its hello. */
export function sendTo(draft: Draft, worker: WorkerState, message: ToWorker): void {
  if (worker.peer !== null) draft.commands.push({ kind: 'send', peer: worker.peer, message })
}

export function turnTo(draft: Draft, life: PoolLife): void {
  draft.life = life
  draft.commands.push({ kind: 'turned', life, error: draft.error })
}

export function logTo(
  draft: Draft,
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
): void {
  draft.commands.push({ kind: 'log', level, message, fields })
}
