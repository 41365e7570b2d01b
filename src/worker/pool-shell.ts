/** Feeds `step` with what happens to a pool, and carries out what it decides. */
import { ArchloomError, invariant, unreachable } from '#src/errors.ts'
import { decodeFromWorker, encodeMessage, oversize } from '#src/protocol/codec.ts'
import type { DatasetFacts, Hello } from '#src/protocol/messages.ts'
import type { DatasetName } from '#src/protocol/recipe.ts'
import type { TaskKind } from '#src/protocol/task.ts'
import type { Clock, Timer } from '#src/time/clock.ts'
import { atProcessEnd } from '#src/time/process-end.ts'
import type { Channel, Incoming, PeerId } from '#src/transport/channel.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { startProcess, type WorkerCommand, type WorkerProcess } from './launch.ts'
import type { PoolCommand, PoolEvent, PoolState } from './pool-state.ts'
import { step } from './pool-step.ts'
import { workerStatuses } from './status.ts'
import type { Job, JobResult, WorkerPool, WorkerStatus, WorkersLogger } from './worker.ts'

/** A channel, and whether only this machine's user can reach it. */
export interface PoolChannel {
  readonly channel: Channel
  readonly local: boolean
}

export interface PoolParts {
  readonly initial: PoolState
  readonly clock: Clock
  readonly logger: WorkersLogger
  readonly channels: readonly PoolChannel[]
  readonly commandFor: (worker: string, endpoint: string) => WorkerCommand
  /** Ends what was started besides, once every worker has left or was ended. */
  readonly release: () => Promise<void>
}

interface Waiting extends Pick<Job, 'onProgress' | 'onReport' | 'signal' | 'stopSignal'> {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly onAbort: () => void
  readonly onStop: () => void
}

export class PoolShell implements WorkerPool {
  readonly fingerprints = new Map<string, Hello['fingerprint']>()
  readonly #parts: PoolParts
  #state: PoolState
  readonly #events: PoolEvent[] = []
  #isDispatching = false
  readonly #waiting = new Map<string, Waiting>()
  readonly #processes = new Map<string, WorkerProcess>()
  readonly #readers: Promise<void>[]
  readonly #slotListeners: (() => void)[] = []
  #ticking: Timer | null = null
  readonly #opened = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<void>()
  #disposal: Promise<void> | null = null
  #forgetEnd = () => {}

  constructor(parts: PoolParts) {
    this.#parts = parts
    this.#state = parts.initial
    this.#readers = parts.channels.map((channel, index) => this.#read(channel, index))
    // Only `open` waits for it; a pool that is disposed before must not leave a rejection behind.
    this.#opened.promise.catch(() => {})
  }

  /**
   * Starts the workers and waits for all of them.
   * @throws the reason when they cannot be started; the pool must then be disposed
   */
  async open(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#forgetEnd = atProcessEnd(() => this.#killAll())
    const onAbort = () => this.#opened.reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#dispatch({ kind: 'opened' })
      this.#scheduleTick()
      await this.#opened.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  get slots(): number {
    const workers = [...this.#state.workers.values()].filter(({ phase }) => phase.kind !== 'gone')
    // One even when nobody is there: who submits it learns what becomes of the pool.
    return Math.max(
      1,
      workers.reduce((sum, { hello }) => sum + (hello?.slots ?? 1), 0),
    )
  }

  status(): readonly WorkerStatus[] {
    return workerStatuses(this.#state, this.#parts.clock.monotonicMs())
  }

  watchSlots(listener: () => void): void {
    this.#slotListeners.push(listener)
  }

  dataset(name: DatasetName): DatasetFacts {
    const facts = this.#state.datasets.get(name)
    if (facts !== undefined) return facts
    throw new ArchloomError(
      'internal/invariant',
      `The worker pool was started without the data set ${name}; name it among its datasets`,
    )
  }

  async run<K extends TaskKind>(job: Job<K>): Promise<JobResult<K>> {
    invariant(!this.#waiting.has(job.task), `The task ${job.task} is in the pool already`)
    if (job.signal?.aborted) {
      throw new AttemptFailure({
        kind: 'cancelled',
        message: 'The task was cancelled before it began',
      })
    }
    const problem = oversize(job.work, job.tensors)
    if (problem !== null) {
      throw new AttemptFailure({
        kind: 'invalid_task',
        message: `The task ${job.task} is too large to be sent: expected ${problem}; hand much data over as a file`,
      })
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const onAbort = () => this.#dispatch({ kind: 'aborted', task: job.task })
    job.signal?.addEventListener('abort', onAbort, { once: true })
    const onStop = () => this.#dispatch({ kind: 'stop-asked', task: job.task })
    job.stopSignal?.addEventListener('abort', onStop, { once: true })
    const { onProgress, onReport, signal, stopSignal } = job
    this.#waiting.set(job.task, {
      resolve,
      reject,
      onAbort,
      onStop,
      ...(onProgress && { onProgress }),
      ...(onReport && { onReport }),
      ...(signal && { signal }),
      ...(stopSignal && { stopSignal }),
    })
    this.#dispatchSoon({
      kind: 'submitted',
      task: {
        task: job.task,
        lease: job.lease,
        work: job.work,
        deadlineSeconds: job.deadlineSeconds ?? null,
        ...(job.pinnedTo !== undefined && { pinnedTo: job.pinnedTo }),
        ...(job.tensors && { tensors: job.tensors }),
      },
    })
    if (stopSignal?.aborted) onStop()
    // The step resolves a task only with a result of its own kind.
    return (await promise) as JobResult<K>
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#opened.reject(new ArchloomError('internal/invariant', 'The worker pool was disposed'))
    this.#dispatch({ kind: 'closing' })
    this.#dispatch({ kind: 'ticked' })
    await this.#closed.promise
    this.#ticking?.cancel()
    this.#forgetEnd()
    await this.#parts.release()
    for (const { channel } of this.#parts.channels) await channel[Symbol.asyncDispose]()
    await Promise.all(this.#readers)
  }

  /** At once, after what came before; or next, when carrying out a command brings it. */
  #dispatch(event: PoolEvent): void {
    this.#events.push(event)
    this.#takeEvents()
  }

  /** With what else comes in this turn of the event loop: one step for hundreds of messages. */
  #dispatchSoon(event: PoolEvent): void {
    if (this.#events.length === 0) setImmediate(() => this.#takeEventsOrFail())
    this.#events.push(event)
  }

  #takeEvents(): void {
    if (this.#isDispatching) return
    this.#isDispatching = true
    try {
      while (this.#events.length > 0) {
        const events = this.#events.splice(0)
        const { state, commands } = step(this.#state, events, this.#parts.clock.monotonicMs())
        this.#state = state
        for (const command of commands) this.#carryOut(command)
      }
    } finally {
      this.#isDispatching = false
    }
  }

  /** Nobody is there to catch a defect of the rule, so that it becomes the end of every task. */
  #takeEventsOrFail(): void {
    try {
      this.#takeEvents()
    } catch (error) {
      this.#opened.reject(error)
      for (const task of [...this.#waiting.keys()]) this.#settle(task)?.reject(error)
    }
  }

  #carryOut(command: PoolCommand): void {
    switch (command.kind) {
      case 'launch':
        this.#launch(command.worker, command.incarnation)
        break
      case 'signal':
        this.#processes.get(command.worker)?.signal(command.signal)
        break
      case 'send':
        void this.#send(command.peer, encodeMessage(command.message, command.tensors))
        break
      case 'resolve': {
        const { result, tensors, fingerprint, worker } = command
        this.#settle(command.task)?.resolve({ result, tensors, fingerprint, worker })
        break
      }
      case 'reject':
        this.#settle(command.task)?.reject(command.error)
        break
      case 'progress':
        this.#tell(command.task, ({ onProgress }) => onProgress?.(command.point))
        break
      case 'reported':
        this.#tell(command.task, ({ onReport }) => onReport?.(command.report))
        break
      case 'welcomed':
        this.fingerprints.set(command.fingerprint, command.hello.fingerprint)
        break
      case 'resized':
        for (const listener of this.#slotListeners) listener()
        break
      case 'log':
        this.#parts.logger[command.level](command.fields, command.message)
        break
      case 'turned':
        this.#turn(command)
        break
      default:
        unreachable(command)
    }
  }

  #turn({ life, error }: Extract<PoolCommand, { kind: 'turned' }>): void {
    if (life === 'open') this.#opened.resolve()
    if (life === 'broken') this.#opened.reject(error)
    if (life === 'closed') this.#closed.resolve()
  }

  #settle(task: string): Waiting | undefined {
    const waiting = this.#waiting.get(task)
    if (waiting === undefined) return undefined
    this.#waiting.delete(task)
    waiting.signal?.removeEventListener('abort', waiting.onAbort)
    waiting.stopSignal?.removeEventListener('abort', waiting.onStop)
    return waiting
  }

  /** A listener that throws fails its own task and nothing else. */
  #tell(task: string, listener: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(task)
    try {
      if (waiting !== undefined) listener(waiting)
    } catch (error) {
      this.#settle(task)?.reject(error)
      this.#dispatch({ kind: 'aborted', task })
    }
  }

  #launch(worker: string, incarnation: number): void {
    const { channels, clock, commandFor, logger } = this.#parts
    const local = channels.find((candidate) => candidate.local)
    invariant(local !== undefined, 'A local worker needs a local channel')
    const child = startProcess(commandFor(worker, local.channel.endpoint), {
      clock,
      onLine: (line) => logger.debug({ worker, line }, 'Worker wrote'),
    })
    this.#processes.set(worker, child)
    if (child.pid !== null) {
      this.#dispatch({ kind: 'launched', worker, incarnation, pid: child.pid })
    }
    void child.ended.then((exit) => {
      if (this.#processes.get(worker) === child) this.#processes.delete(worker)
      this.#dispatch({ kind: 'exited', worker, incarnation, exit })
      if (this.#disposal !== null) this.#dispatch({ kind: 'ticked' })
    })
  }

  async #send(peer: PeerId, parts: readonly Uint8Array[]): Promise<void> {
    const colon = peer.indexOf(':')
    const { channel } = this.#parts.channels[Number(peer.slice(0, colon))] ?? {}
    try {
      await channel?.send(peer.slice(colon + 1), parts)
    } catch {
      this.#dispatch({ kind: 'unreachable', peer })
    }
  }

  async #read({ channel, local }: PoolChannel, index: number): Promise<void> {
    for await (const incoming of channel.messages()) {
      this.#dispatchSoon(readEvent(incoming, `${index}:${incoming.peer}`, local))
    }
  }

  #scheduleTick(): void {
    const { clock, initial } = this.#parts
    this.#ticking = clock.setTimer(initial.rules.tickMs, () => {
      this.#dispatch({ kind: 'ticked' })
      if (this.#state.life !== 'closed') this.#scheduleTick()
    })
  }

  /** The last thing this process does, when it ends without disposing the pool. */
  #killAll(): void {
    for (const child of this.#processes.values()) child.signal('SIGKILL')
  }
}

function readEvent({ parts }: Incoming, peer: PeerId, local: boolean): PoolEvent {
  try {
    return { kind: 'received', peer, local, ...decodeFromWorker(parts) }
  } catch (error) {
    if (error instanceof ArchloomError) return { kind: 'unreadable', peer, error }
    throw error
  }
}
