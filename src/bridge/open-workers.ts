import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { openEnvironment } from '#src/environment/open.ts'
import { ArchloomError } from '#src/errors.ts'
import { type PoolOptions, type RemoteWorkers, startPool } from '#src/worker/pool.ts'
import { type RemoteInput, RemoteSettings, remoteWorkers } from '#src/worker/remote-workers.ts'
import type { WorkersLogger } from '#src/worker/worker.ts'
import { PoolWorkers } from './pool-workers.ts'
import type { Workers, WorkersOptions } from './workers.ts'

const silence: WorkersLogger = { debug() {}, info() {}, warn() {}, error() {} }

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
  const { folder, remote, signal, workersPerDevice, logger = silence } = options
  const listen = remote && (await listenFor(remote, folder))
  return {
    environment: await openEnvironment(options.environment ?? 'cpu', signal ? { signal } : {}),
    workers: options.workers ?? (remote ? 0 : 1),
    ...(workersPerDevice !== undefined && { workersPerDevice }),
    threadsPerWorker: options.threadsPerWorker ?? 1,
    device: options.device ?? 'cpu',
    determinism: options.determinism ?? 'seeded',
    datasets: [],
    dataFolders: [],
    allow: options.allow ?? [],
    pythonPath: (options.pythonPath ?? []).map((place) =>
      place instanceof URL ? fileURLToPath(place) : resolve(place),
    ),
    logger,
    allowDrift: false,
    allowMixed: options.allowMixed ?? false,
    ...(folder !== undefined && { root: resolve(folder) }),
    ...(listen && { listen }),
    ...(signal && { signal }),
  }
}

/** @throws config/invalid where it is not as an experiment's `evaluator.remote` would be */
async function listenFor(remote: RemoteInput, folder: string | undefined): Promise<RemoteWorkers> {
  const parsed = RemoteSettings.safeParse(remote)
  if (!parsed.success) {
    throw new ArchloomError(
      'config/invalid',
      `The workers of other machines, remote, are not well described: ${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    )
  }
  if (parsed.data.placement !== null && folder === undefined) {
    throw new ArchloomError(
      'config/invalid',
      'A placement needs a folder for what it writes; open the workers with one',
    )
  }
  return await remoteWorkers(parsed.data, folder ?? '')
}

function placeOf(folder: string | undefined, checkpointPath: string): string {
  if (folder !== undefined) return resolve(folder, checkpointPath)
  throw new ArchloomError(
    'config/invalid',
    `There is no folder for the checkpoint ${checkpointPath}; open the workers with a folder where calls may save`,
  )
}
