/**
 * One step of the pool in the making: a copy that the transitions write to, and the commands that
 * they collect. It never leaves `step`, which is pure for this reason.
 */
import type { ArchloomError } from '#src/errors.ts'
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
    Omit<PoolState, 'workers' | 'contenders' | 'tasks' | 'datasets' | 'complaints'>
  > {
  readonly nowMs: number
  readonly workers: Map<string, WorkerState>
  readonly contenders: Map<string, Contender>
  readonly tasks: Map<string, TaskState>
  readonly datasets: PoolState['datasets'] extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never
  readonly complaints: Map<string, ArchloomError>
  readonly commands: PoolCommand[]
}

export function beginDraft(state: PoolState, nowMs: number): Draft {
  return {
    ...state,
    nowMs,
    workers: new Map(state.workers),
    contenders: new Map(state.contenders),
    tasks: new Map(state.tasks),
    datasets: new Map(state.datasets),
    complaints: new Map(state.complaints),
    commands: [],
  }
}

export function endDraft({ nowMs: _, commands, ...state }: Draft): PoolStep {
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

export function changeTask(draft: Draft, task: TaskState, change: Partial<TaskState>): void {
  draft.tasks.set(task.task, { ...task, ...change })
}

export function tasksOf(draft: Draft, worker: WorkerState): TaskState[] {
  return [...draft.tasks.values()].filter((task) => task.worker === worker.name)
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
