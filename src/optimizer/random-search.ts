import { z } from 'zod'
import type { SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'

export const RandomSearchSettings = z.strictObject({
  /** Whether to draw again while the network was proposed before. */
  unique: z.boolean().default(false),
  /** Draws of one ask before a repeat is accepted; only used with `unique`. */
  maxDraws: z.int().min(1).max(100_000).default(100),
})
export type RandomSearchSettings = z.infer<typeof RandomSearchSettings>

// A type, not an interface: only types are assignable to Json.
export type RandomSearchState = {
  /** Canonical forms proposed and not yet told, oldest first; kept only with `unique`. */
  readonly pending: readonly string[]
}

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
export function randomSearch(
  space: SearchSpace,
  settings: RandomSearchSettings,
): Optimizer<RandomSearchState> {
  const known = canonicalForms(space)
  return {
    name: 'random-search',
    init: () => ({ pending: [] }),
    ask(state, { random, history, fullFidelity }) {
      const propose = (architecture: unknown, origin: string) => ({
        architecture: space.format(architecture),
        fidelity: fullFidelity,
        origin,
      })
      let architecture = space.sample(random)
      if (!settings.unique) return [propose(architecture, 'random'), state]

      const told = known(history)
      const isNew = (form: string) => !told.has(form) && !state.pending.includes(form)
      let form = space.canonical(architecture)
      for (let draw = 1; draw < settings.maxDraws && !isNew(form); draw++) {
        architecture = space.sample(random)
        form = space.canonical(architecture)
      }
      const origin = isNew(form) ? 'random' : 'random-repeat'
      return [propose(architecture, origin), { pending: [...state.pending, form] }]
    },
    tell(state, observation) {
      if (!settings.unique) return state
      const form = space.canonical(space.parse(observation.architecture))
      const position = state.pending.indexOf(form)
      return position < 0 ? state : { pending: state.pending.toSpliced(position, 1) }
    },
  }
}

export const randomSearchEntry: OptimizerEntry<typeof RandomSearchSettings> = {
  name: 'random-search',
  summary: 'Independent draws from the space; with unique, never the same network twice',
  source: 'Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization", section 2',
  settings: RandomSearchSettings,
  create: randomSearch,
}

/**
 * The canonical forms that a history holds: a cache for each history, filled up as the history
 * grows in place.
 */
function canonicalForms(space: SearchSpace): (history: History) => ReadonlySet<string> {
  const caches = new WeakMap<History, { readonly forms: Set<string>; length: number }>()
  return (history) => {
    const cache = caches.get(history) ?? { forms: new Set(), length: 0 }
    caches.set(history, cache)
    for (; cache.length < history.length; cache.length++) {
      const { architecture } = history.at(cache.length)
      cache.forms.add(space.canonical(space.parse(architecture)))
    }
    return cache.forms
  }
}
