/**
 * Ray: one worker in each of a number of actors, which Ray places, gives processors and GPUs, and
 * starts again when a node is lost; a cluster that scales by itself grows for those that wait.
 *
 * @remarks
 * A Python of the user's own that has Ray runs `ray_driver.py`, which needs nothing of archloom. It
 * ends all it has started when its standard input closes, so also when this process is killed.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { pythonFolder } from '#src/environment/folders.ts'
import { outsideVariables } from '#src/environment/worker-variables.ts'
import { ArchloomError } from '#src/errors.ts'
import {
  type Placement,
  type PlacementContext,
  type PlacementEntry,
  secretVariable,
} from './placement.ts'

export const RaySettings = z.strictObject({
  engine: z.literal('ray'),
  /** Actors, one worker each; as many run at a time as the cluster has room for. */
  workers: z.int().min(1).max(10_000),
  /** What `ray.init` takes, such as `auto` or `ray://head:10001`; `local` for a Ray of its own here. */
  address: z.string().min(1).default('local'),
  /** A Python with Ray, of the cluster's versions. */
  python: z.string().min(1).default('python3'),
  /** Processors of each worker. */
  cpus: z.number().min(0).default(1),
  /** GPUs of each worker; 0.5 puts two workers on one. */
  gpus: z.number().min(0).default(0),
  /** What else each worker takes of the cluster's own resources. */
  resources: z.record(z.string().min(1), z.number().positive()).default({}),
  /** How often a worker that ended by itself, or with its node, is started again; -1 for always. */
  maxRestarts: z.int().min(-1).default(3),
})
export type RaySettings = z.infer<typeof RaySettings>

export const rayEntry: PlacementEntry<typeof RaySettings> = {
  name: 'ray',
  summary: 'Runs one worker in each of a number of Ray actors',
  settings: RaySettings,
  start: startRay,
}

/** How long the driver may take to end Ray, then after SIGTERM, in milliseconds. */
const endMs = 20_000
const terminateMs = 2000

/** What the driver tells, a JSON object a line. */
const Told = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('placed'), workers: z.int(), nodes: z.int() }),
  z.strictObject({ event: z.literal('left'), worker: z.string() }),
  z.strictObject({ event: z.literal('lost'), worker: z.string(), reason: z.string() }),
  z.strictObject({
    event: z.literal('ended'),
    worker: z.string(),
    reason: z.string(),
    again: z.boolean(),
  }),
  z.strictObject({ event: z.literal('failed'), reason: z.string(), missing: z.boolean() }),
])
type Told = z.infer<typeof Told>

async function startRay(settings: RaySettings, context: PlacementContext): Promise<Placement> {
  const { keys, clock, signal } = context
  const driver = join(pythonFolder(), 'archloom_worker', 'placement', 'ray_driver.py')
  const child = spawn(settings.python, [driver], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C in the terminal is for the orchestrator to pass on.
    detached: true,
    env: { ...outsideVariables(), [secretVariable]: keys.secretKey },
  })
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify(orderOf(settings, context))}\n`)
  const disposing = new AbortController()
  const { placed, ended } = listen(child, context, {
    workers: settings.workers,
    disposing: disposing.signal,
  })
  const placement: Placement = {
    ended,
    async [Symbol.asyncDispose]() {
      disposing.abort()
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      const exited = once(child, 'exit')
      child.stdin.end()
      const timers = [
        clock.setTimer(endMs, () => child.kill('SIGTERM')),
        clock.setTimer(endMs + terminateMs, () => child.kill('SIGKILL')),
      ]
      await exited
      for (const timer of timers) timer.cancel()
    },
  }
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([placed, aborted.promise, ended.then((error) => Promise.reject(error))])
    return placement
  } catch (error) {
    await placement[Symbol.asyncDispose]()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

function orderOf(settings: RaySettings, { commandFor }: PlacementContext) {
  const { address, workers, cpus, gpus, resources, maxRestarts } = settings
  const commands = Array.from({ length: workers }, (_, index) => {
    const name = `ray-${index}`
    return { name, ...commandFor(name) }
  })
  return { address, commands, cpus, gpus, resources, max_restarts: maxRestarts }
}

function listen(
  child: ChildProcessWithoutNullStreams,
  { logger }: PlacementContext,
  { workers, disposing }: { readonly workers: number; readonly disposing: AbortSignal },
) {
  const placed = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<ArchloomError>()
  let failure: Extract<Told, { event: 'failed' }> | null = null
  let leftCount = 0
  createInterface({ input: child.stderr }).on('line', (line) => logger.debug({ line }, 'Ray wrote'))
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = readTold(line)
    if (told === null) logger.debug({ line }, 'Ray wrote')
    else if (told.event === 'placed') placed.resolve()
    else if (told.event === 'left') leftCount++
    else if (told.event === 'failed') failure = told
    if (told !== null) report(told, logger)
  })
  child.once('error', (cause) => {
    const message = `Cannot start ${child.spawnfile}, which evaluator.remote.placement.python names: ${cause.message}; name a Python that has Ray`
    ended.resolve(new ArchloomError('environment/missing-python', message, { cause }))
  })
  child.once('close', (code) => {
    // Every worker was sent away: that is how it ends.
    if (disposing.aborted || (code === 0 && leftCount === workers)) return
    const { reason, missing } = failure ?? {
      reason: `The Ray driver ended with exit code ${code}, and with it its workers`,
      missing: false,
    }
    const kind = missing ? 'environment/missing-package' : 'worker/would-not-start'
    ended.resolve(new ArchloomError(kind, reason))
  })
  return { placed: placed.promise, ended: ended.promise }
}

function readTold(line: string): Told | null {
  try {
    return Told.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

function report(told: Told, logger: PlacementContext['logger']): void {
  const { event, ...fields } = told
  if (event === 'placed') logger.info(fields, 'Ray places workers')
  else if (event === 'left') logger.debug(fields, 'A worker in Ray was sent away')
  else if (event === 'ended') logger.warn(fields, 'A worker in Ray ended')
  else if (event === 'lost') logger.error(fields, 'A worker in Ray is given up')
}
