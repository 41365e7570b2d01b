import { z } from 'zod'

export const LocalSearchSettings = z.strictObject({
  /** Random trials before the first climb, which starts at the best of them. Source: naszilla, `num_init`. */
  initialCount: z.int().min(1).max(100_000).default(10),
  /** Fresh random trials before each later climb, which starts at the best of them. */
  restartCount: z.int().min(1).max(100_000).default(10),
  /**
   * When to move: to the `first` neighbour that is better, or to the best of the `full`
   * neighbourhood. Source: White et al. 2020, section 3 (full); naszilla, `query_full_nbhd`.
   */
  improvement: z.enum(['first', 'full']).default('first'),
  /** The order in which neighbours are tried: `shuffled` for each centre, or as the space has them. */
  order: z.enum(['shuffled', 'listed']).default('shuffled'),
  /**
   * What is taken from the history and not evaluated again: a `network` (isomorphic architectures
   * are one), an `architecture` as it is written, or `nothing`.
   */
  known: z.enum(['network', 'architecture', 'nothing']).default('network'),
  /**
   * What follows a local optimum: `restart` from fresh random trials, or `continue` from the best
   * trial of all whose neighbours were not all tried. Source: naszilla, `stop_at_minimum`.
   */
  afterOptimum: z.enum(['restart', 'continue']).default('restart'),
})
export type LocalSearchSettings = z.infer<typeof LocalSearchSettings>
