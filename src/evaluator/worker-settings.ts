/** How an experiment says which workers it takes: the same words for every evaluator that has some. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { EnvironmentChoice } from '#src/environment/choice.ts'
import { openEnvironment } from '#src/environment/open.ts'
import type { PoolOptions } from '#src/worker/pool.ts'
import { RemoteSettings, remoteWorkers } from '#src/worker/remote-workers.ts'
import type { EvaluatorContext } from './evaluator.ts'

export const workerSettings = {
  /** A pinned one of `archloom env list`, or one of your own. */
  environment: EnvironmentChoice.default('cpu'),
  device: z.enum(['cpu', 'cuda']).default('cpu'),
  /**
   * Worker processes on this machine, spread over its GPUs; each does one thing at a time. `auto` for
   * as many as there is room for.
   */
  workers: z.union([z.int().min(0), z.literal('auto')]).default(1),
  /** How many may share one GPU; null for as many as come upon it, and for one with `auto`. */
  workersPerDevice: z.int().min(1).nullable().default(null),
  /** Workers on other machines, which come and go; null for none. */
  remote: RemoteSettings.nullable().default(null),
  threadsPerWorker: z.int().min(1).default(1),
  /** Wall-clock limit of one training; null for none. */
  trialTimeoutSeconds: z.number().positive().nullable().default(null),
}

const WorkerSettings = z.strictObject(workerSettings)
type WorkerSettings = z.infer<typeof WorkerSettings>

/** Whether there is anybody to work; the refinement of every document with `workerSettings`. */
export const hasWorkers = ({
  workers,
  remote,
}: Pick<WorkerSettings, 'workers' | 'remote'>): boolean => workers !== 0 || remote !== null

export const noWorkers = {
  path: ['workers'],
  message: 'needs at least one worker here, or workers elsewhere in evaluator.remote',
}

/** What every such evaluator tells its pool; what its workers are for is its own to say. */
export async function poolOptions(
  settings: WorkerSettings,
  context: EvaluatorContext,
): Promise<Omit<PoolOptions, 'determinism' | 'datasets' | 'dataFolders'>> {
  const { allowDrift, earlierEnvironments, logger, signal, sourceFolder } = context
  const environment = await openEnvironment(settings.environment, {
    folder: sourceFolder,
    allowDrift,
    signal,
  })
  return {
    environment,
    workers: settings.workers,
    workersPerDevice: settings.workersPerDevice,
    threadsPerWorker: settings.threadsPerWorker,
    device: settings.device,
    root: resolve(context.runFolder),
    logger,
    allowDrift,
    signal,
    allowMixed: context.allowMixed ?? false,
    ...(earlierEnvironments?.[0] && { expectedFingerprint: earlierEnvironments[0] }),
    ...(settings.remote && { listen: await remoteWorkers(settings.remote, context.runFolder) }),
  }
}
