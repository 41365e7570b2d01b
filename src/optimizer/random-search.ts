import { z } from 'zod'
import type { SearchSpace } from '#src/space/space.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'
import { seenForms } from './seen-forms.ts'

export const RandomSearchSettings = z.strictObject({
  /** Whether to draw again while the network was proposed before. */
  unique: z.boolean().default(false),
  /** Draws of one ask before a repeat is accepted, fewer after repeats; only used with `unique`. */
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
 * `random-repeat`: a space that is used up repeats itself instead of hanging. After n such repeats in
 * a row, told, an ask has `maxDraws / (1 + n)` draws, at least 1, until a draw is new again.
 *
 * @see Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization", section 2.
 */
export function randomSearch(space: SearchSpace, settings: RandomSearchSettings): Optimizer {
  const seen = seenForms(space)
  return {
    name: 'random-search',
    init: () => ({}),
    ask(state, { random, history, pending, fullFidelity }) {
      if (!settings.unique) {
        const architecture = space.format(space.sample(random))
        return [{ architecture, fidelity: fullFidelity, origin: 'random' }, state]
      }
      const isNew = seen.newIn(history, pending)
      const draws = seen.draws(history, settings.maxDraws)
      for (let draw = 1; ; draw++) {
        const drawn = space.sample(random)
        const architecture = space.format(drawn)
        const isFound = isNew(seen.formOf(architecture, drawn))
        if (!isFound && draw < draws) continue
        const origin = isFound ? 'random' : 'random-repeat'
        return [{ architecture, fidelity: fullFidelity, origin }, state]
      }
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
