/**
 * What a pool of workers knows, what can happen to it, and what it can want done: values only.
 * `pool-step.ts` is the rule from one to the other, `pool-shell.ts` carries it out.
 */
import type { ReadyEnvironment } from '#src/environment/environment.ts'
import type { ArchloomError } from '#src/errors.ts'
import type { Tensor } from '#src/protocol/codec.ts'
import type {
  DatasetFacts,
  FromWorker,
  Hello,
  Log,
  ToWorker,
  WorkerMemory,
} from '#src/protocol/messages.ts'
import type { DatasetName } from '#src/protocol/recipe.ts'
import type { JsonObject, TaskResult, TaskWork } from '#src/protocol/task.ts'
import type { PeerId } from '#src/transport/channel.ts'
import type { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { CurvePoint } from '#src/trial/metrics.ts'

/** What stays the same over a pool's life. All times in milliseconds. */
export interface PoolRules {
  readonly environment: string
  /** What to do about a broken environment, as the end of a sentence. */
  readonly environmentMend: ReadyEnvironment['mend']
  /** Null for an environment that no lock pins. */
  readonly lockHash: string | null
  readonly device: 'cpu' | 'cuda'
  readonly allowDrift: boolean
  readonly datasets: readonly DatasetName[]
  /** Workers on other machines that must have joined before the pool is open. */
  readonly remoteCount: number
  /** How many of them it takes at a time; 0 for a pool of local workers only. */
  readonly remoteLimit: number
  /** How long a pool that takes them may be without any worker, or without enough to open. */
  readonly absenceMs: number
  /** What every worker of another machine must run on; null for what the first worker runs on. */
  readonly expectedFingerprint: string | null
  /** Take workers that run on something else; their results say so. */
  readonly allowMixed: boolean
  /**
   * Added to every lease on the wire. It grows from one orchestrator to the next, so that a worker
   * that outlives one takes the next one's tasks as new, and its old results count as stale.
   */
  readonly leaseBase: number
  /** From the start of a process to its hello: importing PyTorch can be slow. */
  readonly startMs: number
  readonly heartbeatMs: number
  readonly silenceMs: number
  /** Silence of a worker that has a task and whose link answers for it: its process lives. */
  readonly unresponsiveMs: number
  /** After a deadline or a cancel, until the worker is killed. */
  readonly graceMs: number
  /** Restarts of one worker without a finished task in between. */
  readonly restartLimit: number
  /** Messages of a worker that cost a credit and may be under way. */
  readonly credits: number
  /** How many of them in a second are paid for at once. */
  readonly messagesPerSecond: number
  /** How long closing waits for workers to leave by themselves, then after SIGTERM. */
  readonly drainMs: number
  readonly terminateMs: number
  /** Distance of ticks; a tick that comes later than this forgives workers the lateness. */
  readonly tickMs: number
}

export type WorkerPhase =
  /** No process; one starts at `untilMs`. */
  | { readonly kind: 'waiting'; readonly untilMs: number }
  /** A process that has not said hello. */
  | { readonly kind: 'starting'; readonly sinceMs: number }
  /** Welcomed. */
  | { readonly kind: 'ready' }
  /** A process that was told to end; its exit decides by `restart`. */
  | {
      readonly kind: 'ending'
      readonly restart: 'counted' | 'free' | 'never'
      readonly error: ArchloomError | null
      readonly killAtMs: number | null
    }
  /** No process, and none will start; one of another machine before it is welcomed. */
  | { readonly kind: 'gone' }

export interface WorkerState {
  readonly name: string
  /** Started by this pool, in contrast to one that joined from elsewhere. */
  readonly local: boolean
  readonly phase: WorkerPhase
  /** Counts its processes, so that a late exit is not taken for a newer one's. */
  readonly incarnation: number
  readonly pid: number | null
  readonly peer: PeerId | null
  readonly hello: Hello | null
  readonly fingerprint: string
  readonly seenMs: number
  /** Whether its connection stood when it was last sent something. */
  readonly linked: boolean
  /** Whether it was silent past the bound, with its connection standing. */
  readonly unresponsive: boolean
  readonly beatMs: number
  /** Credits used since the last grant. */
  readonly spent: number
  /** How many messages that cost one came, since when; a second long. */
  readonly window: Window
  readonly restarts: number
  /** As it last said. */
  readonly memory: WorkerMemory | null
  /** Tasks that it ended with a result, and with a failure, cancelled ones aside. */
  readonly finishedCount: number
  readonly failedCount: number
}

/** A count of what happened since a moment. */
export interface Window {
  readonly sinceMs: number
  readonly count: number
}

/** Who says hello under the name of a worker that is connected, and waits to know which one stays. */
export interface Contender {
  readonly hello: Hello
  readonly peer: PeerId
  /** Whether the worker that has the name was heard since. */
  readonly refuted: boolean
}

export interface PoolTask {
  readonly task: string
  readonly lease: number
  readonly work: TaskWork
  readonly deadlineSeconds: number | null
  /** The only worker that may do it; any where left out. While it waits, that worker is ready. */
  readonly pinnedTo?: string
  readonly tensors?: readonly Tensor[]
}

export interface TaskState extends PoolTask {
  /** The worker that it runs on; null while it waits. */
  readonly worker: string | null
  /** When that worker was first sent it; null while it waits. */
  readonly sentMs: number | null
  /** Whether the worker has said that it began. */
  readonly started: boolean
  /** The last curve point or report of it; null before the first. */
  readonly lastWord: CurvePoint | JsonObject | null
  readonly cancelled: boolean
  /** Whether it is to finish early. */
  readonly stopping: boolean
  /** When its worker is killed for not stopping; null for never. */
  readonly killAtMs: number | null
}

/**
 * - `opening`: until every expected worker was welcomed once
 * - `broken`: no worker is left, and none is waited for any more; `error` says why
 */
export type PoolLife = 'opening' | 'open' | 'broken' | 'closing' | 'closed'

export interface PoolState {
  readonly rules: PoolRules
  readonly life: PoolLife
  readonly error: ArchloomError | null
  /** Of workers on other machines only those that are connected. */
  readonly workers: ReadonlyMap<string, WorkerState>
  /** By the name that they say is theirs. */
  readonly contenders: ReadonlyMap<string, Contender>
  /** What the first worker runs on; null before it is known. */
  readonly reference: Reference | null
  /** In order of submission; only what is not settled. */
  readonly tasks: ReadonlyMap<string, TaskState>
  /** The worker of each object of the user's that is kept between calls. */
  readonly sessions: ReadonlyMap<string, string>
  readonly datasets: ReadonlyMap<DatasetName, DatasetFacts>
  /** What was wrong with a starting worker's message, by worker, for when it then ends. */
  readonly complaints: ReadonlyMap<string, ArchloomError>
  /** Peers refused of late. */
  readonly refusals: Window
  readonly tickedMs: number
  readonly closingMs: number
  /** Since when the pool is without workers that it needs; null while it has them. */
  readonly absence: { readonly sinceMs: number; readonly noted: boolean } | null
}

/** What all workers of a pool run on unless they may differ. */
export interface Reference {
  readonly hash: string
  /** Null when it is known from earlier results alone. */
  readonly facts: Hello['fingerprint']['critical'] | null
}

/** How a process ended. */
export interface WorkerExit {
  readonly code: number | null
  readonly signal: string | null
  /** Why it could not be started at all, as `ENOENT`; null when it ran. */
  readonly spawnError: string | null
  /** The last lines that it wrote. */
  readonly tail: readonly string[]
}

export type PoolEvent =
  | { readonly kind: 'opened' }
  | {
      readonly kind: 'launched'
      readonly worker: string
      readonly incarnation: number
      readonly pid: number
    }
  | {
      readonly kind: 'exited'
      readonly worker: string
      readonly incarnation: number
      readonly exit: WorkerExit
    }
  | {
      readonly kind: 'received'
      readonly peer: PeerId
      /** Whether it came over the socket that only this machine's user can reach. */
      readonly local: boolean
      readonly message: FromWorker
      readonly tensors?: readonly Tensor[]
    }
  | { readonly kind: 'unreadable'; readonly peer: PeerId; readonly error: ArchloomError }
  | { readonly kind: 'unreachable'; readonly peer: PeerId }
  | { readonly kind: 'submitted'; readonly task: PoolTask }
  | { readonly kind: 'aborted'; readonly task: string }
  | { readonly kind: 'stop-asked'; readonly task: string }
  | { readonly kind: 'ticked' }
  | { readonly kind: 'closing' }

export type PoolCommand =
  | { readonly kind: 'launch'; readonly worker: string; readonly incarnation: number }
  | { readonly kind: 'signal'; readonly worker: string; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | {
      readonly kind: 'send'
      readonly peer: PeerId
      readonly message: ToWorker
      readonly tensors?: readonly Tensor[]
    }
  | {
      readonly kind: 'resolve'
      readonly task: string
      readonly result: TaskResult
      readonly tensors: readonly Tensor[]
      readonly fingerprint: string
      readonly worker: string
    }
  | {
      readonly kind: 'reject'
      readonly task: string
      readonly error: AttemptFailure | ArchloomError
    }
  /** The number of slots may be another now. */
  | { readonly kind: 'resized' }
  | { readonly kind: 'progress'; readonly task: string; readonly point: CurvePoint }
  | { readonly kind: 'reported'; readonly task: string; readonly report: JsonObject }
  | { readonly kind: 'welcomed'; readonly fingerprint: string; readonly hello: Hello }
  /** Something for the pool's own log, or of a worker's. */
  | {
      readonly kind: 'log'
      readonly level: Log['level']
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }
  /** The pool is open, broken or closed from now on. */
  | { readonly kind: 'turned'; readonly life: PoolLife; readonly error: ArchloomError | null }

export interface PoolStep {
  readonly state: PoolState
  readonly commands: readonly PoolCommand[]
}

/** A pool before anything has happened to it. */
export function newPool(rules: PoolRules, localWorkers: readonly string[]): PoolState {
  const workers = localWorkers.map((name) => [name, newWorker(name, true)] as const)
  return {
    rules,
    life: 'opening',
    error: null,
    workers: new Map(workers),
    contenders: new Map(),
    reference:
      rules.expectedFingerprint === null ? null : { hash: rules.expectedFingerprint, facts: null },
    tasks: new Map(),
    sessions: new Map(),
    datasets: new Map(),
    complaints: new Map(),
    refusals: { sinceMs: 0, count: 0 },
    tickedMs: 0,
    closingMs: 0,
    absence: null,
  }
}

export function newWorker(name: string, local: boolean): WorkerState {
  return {
    name,
    local,
    phase: local ? { kind: 'waiting', untilMs: 0 } : { kind: 'gone' },
    incarnation: 0,
    pid: null,
    peer: null,
    hello: null,
    fingerprint: '',
    seenMs: 0,
    linked: false,
    unresponsive: false,
    beatMs: 0,
    spent: 0,
    window: { sinceMs: 0, count: 0 },
    restarts: 0,
    memory: null,
    finishedCount: 0,
    failedCount: 0,
  }
}
