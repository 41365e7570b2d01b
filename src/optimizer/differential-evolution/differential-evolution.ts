import { z } from 'zod'
import { invariant } from '#src/errors.ts'
import { decodeUnitVector, encodeUnitVector, vectorParameters } from '#src/parameter/unit-vector.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from '../optimizer.ts'
import {
  assign,
  type GenerationRules,
  type Generations,
  type Lag,
  startGenerations,
  toldAt,
  withLag,
} from './generations.ts'

export const DifferentialEvolutionSettings = z.strictObject({
  /** NP. Source: Awad et al. 2020, section 4. */
  populationSize: z.int().min(3).max(100_000).default(20),
  /** F: how much of a difference of two vectors is added to a third. */
  scale: z.number().min(0).max(2).default(0.5),
  /** Cr: the probability that an entry of a trial vector comes from the mutant. */
  crossoverRate: z.number().min(0).max(1).default(0.5),
  /** What becomes of an entry outside [0, 1]: a fresh uniform one, or the nearest end. */
  boundary: z.enum(['redraw', 'clip']).default('redraw'),
})
export type DifferentialEvolutionSettings = z.infer<typeof DifferentialEvolutionSettings>

// A type, not an interface: only types are assignable to Json.
export type DifferentialEvolutionState = {
  /** Names the streams of all vectors; drawn by the first ask. */
  readonly seed: string | null
  /** How many trials were told at each ask, so that the same vectors can be made again. */
  readonly lags: readonly Lag[]
}

/**
 * Differential evolution, DE/rand/1/bin, on the space's parameters as vectors in [0, 1]^d.
 *
 * @remarks
 * - The population stays continuous: vectors are decoded for a trial and never written back.
 * - A vector that stands for no architecture of the space costs no trial: it counts as the worst.
 *   After 1,000 of them in a row, one is drawn from the space's sampler, with the origin `fallback`.
 * - A failed trial counts as the worst, too. A trial vector that is equally good replaces its target.
 * - Generation-synchronous: a population changes only when all of its trial vectors are told. Trials
 *   that are asked for meanwhile are made from the latest population that is complete, and belong to
 *   the next generation all the same; which those are follows from trial numbers alone.
 * - Proposals draw from streams named by the state's seed and the slot, not from those of the asks:
 *   so the vectors can be made again from the history, and are no part of the state.
 *
 * @see Awad, Mallik and Hutter 2020, "Differential Evolution for Neural Architecture Search",
 *   section 3; automl/DE-NAS `denas/optimizers/de.py`.
 */
export function differentialEvolution(
  space: SearchSpace,
  settings: DifferentialEvolutionSettings,
): Optimizer<DifferentialEvolutionState> {
  const rules = generationRules(space, settings)
  const generationsAt = replays(rules)
  return {
    name: 'differential-evolution',
    init: () => ({ seed: null, lags: [] }),
    ask(state, { trial, random, history, fullFidelity }) {
      const seed = state.seed ?? String(random.uint32())
      const generations = generationsAt(history, { ...state, seed }, trial)
      const { text, origin, parent } = assign(generations, history, history.length)
      const proposal = { architecture: text, fidelity: fullFidelity, origin }
      const lags = withLag(state.lags, trial, history.length)
      return [parent === null ? proposal : { ...proposal, parent }, { seed, lags }]
    },
    tell: (state) => state,
  }
}

export const differentialEvolutionEntry: OptimizerEntry<typeof DifferentialEvolutionSettings> = {
  name: 'differential-evolution',
  summary: 'Adds differences of vectors to vectors and keeps what is no worse',
  source:
    'Awad, Mallik and Hutter 2020, "Differential Evolution for Neural Architecture Search", section 3',
  settings: DifferentialEvolutionSettings,
  misfit: (space) =>
    space.encodings.parameters
      ? null
      : 'needs an encoding as parameters, which the space does not offer',
  create: differentialEvolution,
}

function generationRules(
  space: SearchSpace,
  settings: DifferentialEvolutionSettings,
): GenerationRules {
  const encoding = space.encodings.parameters
  invariant(encoding !== undefined, `The space ${space.name} has no parameters`)
  return {
    ...settings,
    size: vectorParameters(encoding.space).length,
    decode(vector) {
      const decoded = encoding.decode(decodeUnitVector(encoding.space, vector))
      return 'architecture' in decoded ? space.format(decoded.architecture) : null
    },
    anyVector: (random) => encodeUnitVector(encoding.space, encoding.encode(space.sample(random))),
  }
}

/** Generations up to a trial: those at hand when they fit, else made again from the start. */
function replays(rules: GenerationRules) {
  const atHand = new WeakMap<History, Generations>()
  return (
    history: History,
    { seed, lags }: DifferentialEvolutionState & { readonly seed: string },
    trial: number,
  ): Generations => {
    const known = atHand.get(history)
    if (known?.seed === seed && known.nextTrial === trial) return known
    const generations = startGenerations(seed, rules)
    for (let past = 0; past < trial; past++) assign(generations, history, toldAt(lags, past))
    atHand.set(history, generations)
    return generations
  }
}
