/**
 * The interface of a pool of workers: all that the rest of archloom sees of PyTorch processes.
 * `pool.ts` makes one; README.md has the life of a worker and of a task.
 */
import type { Tensor } from '#src/protocol/codec.ts'
import type { DatasetFacts, Hello } from '#src/protocol/messages.ts'
import type { DatasetName } from '#src/protocol/recipe.ts'
import type { JsonObject, TaskKind, TaskResult, TaskWork } from '#src/protocol/task.ts'
import type { CurvePoint } from '#src/trial/metrics.ts'
import type { WorkerStatus } from './status.ts'

export interface Job<K extends TaskKind = TaskKind> {
  /** Unique within the pool's life, such as `t000017` or `final`. */
  readonly task: string
  /** Attempt number: only the newest lease of a task counts. */
  readonly lease: number
  readonly work: Extract<TaskWork, { kind: K }>
  readonly deadlineSeconds?: number
  readonly onProgress?: (point: CurvePoint) => void
  /** What a function of the user's reports: see `py/archloom_worker/calls.py`. */
  readonly onReport?: (report: JsonObject) => void
  /** Travel beside the work; must not change until the task has ended. */
  readonly tensors?: readonly Tensor[]
  /**
   * Aborting asks a function of the user's to finish early and to hand back what it has; other tasks
   * know nothing of it.
   */
  readonly stopSignal?: AbortSignal
  /** Aborting cancels the task on its worker; the promise then rejects with kind `cancelled`. */
  readonly signal?: AbortSignal
}

export interface JobResult<K extends TaskKind = TaskKind> {
  readonly result: Extract<TaskResult, { kind: K }>
  /** What came beside the result: views of the message's memory. */
  readonly tensors: readonly Tensor[]
  /** Hash of the fingerprint of the worker that ran it. */
  readonly fingerprint: string
  readonly worker: string
}

export interface WorkerPool extends AsyncDisposable {
  /**
   * Tasks that run at once: on the local workers, up or starting, and on those of other machines that
   * are connected now; at least 1.
   */
  readonly slots: number
  /** What is known of each worker now, for people who watch. */
  status(): readonly WorkerStatus[]
  /** Calls back when `slots` may have changed, until the pool is disposed. */
  watchSlots(listener: () => void): void
  /** What each worker that was ever welcomed said of itself, by fingerprint hash. */
  readonly fingerprints: ReadonlyMap<string, Hello['fingerprint']>
  /** What the workers hold; the same on each, or the pool would not have started. */
  dataset(name: DatasetName): DatasetFacts
  /**
   * Runs one task; waits for a free slot first.
   * @throws AttemptFailure when the attempt failed, classified
   * @throws worker/restart-limit when no worker is left to run it
   * @throws worker/session-lost when it needs a session whose worker has ended
   */
  run<K extends TaskKind>(job: Job<K>): Promise<JobResult<K>>
}
