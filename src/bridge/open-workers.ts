import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { openEnvironment } from '#src/environment/open.ts'
import { ArchloomError } from '#src/errors.ts'
import { readOrchestratorKeys } from '#src/worker/keys.ts'
import { type PoolOptions, type RemoteWorkers, startPool } from '#src/worker/pool.ts'
import { PoolWorkers } from './pool-workers.ts'
import type { ListenOptions, Workers, WorkersLogger, WorkersOptions } from './workers.ts'

/**
 * Starts PyTorch workers, or waits for those of other machines, and resolves when they are ready.
 *
 * @remarks Hold them with `await using`: disposing ends every process.
 *
 * @example
 * ```ts
 * await using workers = await openWorkers({ allow: ['training'], pythonPath: ['.'] })
 * const task = workers.call('training:train', { input: { epochs: 3 } })
 * for await (const report of task) console.log(report)
 * console.log((await task.result).output)
 * ```
 *
 * @throws environment/missing-python, environment/missing-package, environment/drift,
 * environment/no-device when workers cannot run in this environment
 * @throws worker/would-not-start for any other reason, with what the worker said
 */
export async function openWorkers(options: WorkersOptions): Promise<Workers> {
  const pool = await startPool(await poolOptions(options))
  return new PoolWorkers(pool, (path) => placeOf(options.folder, path))
}

async function poolOptions(options: WorkersOptions): Promise<PoolOptions> {
  const { folder, listen, signal } = options
  return {
    environment: await openEnvironment(options.environment ?? 'cpu', signal ? { signal } : {}),
    workers: options.workers ?? (listen ? 0 : 1),
    threadsPerWorker: options.threadsPerWorker ?? 1,
    device: options.device ?? 'cpu',
    determinism: options.determinism ?? 'seeded',
    datasets: [],
    dataFolders: [],
    allow: options.allow ?? [],
    pythonPath: (options.pythonPath ?? []).map((place) =>
      place instanceof URL ? fileURLToPath(place) : resolve(place),
    ),
    logger: poolLogger(options.logger),
    allowDrift: false,
    ...(folder !== undefined && { root: resolve(folder) }),
    ...(listen && { listen: await remoteWorkers(listen) }),
    ...(signal && { signal }),
  }
}

async function remoteWorkers(listen: ListenOptions): Promise<RemoteWorkers> {
  const { endpoint, keys, minWorkers = 1, maxWorkers, waitSeconds } = listen
  return {
    endpoint,
    curve: await readOrchestratorKeys(keys),
    count: minWorkers,
    ...(maxWorkers !== undefined && { maxCount: maxWorkers }),
    ...(waitSeconds !== undefined && { waitSeconds }),
  }
}

function placeOf(folder: string | undefined, checkpointPath: string): string {
  if (folder !== undefined) return resolve(folder, checkpointPath)
  throw new ArchloomError(
    'config/invalid',
    `There is no folder for the checkpoint ${checkpointPath}; open the workers with a folder where calls may save`,
  )
}

/** The pool calls nothing of a pino logger but what stands here. */
function poolLogger(logger: WorkersLogger | undefined): Logger {
  const part = {
    debug: (fields: object, message: string) => logger?.debug(fields, message),
    info: (fields: object, message: string) => logger?.info(fields, message),
    warn: (fields: object, message: string) => logger?.warn(fields, message),
    error: (fields: object, message: string) => logger?.error(fields, message),
    // Asked before every message on the wire is described, which costs more than it does.
    isLevelEnabled: (level: string) => logger?.isLevelEnabled?.(level) ?? false,
  }
  return part as Logger
}
