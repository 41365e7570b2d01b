/** Calls and sessions over a worker pool. */
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { Tensor } from '#src/protocol/codec.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { Cost } from '#src/trial/metrics.ts'
import type { Job, JobResult, WorkerPool } from '#src/worker/worker.ts'
import { checkFunctionName, checkInput, checkMethodName, checkSeed } from './call-input.ts'
import { startCall } from './call-task.ts'
import { fromFrames, toFrames } from './tensor.ts'
import type {
  Arguments,
  CallControl,
  CallOptions,
  CallOutcome,
  CallTask,
  Methods,
  Session,
  SessionOptions,
  Workers,
} from './workers.ts'

export class PoolWorkers implements Workers {
  readonly #pool: WorkerPool
  /** Absolute path of a checkpoint in the folder where calls may save. */
  readonly #placeOf: (checkpointPath: string) => string
  #taskCount = 0

  constructor(pool: WorkerPool, placeOf: (checkpointPath: string) => string) {
    this.#pool = pool
    this.#placeOf = placeOf
  }

  get slots(): number {
    return this.#pool.slots
  }

  call<O = unknown>(name: string, options: CallOptions<O> = {}): CallTask<O> {
    const { checkpointPath, graph, resume } = options
    const work = {
      kind: 'call',
      function: checkFunctionName(name),
      input: checkInput(name, options.input ?? {}),
      graph: graph ?? null,
      seed: checkSeed(options.seed ?? 0),
      resume: resume ?? null,
      checkpointPath: checkpointPath === undefined ? null : this.#placeOf(checkpointPath),
    } as const
    const job = this.#job('call', options)
    return startCall<O>(async (watch) =>
      outcomeOf(await this.#run({ ...job, ...watch, work }), name, options.output),
    )
  }

  async session<M extends Methods = Methods>(
    name: string,
    options: SessionOptions<M> = {},
  ): Promise<Session<M>> {
    const job = this.#job('session', options)
    const work = {
      kind: 'session-open',
      session: job.task,
      function: checkFunctionName(name),
      input: checkInput(name, options.input ?? {}),
      graph: options.graph ?? null,
      seed: checkSeed(options.seed ?? 0),
    } as const
    await this.#run({ ...job, work })
    return {
      call: (method, more = {}) => {
        // The schema of a method is of the type that is inferred from it.
        const output = options.methods?.[method] as z.ZodType<z.infer<M[typeof method]>> | undefined
        return this.#callSession({ session: job.task, method, ...more, ...(output && { output }) })
      },
      [Symbol.asyncDispose]: () => this.#close(job.task),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }

  #callSession<O>(
    options: { readonly session: string; readonly method: string } & Arguments & CallControl<O>,
  ): CallTask<O> {
    const { session, method } = options
    const work = {
      kind: 'session-call',
      session,
      method: checkMethodName(method),
      input: checkInput(method, options.input ?? {}),
    } as const
    const job = this.#job('call', options)
    return startCall<O>(async (watch) =>
      outcomeOf(await this.#run({ ...job, ...watch, work }), method, options.output),
    )
  }

  async #close(session: string): Promise<void> {
    const job = this.#job('close', {})
    try {
      await this.#pool.run({ ...job, work: { kind: 'session-close', session } })
    } catch (error) {
      // Its worker or the whole pool is gone, and the session with it: what was wanted.
      const isGone = error instanceof ArchloomError && error.code.startsWith('worker/')
      const isClosed = error instanceof AttemptFailure && error.failure.kind === 'cancelled'
      if (!isGone && !isClosed) throw error
    }
  }

  #job(prefix: string, options: Arguments & Partial<CallControl<unknown>>) {
    this.#taskCount += 1
    const { deadlineSeconds, signal, tensors = {} } = options
    return {
      task: `${prefix}-${this.#taskCount}`,
      lease: 0,
      tensors: toFrames(tensors),
      ...(deadlineSeconds !== undefined && { deadlineSeconds }),
      ...(signal && { signal }),
    }
  }

  /** A cancelled call rejects as everything does in Node that takes a signal: with its reason. */
  async #run<K extends CallKind>(job: Job<K>): Promise<JobResult<K>> {
    try {
      return await this.#pool.run(job)
    } catch (error) {
      const isCancelled = error instanceof AttemptFailure && error.failure.kind === 'cancelled'
      if (isCancelled && job.signal?.aborted) throw job.signal.reason
      throw error
    }
  }
}

type CallKind = 'call' | 'session-open' | 'session-call'

/** What calls of functions and of methods have in common. */
interface Done {
  readonly result: {
    readonly output: unknown
    readonly stopped: boolean
    readonly cost: Cost
    readonly checkpoint?: CallOutcome<unknown>['checkpoint']
  }
  readonly tensors: readonly Tensor[]
  readonly worker: string
}

function outcomeOf<O>(done: Done, name: string, schema: z.ZodType<O> | undefined): CallOutcome<O> {
  const { result, tensors, worker } = done
  return {
    output: checked(result.output, name, schema),
    tensors: fromFrames(tensors),
    stopped: result.stopped,
    checkpoint: result.checkpoint ?? null,
    seconds: result.cost.seconds,
    worker,
  }
}

function checked<O>(output: unknown, name: string, schema: z.ZodType<O> | undefined): O {
  // Without a schema the caller names the type, as with JSON.parse.
  if (schema === undefined) return output as O
  const parsed = schema.safeParse(output)
  if (parsed.success) return parsed.data
  throw new ArchloomError(
    'config/incompatible',
    `What ${name} returned is not what was asked for: ${z.prettifyError(parsed.error)}`,
    { details: { output }, cause: parsed.error },
  )
}
