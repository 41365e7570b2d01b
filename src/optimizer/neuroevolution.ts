import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'
import { parsedTexts } from './remembered-texts.ts'
import { populationAfter } from './trial-generations.ts'

export const NeuroevolutionSettings = z
  .strictObject({
    /** N; no single source: 20 to 50 are usual. */
    populationSize: z.int().min(2).max(100_000).default(30),
    /** E: the best of a generation, which live on without being trained again. */
    eliteCount: z.int().min(0).max(100_000).default(1),
    /** What generation 0 is drawn from: the whole space, or the `smallest` networks alone. */
    start: z.enum(['random', 'smallest']).default('random'),
  })
  .refine(({ populationSize, eliteCount }) => eliteCount < populationSize, {
    path: ['eliteCount'],
    message: 'must be below populationSize, so that there are children',
  })
export type NeuroevolutionSettings = z.infer<typeof NeuroevolutionSettings>

/**
 * What the weight of the worst is, as a share of the range of accuracies, where accuracies below zero
 * are shifted above it.
 */
const shiftShare = 1e-6

/**
 * Evolution as in the 1990s: parents are drawn in proportion to their accuracy, each child is one
 * change of its parent, and the best live on.
 *
 * @remarks
 * - Generation 0 has `populationSize` trials, each later one `populationSize - eliteCount`; with its
 *   elite, the best of the population before it, it is the next population.
 * - Which change a child gets is the space's matter. Those of `chain` are the classic ones: a random
 *   layer is added anywhere, one is changed, or one is removed, each legal one equally likely.
 * - A failed trial has fitness 0 and is never a parent; when all have, a child is random, with the
 *   origin `fallback`. Where accuracies lie below zero, all are shifted so that the lowest is just
 *   above it.
 * - Generation-synchronous by trial numbers: a child's parent is of the last population that is told
 *   in full. With a visibility window of W that is, for the first W - 1 children of a generation, the
 *   one before the last; the trials before there is a population are as in generation 0.
 *
 * @see Yao 1999, "Evolving Artificial Neural Networks", sections II and III (the scheme); Goldberg 1989,
 *   "Genetic Algorithms in Search, Optimization and Machine Learning", chapter 1 (roulette wheel).
 */
export function neuroevolution(space: SearchSpace, settings: NeuroevolutionSettings): Optimizer {
  const { populationSize, eliteCount, start } = settings
  const draw = start === 'smallest' ? smallestOf(space) : space.sample
  const sizes = { first: populationSize, later: populationSize - eliteCount }
  const parse = parsedTexts(space)
  const populationOf = populationAfter<Population>(sizes, (before, children) => {
    const members = [...elite(before?.members ?? [], eliteCount), ...children]
    return { members, weights: selectionWeights(members.map(({ valAccuracy }) => valAccuracy)) }
  })
  return {
    name: 'neuroevolution',
    init: () => ({}),
    ask(state, { random, history, fullFidelity }) {
      const population = populationOf(history)
      const parent = population === null ? null : drawParent(population, random)
      if (parent === null) {
        const architecture = space.format(draw(random))
        const origin = population === null ? start : 'fallback'
        return [{ architecture, fidelity: fullFidelity, origin }, state]
      }
      const child = space.mutate(parse(parent.architecture), random)
      const proposal = {
        architecture: space.format(child),
        fidelity: fullFidelity,
        origin: 'mutation',
        parent: parent.trial,
      }
      return [proposal, state]
    },
    tell: (state) => state,
  }
}

export const neuroevolutionEntry: OptimizerEntry<typeof NeuroevolutionSettings> = {
  name: 'neuroevolution',
  summary: 'Draws parents in proportion to their accuracy, generation by generation',
  source: 'Yao 1999, "Evolving Artificial Neural Networks", sections II and III',
  settings: NeuroevolutionSettings,
  create: neuroevolution,
}

interface Population {
  readonly members: readonly Observation[]
  readonly weights: readonly number[]
}

/** The best, of equals the earliest. */
export function elite(members: readonly Observation[], count: number): readonly Observation[] {
  const fitness = ({ valAccuracy }: Observation) => valAccuracy ?? Number.NEGATIVE_INFINITY
  return members
    .toSorted((one, two) => Math.sign(fitness(two) - fitness(one)) || one.trial - two.trial)
    .slice(0, count)
}

/**
 * What parents are drawn in proportion to: the accuracy; zero for a failed trial, null.
 */
export function selectionWeights(accuracies: readonly (number | null)[]): readonly number[] {
  const known = accuracies.filter((accuracy) => accuracy !== null)
  const lowest = Math.min(...known)
  const range = Math.max(...known) - lowest
  const shift = lowest < 0 ? (range || 1) * shiftShare - lowest : 0
  return accuracies.map((accuracy) => (accuracy === null ? 0 : accuracy + shift))
}

/**
 * The position at a share of the cumulative weight; null when all weights are zero.
 *
 * @param share - uniform on [0, 1)
 */
export function rouletteWheel(weights: readonly number[], share: number): number | null {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total === 0) return null
  let rest = share * total
  const index = weights.findIndex((weight) => {
    rest -= weight
    return rest < 0
  })
  // Rounding can leave a rest that no weight takes: it belongs to the last that has any.
  return index < 0 ? weights.findLastIndex((weight) => weight > 0) : index
}

function drawParent({ members, weights }: Population, random: Random): Observation | null {
  const index = rouletteWheel(weights, random.uniform())
  return index === null ? null : (members[index] ?? null)
}

function smallestOf(space: SearchSpace): (random: Random) => unknown {
  const { smallest } = space
  if (smallest) return smallest
  throw new ArchloomError(
    'config/incompatible',
    `The optimizer's start is "smallest", but the space ${space.name} says of no architecture that it is among the smallest; set start to random, or search chain or multi-branch`,
    { details: { place: 'optimizer.start', space: space.name } },
  )
}
