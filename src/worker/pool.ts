/** Starts a pool: its options, the channels it listens on, and the rules it goes by. */
import type { ReadyEnvironment } from '#src/environment/environment.ts'
import { localDevices } from '#src/environment/local-devices.ts'
import type { DatasetName } from '#src/protocol/recipe.ts'
import { type Clock, systemClock } from '#src/time/clock.ts'
import type { CurveServer } from '#src/transport/curve.ts'
import { logWire } from '#src/transport/wire-log.ts'
import { openIpcChannel, openTcpChannel, type ProofOfLife } from '#src/transport/zeromq.ts'
import { type LaunchRequest, pythonCommand, type WorkerCommand } from './launch.ts'
import { type PlacementChoice, placeWorkers } from './placement/place-workers.ts'
import type { Placement } from './placement/placement.ts'
import { type PoolChannel, PoolShell } from './pool-shell.ts'
import { newPool, type PoolRules } from './pool-state.ts'
import type { WorkerPool, WorkersLogger } from './worker.ts'

/** Workers on other machines, started by hand (`archloom worker --connect …`) or by a placement. */
export interface RemoteWorkers {
  /** `tcp://interface:port` to listen on. */
  readonly endpoint: string
  readonly curve: CurveServer
  /** How many must have joined before the pool is open; later it goes on with who is there. */
  readonly count: number
  /** How many it takes at a time; 1024 by default. */
  readonly maxCount?: number
  /**
   * How long it waits for `count` to join, and later for anyone when nobody is there, before it gives
   * up; for ever by default.
   */
  readonly waitSeconds?: number
  /** Has them started on a cluster. */
  readonly placement?: PlacementChoice
}

export interface PoolOptions {
  readonly environment: ReadyEnvironment
  /** Local processes, spread over the GPUs; `auto` for as many as there is room for. */
  readonly workers: number | 'auto'
  /** How many may share one GPU; any number by default, and one with `auto`. */
  readonly workersPerDevice?: number | null
  readonly threadsPerWorker: number
  readonly device: 'cpu' | 'cuda'
  readonly determinism: 'bitwise' | 'seeded' | 'fast'
  /** Loaded by every worker at its start. */
  readonly datasets: readonly DatasetName[]
  /** Absolute paths, first match first. */
  readonly dataFolders: readonly string[]
  /**
   * Python modules whose functions may be called, as `team.training`; a package allows what is in it.
   * None by default. Workers of other machines are told by `archloom worker --allow`.
   */
  readonly allow?: readonly string[]
  /** Absolute paths of the folders where local workers look for modules first. */
  readonly pythonPath?: readonly string[]
  /** Absolute path of the only folder that tasks may name files in; none by default. */
  readonly root?: string
  readonly logger: WorkersLogger
  /** Accept workers whose packages differ from the lock; their results record it. */
  readonly allowDrift: boolean
  /**
   * Hash of what workers of other machines must run on: the environment of earlier results. By
   * default that of the first worker.
   */
  readonly expectedFingerprint?: string
  /** Accept workers of other machines that run on something else; their results record it. */
  readonly allowMixed?: boolean
  /** Aborting gives up the start; a pool that is open is ended by disposing it. */
  readonly signal?: AbortSignal
  readonly listen?: RemoteWorkers
  /** Restarts of one worker without a finished task in between; 3 by default. */
  readonly restartLimit?: number
  /** 2 by default. */
  readonly heartbeatSeconds?: number
  /** Silence after which a worker counts as dead; 10 by default. */
  readonly silenceSeconds?: number
  /**
   * Silence after which a worker is ended although its process lives, while it has a task: what code
   * that holds the interpreter lock of Python gets at most; 300 by default.
   */
  readonly unresponsiveSeconds?: number
  /** From the start of a process to its hello; 180 by default, for cold disks. */
  readonly startSeconds?: number
  /** What a worker gets to react to a deadline or a cancel before it is killed; 10 by default. */
  readonly graceSeconds?: number
  /** How long closing waits for workers to leave by themselves; 3 by default. */
  readonly drainSeconds?: number
  readonly clock?: Clock
  /** What to run as a local worker; by default the Python package in the environment. */
  readonly command?: (request: LaunchRequest) => WorkerCommand
}

/** How long a worker may take to end after SIGTERM, in ms, before SIGKILL. */
const terminateMs = 2000

/** Progress and log messages under way from one worker. */
const credits = 64

/** Those of one worker that are paid for in a second; more than one orchestrator can take in. */
const messagesPerSecond = 50_000

/** Workers of other machines at a time where `maxCount` says nothing. */
const defaultMaxCount = 1024

/**
 * Starts a pool and waits until all its workers are ready.
 *
 * @remarks Hold it with `await using`: disposing ends every process and removes the socket.
 * @throws environment/missing-python, environment/missing-package, environment/drift,
 * environment/no-device when workers cannot run in this environment
 * @throws config/data-missing, config/data-corrupt when a data set is not as it should be
 * @throws protocol/version, protocol/malformed when a worker is of another build
 * @throws worker/would-not-start for any other reason, with what the worker said
 */
export async function startPool(options: PoolOptions): Promise<WorkerPool> {
  options.signal?.throwIfAborted()
  const clock = options.clock ?? systemClock()
  const { workers, workersPerDevice = null, device: kind, threadsPerWorker: threads } = options
  const wish = { workers, device: kind, workersPerDevice, threads }
  const devices = new Map(
    (await localDevices(wish, options.signal)).map((device, index) => [
      `w${String(index).padStart(2, '0')}`,
      device,
    ]),
  )
  const channels = await openChannels(options, devices.size > 0)
  let placement: Placement | null = null
  const shell = new PoolShell({
    initial: newPool(rulesOf(options, clock), [...devices.keys()]),
    clock,
    logger: options.logger,
    channels: channels.map(({ channel, local }) => ({
      channel: logWire(channel, options.logger),
      local,
    })),
    commandFor: (worker, endpoint) =>
      (options.command ?? pythonCommand)({
        ...requestOf(options, devices.get(worker)),
        endpoint,
        worker,
      }),
    release: async () => await placement?.[Symbol.asyncDispose](),
  })
  try {
    const opening = shell.open(options.signal)
    opening.catch(() => {})
    placement = await place(options, channels, clock)
    await (placement ? Promise.race([opening, failed(placement)]) : opening)
    void placement?.ended.then((reason) =>
      options.logger.error({ reason: reason.message }, 'No more workers are placed'),
    )
    return shell
  } catch (error) {
    await shell[Symbol.asyncDispose]()
    throw error
  }
}

function requestOf(options: PoolOptions, device: string = options.device) {
  return {
    environment: options.environment,
    device,
    threads: options.threadsPerWorker,
    determinism: options.determinism,
    datasets: options.datasets,
    dataFolders: options.dataFolders,
    ...(options.root !== undefined && { root: options.root }),
    allow: options.allow ?? [],
    pythonPath: options.pythonPath ?? [],
  }
}

async function place(
  options: PoolOptions,
  channels: readonly PoolChannel[],
  clock: Clock,
): Promise<Placement | null> {
  const remote = channels.find(({ local }) => !local)
  const { listen, logger, signal } = options
  if (remote === undefined || listen?.placement === undefined) return null
  const { endpoint } = remote.channel
  const scene = { endpoint, request: requestOf(options), logger, clock, ...(signal && { signal }) }
  return await placeWorkers(listen.placement, scene)
}

async function failed({ ended }: Placement): Promise<never> {
  throw await ended
}

async function openChannels(options: PoolOptions, hasLocal: boolean): Promise<PoolChannel[]> {
  const { listen, logger } = options
  const channels: PoolChannel[] = []
  const proof = proofOfLife(options)
  if (hasLocal) channels.push({ channel: await openIpcChannel(proof), local: true })
  if (listen === undefined) return channels
  try {
    const channel = await openTcpChannel(listen.endpoint, listen.curve, proof)
    logger.info({ endpoint: channel.endpoint }, 'Listening for workers on other machines')
    return [...channels, { channel, local: false }]
  } catch (error) {
    for (const { channel } of channels) await channel[Symbol.asyncDispose]()
    throw error
  }
}

/** A dead link is known, and the next heartbeat fails on it, at about the time of the silence bound. */
function proofOfLife(options: PoolOptions): ProofOfLife {
  const intervalMs = heartbeatMsOf(options)
  return { intervalMs, patienceMs: Math.max(intervalMs, silenceMsOf(options) - 2 * intervalMs) }
}

const heartbeatMsOf = ({ heartbeatSeconds = 2 }: PoolOptions) => heartbeatSeconds * 1000
const silenceMsOf = ({ silenceSeconds = 10 }: PoolOptions) => silenceSeconds * 1000

function remoteRules({ listen, expectedFingerprint, allowMixed }: PoolOptions) {
  return {
    remoteCount: listen?.count ?? 0,
    remoteLimit: listen === undefined ? 0 : (listen.maxCount ?? defaultMaxCount),
    absenceMs: (listen?.waitSeconds ?? Number.POSITIVE_INFINITY) * 1000,
    expectedFingerprint: expectedFingerprint ?? null,
    allowMixed: allowMixed ?? false,
  }
}

function rulesOf(options: PoolOptions, clock: Clock): PoolRules {
  const heartbeatMs = heartbeatMsOf(options)
  return {
    environment: options.environment.name,
    environmentMend: options.environment.mend,
    lockHash: options.environment.lock?.hash ?? null,
    device: options.device,
    allowDrift: options.allowDrift,
    datasets: options.datasets,
    ...remoteRules(options),
    leaseBase: Math.floor(clock.nowMs() / 1000) * 1000,
    startMs: (options.startSeconds ?? 180) * 1000,
    heartbeatMs,
    silenceMs: silenceMsOf(options),
    unresponsiveMs: Math.max((options.unresponsiveSeconds ?? 300) * 1000, silenceMsOf(options)),
    graceMs: (options.graceSeconds ?? 10) * 1000,
    restartLimit: options.restartLimit ?? 3,
    credits,
    messagesPerSecond,
    drainMs: (options.drainSeconds ?? 3) * 1000,
    terminateMs,
    tickMs: Math.min(250, heartbeatMs / 4),
  }
}
