import { z } from 'zod'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'
import { parsedTexts } from './remembered-texts.ts'

export const RegularizedEvolutionSettings = z
  .strictObject({
    /** Individuals alive at once; as many random trials come first. Source: section 3 and table 1. */
    populationSize: z.int().min(1).max(100_000).default(100),
    /** Individuals that compete to be the parent of one child. */
    sampleSize: z.int().min(1).max(100_000).default(25),
    /** Whether one individual may enter a tournament twice; algorithm 1 draws with replacement. */
    replacement: z.boolean().default(true),
    /** Who leaves for a child: the oldest (ageing), or the worst, as a control. */
    removal: z.enum(['oldest', 'worst']).default('oldest'),
  })
  .refine(
    ({ populationSize, sampleSize, replacement }) => replacement || sampleSize <= populationSize,
    {
      path: ['sampleSize'],
      message: 'must not exceed populationSize when drawing without replacement',
    },
  )
export type RegularizedEvolutionSettings = z.infer<typeof RegularizedEvolutionSettings>

// A type, not an interface: only types are assignable to Json.
export type RegularizedEvolutionState = {
  /** Positions in the history of the living, oldest first; at most `populationSize`. */
  readonly population: readonly number[]
}

/**
 * Ageing evolution: the best of a random sample is mutated, and for each child the oldest dies.
 *
 * @remarks
 * - The first `populationSize` trials are random draws from the space. A later trial is a mutation,
 *   and names its parent's trial.
 * - Age is the order of telling. A trial that failed counts as worse than any accuracy, but it is
 *   born, ages and dies like the others; it becomes a parent only when a tournament holds nothing
 *   better. Of equals, the first drawn wins.
 * - When trials overlap (a visibility window above 1), the tournament is held among those told so
 *   far: the population may be short by up to `window - 1` at first, and a trial asked for before
 *   anything was told is random. The number of random trials so stays `populationSize` whatever the
 *   window, unless the window exceeds it.
 * - Without replacement, a tournament holds at most the whole population.
 * - With `removal: worst` the child itself may be the one that leaves; of equally bad ones the
 *   oldest goes.
 * - The answer of the search is the best trial ever, not the best of the last population.
 *
 * @see Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search",
 * algorithm 1.
 */
export function regularizedEvolution(
  space: SearchSpace,
  settings: RegularizedEvolutionSettings,
): Optimizer<RegularizedEvolutionState> {
  const { populationSize, removal } = settings
  const parse = parsedTexts(space)
  return {
    name: 'regularized-evolution',
    init: () => ({ population: [] }),
    ask(state, { trial, random, history, fullFidelity }) {
      if (trial < populationSize || state.population.length === 0) {
        const architecture = space.format(space.sample(random))
        return [{ architecture, fidelity: fullFidelity, origin: 'random' }, state]
      }
      const parent = tournament(state.population, settings, history, random)
      const child = space.mutate(parse(parent.architecture), random)
      const proposal = {
        architecture: space.format(child),
        fidelity: fullFidelity,
        origin: 'mutation',
        parent: parent.trial,
      }
      return [proposal, state]
    },
    tell(state, _observation, history) {
      const born = [...state.population, history.length - 1]
      if (born.length <= populationSize) return { population: born }
      const leaving = removal === 'oldest' ? 0 : worst(born, history)
      return { population: born.toSpliced(leaving, 1) }
    },
  }
}

export const regularizedEvolutionEntry: OptimizerEntry<typeof RegularizedEvolutionSettings> = {
  name: 'regularized-evolution',
  summary: 'Ageing evolution: mutate the best of a random sample, let the oldest die',
  source:
    'Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search", algorithm 1',
  settings: RegularizedEvolutionSettings,
  create: regularizedEvolution,
}

/** The fittest of a random sample of the living; the population is not empty. */
function tournament(
  population: readonly number[],
  { sampleSize, replacement }: RegularizedEvolutionSettings,
  history: History,
  random: Random,
): Observation {
  const drawn = replacement
    ? Array.from({ length: sampleSize }, () => random.pick(population))
    : random
        .distinct(Math.min(sampleSize, population.length), population.length)
        .map((index) => population[index] as number)
  const rivals = drawn.map((position) => history.at(position))
  return rivals.reduce((best, rival) => (fitness(rival) > fitness(best) ? rival : best))
}

/** Index within the population of the least fit; of equals the oldest. */
function worst(population: readonly number[], history: History): number {
  const fitnesses = population.map((position) => fitness(history.at(position)))
  return fitnesses.indexOf(fitnesses.reduce((lowest, value) => Math.min(lowest, value)))
}

function fitness(observation: Observation): number {
  return observation.valAccuracy ?? Number.NEGATIVE_INFINITY
}
