/**
 * PyTorch from Node: the interface of workers that call Python functions and keep Python objects.
 * `open-workers.ts` starts them; docs/node-api.md has examples that run.
 */
import type { z } from 'zod'
import type { EnvironmentChoice } from '#src/environment/choice.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import type { CheckpointRef, JsonObject } from '#src/protocol/task.ts'
import type { RemoteInput } from '#src/worker/remote-workers.ts'
import type { WorkersLogger } from '#src/worker/worker.ts'
import type { TypedTensor } from './tensor.ts'

/** What a function says of its progress: what it handed to `reporter.report`, under the same names. */
export type CallReport = JsonObject

export type TensorsByName = Readonly<Record<string, TypedTensor>>

/** What a function is called with. */
export interface Arguments {
  /** By the names of the function's parameters; what JSON can carry. */
  readonly input?: Readonly<Record<string, unknown>>
  /** By name, too; must not change until the call has ended, since they are not copied. */
  readonly tensors?: TensorsByName
}

/** How a call is carried out. */
export interface CallControl<O> {
  /** Aborting cancels the call: `result` rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Seconds that the function gets once it has begun; none by default. */
  readonly deadlineSeconds?: number
  /** What the function returns beside tensors: checked, and the type of `output`. */
  readonly output?: z.ZodType<O>
}

export interface CallOptions<O> extends Arguments, CallControl<O> {
  /** For a function that takes `graph` or `model`. */
  readonly graph?: NetworkGraph
  /** Seeds Python's, NumPy's and PyTorch's generators; also what the parameter `seed` gets. 0 by default. */
  readonly seed?: number | bigint | string
  /** Where `reporter.save` writes: a path in the `folder` of the workers. */
  readonly checkpointPath?: string
  /** What `reporter.load` reads: the `checkpoint` of an earlier call. */
  readonly resume?: CheckpointRef
}

/** What came of a call. */
export interface CallOutcome<O> {
  /** What the function returned, without its tensors. */
  readonly output: O
  /** By their keys in what it returned, as `weights.first`; one that is all it returned is `output`. */
  readonly tensors: TensorsByName
  /** Whether it was asked to finish early. */
  readonly stopped: boolean
  /** What it saved last; null when it saved nothing. */
  readonly checkpoint: CheckpointRef | null
  /** Wall-clock seconds on the worker. */
  readonly seconds: number
  readonly worker: string
}

/**
 * A call under way: `await task.result`, and in between `for await (const report of task)`.
 *
 * @remarks
 * Iterating ends with the call, and throws what `result` rejects with. Leaving the loop early does not
 * end the call: `stop` it, or abort its signal. Up to 1,024 reports wait for whoever iterates; when
 * more come the oldest are left out.
 */
export interface CallTask<O> extends AsyncIterable<CallReport> {
  /**
   * @throws AttemptFailure when the function failed: what it raised, with its traceback
   * @throws ArchloomError when no worker is left, or when the output is not what was asked for
   */
  readonly result: Promise<CallOutcome<O>>
  /** Asks the function to finish early (`reporter.should_stop`) and to return what it has. */
  stop(): void
}

/** The methods of a session by name, each with what it returns. */
export type Methods = Readonly<Record<string, z.ZodType>>

export interface SessionOptions<M extends Methods> extends Arguments {
  readonly graph?: NetworkGraph
  readonly seed?: number | bigint | string
  readonly signal?: AbortSignal
  /** The methods that will be called, with schemas of their output; any, untyped, by default. */
  readonly methods?: M
}

/**
 * A Python object that stays in its worker, on its GPU, between calls. Disposing it lets it go, after
 * its own `close()` where it has one.
 *
 * @remarks Calls are carried out in order. When its worker dies they reject with `worker/session-lost`.
 */
export interface Session<M extends Methods = Methods> extends AsyncDisposable {
  call<N extends keyof M & string>(
    method: N,
    options?: Arguments & Omit<CallControl<unknown>, 'output'>,
  ): CallTask<z.infer<M[N]>>
}

export interface Workers extends AsyncDisposable {
  /** Calls that run at once; more wait. */
  readonly slots: number
  /**
   * Calls a Python function on the first free worker.
   *
   * @param name - `module:function`; the module must be among those allowed
   * @throws config/invalid when what it is called with cannot be sent
   */
  call<O = unknown>(name: string, options?: CallOptions<O>): CallTask<O>
  /**
   * Makes a Python object on the worker that holds the fewest.
   *
   * @param name - `module:Class`, or a function that makes the object
   */
  session<M extends Methods = Methods>(
    name: string,
    options?: SessionOptions<M>,
  ): Promise<Session<M>>
}

export interface WorkersOptions {
  /**
   * Python modules whose functions may be called here, none by default; a package allows what is in it.
   * Workers of other machines are told where they are started.
   */
  readonly allow?: readonly string[]
  /** Where workers look for modules first: folders, relative to the working folder. */
  readonly pythonPath?: readonly (string | URL)[]
  /** As on the command line: `cpu` or `cuda`, or one of your own; `cpu` by default. */
  readonly environment?: EnvironmentChoice
  /**
   * Processes on this machine, spread over its GPUs, `auto` for as many as there is room for; 1 by
   * default, none where there are workers elsewhere.
   */
  readonly workers?: number | 'auto'
  /** How many may share one GPU. */
  readonly workersPerDevice?: number
  readonly device?: 'cpu' | 'cuda'
  /** Of one operation of PyTorch; 1 by default. */
  readonly threadsPerWorker?: number
  /** How exactly results repeat; `seeded` by default. */
  readonly determinism?: 'bitwise' | 'seeded' | 'fast'
  /** The only folder where calls may save and load; none by default. */
  readonly folder?: string
  /** Workers of other machines or of a cluster, as in an experiment; a placement needs `folder`. */
  readonly remote?: RemoteInput
  /** Takes workers whose environments differ; by default they are refused. */
  readonly allowMixed?: boolean
  /** Aborting gives up the start. */
  readonly signal?: AbortSignal
  /** By default nothing is logged. What Python code prints is logged as `debug`. */
  readonly logger?: WorkersLogger
}
