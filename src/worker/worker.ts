/**
 * The interface of a pool of workers: all that the rest of archloom sees of PyTorch processes.
 * `pool.ts` makes one; README.md has the life of a worker and of a task.
 */
import { z } from 'zod'
import type { Tensor } from '#src/protocol/codec.ts'
import { type DatasetFacts, type Hello, WorkerMemory } from '#src/protocol/messages.ts'
import type { DatasetName } from '#src/protocol/recipe.ts'
import { JsonObject, type TaskKind, type TaskResult, type TaskWork } from '#src/protocol/task.ts'
import type { CurvePoint } from '#src/trial/metrics.ts'

/** What a worker is at. All times are seconds up to when the status was taken. */
export const WorkerStatus = z.strictObject({
  name: z.string(),
  /** Started by the run itself, in contrast to one that joined from elsewhere. */
  local: z.boolean(),
  /**
   * - `starting`: its process runs and has not said hello
   * - `idle`, `working`: connected, without a task or with one
   * - `silent`: connected, but not heard for longer than it should
   * - `ending`: told to end
   * - `restarting`: ended, and starts again in a moment
   * - `given-up`: does not start again
   */
  state: z.enum(['starting', 'idle', 'working', 'silent', 'ending', 'restarting', 'given-up']),
  pid: z.int().nullable(),
  /** Null until it has said hello. */
  on: z
    .strictObject({
      device: z.enum(['cpu', 'cuda']),
      /** The models of its GPUs, or of its processor. */
      hardware: z.string(),
      system: z.string(),
      python: z.string(),
      torch: z.string().nullable(),
      cuda: z.string().nullable(),
      threads: z.int(),
      slots: z.int(),
      /** Hash of its fingerprint. */
      fingerprint: z.string(),
    })
    .nullable(),
  /** Null before its first heartbeat, or where its system does not tell. */
  memory: WorkerMemory.nullable(),
  tasks: z.array(
    z.strictObject({
      task: z.string(),
      /** Zero-based. */
      attempt: z.int(),
      kind: z.string(),
      /** Since it was sent to the worker. */
      runningSeconds: z.number(),
      /** Whether the worker has said that it began. */
      started: z.boolean(),
      cancelled: z.boolean(),
      /** Epochs that a training has to reach; null for other tasks. */
      epochs: z.int().nullable(),
      /** The last curve point or report; null before the first. */
      lastWord: JsonObject.nullable(),
    }),
  ),
  finishedCount: z.int(),
  failedCount: z.int(),
  /** Restarts since its last finished task. */
  restarts: z.int(),
  /** Null for one that was never connected. */
  heardSecondsAgo: z.number().nullable(),
})
export type WorkerStatus = z.infer<typeof WorkerStatus>

export interface Job<K extends TaskKind = TaskKind> {
  /** Unique within the pool's life, such as `t000017` or `final`. */
  readonly task: string
  /** Attempt number: only the newest lease of a task counts. */
  readonly lease: number
  readonly work: Extract<TaskWork, { kind: K }>
  readonly deadlineSeconds?: number
  /**
   * The only worker that may do it: one that holds what no other has, such as a checkpoint that it
   * wrote. Rejects as `departed` when that worker is lost before it began.
   */
  readonly pinnedTo?: string
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

/** Where is written what workers and their pool say; a pino logger is one. */
export interface WorkersLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** Where it says yes to `debug`, every message between the program and its workers is logged. */
  isLevelEnabled?(level: string): boolean
}
