/** How an experiment says which workers of other machines it takes: for every evaluator with workers. */
import { join } from 'node:path'
import { z } from 'zod'
import { readOrchestratorKeys, readWorkerKeys } from './keys.ts'
import { PlacementSettings, startPlacement } from './placement/catalog.ts'
import type { RemoteWorkers } from './pool.ts'

/** An hour: long enough for a queue of a cluster, short enough to be noticed. */
const defaultWaitSeconds = 3600

export const RemoteSettings = z
  .strictObject({
    /** Where to listen, such as `tcp://*:7001`. */
    endpoint: z.string().min(1),
    /** Folder that `archloom env keys` wrote. */
    keys: z.string().min(1),
    /** How many must have joined before the search starts; later it goes on with who is there. */
    minWorkers: z.int().min(1).default(1),
    /** How many are let in at a time; null for any number. */
    maxWorkers: z.int().min(1).nullable().default(null),
    /** How long the run waits for `minWorkers`, and later while nobody is there; null for ever. */
    waitSeconds: z.number().positive().nullable().default(defaultWaitSeconds),
    /** Has workers started on a cluster; null where somebody starts them by `archloom worker`. */
    placement: PlacementSettings.nullable().default(null),
    /** What placed workers connect to; null for this machine's name and the port of `endpoint`. */
    address: z
      .string()
      .regex(/^tcp:\/\/.+:[0-9]+$/, 'must be tcp://host:port')
      .nullable()
      .default(null),
  })
  .refine(({ minWorkers, maxWorkers }) => maxWorkers === null || minWorkers <= maxWorkers, {
    path: ['maxWorkers'],
    message: 'must not be less than minWorkers',
  })
export type RemoteSettings = z.infer<typeof RemoteSettings>
export type RemoteInput = z.input<typeof RemoteSettings>

/** What a pool is told of them. */
export async function remoteWorkers(
  settings: RemoteSettings,
  runFolder: string,
): Promise<RemoteWorkers> {
  const { endpoint, keys, minWorkers, maxWorkers, waitSeconds, placement } = settings
  return {
    endpoint,
    curve: await readOrchestratorKeys(keys),
    count: minWorkers,
    ...(maxWorkers !== null && { maxCount: maxWorkers }),
    ...(waitSeconds !== null && { waitSeconds }),
    ...(placement && {
      placement: {
        start: (context) => startPlacement(placement, context),
        keys: await readWorkerKeys(join(keys, 'worker.json')),
        folder: join(runFolder, 'placement', placement.engine),
        address: settings.address,
      },
    }),
  }
}
