/** How an experiment says which workers of other machines it takes: for every evaluator with workers. */
import { z } from 'zod'
import { readOrchestratorKeys } from './keys.ts'
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
  })
  .refine(({ minWorkers, maxWorkers }) => maxWorkers === null || minWorkers <= maxWorkers, {
    path: ['maxWorkers'],
    message: 'must not be less than minWorkers',
  })
export type RemoteSettings = z.infer<typeof RemoteSettings>

/** What a pool is told of them. */
export async function remoteWorkers(settings: RemoteSettings): Promise<RemoteWorkers> {
  const { endpoint, keys, minWorkers, maxWorkers, waitSeconds } = settings
  return {
    endpoint,
    curve: await readOrchestratorKeys(keys),
    count: minWorkers,
    ...(maxWorkers !== null && { maxCount: maxWorkers }),
    ...(waitSeconds !== null && { waitSeconds }),
  }
}
