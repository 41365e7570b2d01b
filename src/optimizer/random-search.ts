import { z } from 'zod'
import type { SearchSpace } from '#src/space/space.ts'
import { drawFresh } from './draw-fresh.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'
import { seenForms } from './seen-forms.ts'

export const RandomSearchSettings = z.strictObject({
  /** Whether to draw again while the network was proposed before. */
  unique: z.boolean().default(false),
  /** Draws of one ask before a repeat is accepted; only used with `unique`. */
  maxDraws: z.int().min(1).max(100_000).default(100),
})
export type RandomSearchSettings = z.infer<typeof RandomSearchSettings>

/**
 * Independent draws from the space's own sampler: the control arm of every comparison.
 *
 * @remarks
 * Whether it is uniform, and over what, is the space's `distribution`. With `unique` no network is
 * proposed that the history holds or that is still under way, in the sense of `space.canonical`,
 * as long as one of `maxDraws` draws is new. After that the last draw is proposed with the origin
 * `random-repeat`: a space that is used up repeats itself instead of hanging.
 *
 * @see Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization", section 2.
 */
export function randomSearch(space: SearchSpace, settings: RandomSearchSettings): Optimizer {
  const seen = seenForms(space)
  return {
    name: 'random-search',
    init: () => ({}),
    ask(state, { random, history, pending, fullFidelity }) {
      const propose = (architecture: unknown, origin: string) => ({
        architecture: space.format(architecture),
        fidelity: fullFidelity,
        origin,
      })
      if (!settings.unique) return [propose(space.sample(random), 'random'), state]

      const isNew = seen.newIn(history, pending)
      const { maxDraws } = settings
      const { architecture, form } = drawFresh(space, { isNew, random, maxDraws })
      return [propose(architecture, isNew(form) ? 'random' : 'random-repeat'), state]
    },
    tell: (state) => state,
  }
}

export const randomSearchEntry: OptimizerEntry<typeof RandomSearchSettings> = {
  name: 'random-search',
  summary: 'Independent draws from the space; with unique, never the same network twice',
  source: 'Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization", section 2',
  settings: RandomSearchSettings,
  isControl: true,
  create: randomSearch,
}
