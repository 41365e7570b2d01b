import { z } from 'zod'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { crowdingDistances, nondominatedFronts } from '#src/stats/nondominated.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'
import { parsedTexts } from './remembered-texts.ts'
import { seenForms } from './seen-forms.ts'
import { populationAfter } from './trial-generations.ts'

const objectives = ['valError', 'parameterCount', 'costSeconds'] as const
type Objective = (typeof objectives)[number]

export const NsgaIISettings = z.strictObject({
  /** What is minimized: 1 - validation accuracy, parameters, seconds of evaluation. */
  objectives: z
    .array(z.enum(objectives))
    .min(1)
    .refine((listed) => new Set(listed).size === listed.length, {
      message: 'must list each objective once',
    })
    .default(['valError', 'parameterCount']),
  /** N. Source: Optuna `NSGAIISampler`. */
  populationSize: z.int().min(2).max(10_000).default(50),
  /** Probability that a child has two parents. Source: Deb et al. 2002, section IV. */
  crossoverProbability: z.number().min(0).max(1).default(0.9),
  /**
   * Probability that a child gets one of the space's random changes. The default is the share of
   * children that a rate of 1/n in each of n variables changes anywhere, 1 - 1/e.
   */
  mutationProbability: z.number().min(0).max(1).default(0.632),
  /** Whether a child is thrown away whose network was proposed before; false in the source. */
  unique: z.boolean().default(true),
  /** Networks of one ask before a repeat is accepted, fewer after repeats; only used with `unique`. */
  maxDraws: z.int().min(1).max(100_000).default(100),
})
export type NsgaIISettings = z.infer<typeof NsgaIISettings>

/** Children of one ask before the last of them is changed further. */
const freshMax = 10

/** A trial, and the network that it evaluated. */
export interface Individual {
  readonly observation: Observation
  readonly form: string
}

/** One that survived, with its standing among those it survived with. */
export interface Survivor extends Individual {
  /** Its front: 0 is not dominated. */
  readonly rank: number
  /** Room around it in its front. */
  readonly crowding: number
}

/**
 * Evolution towards the whole trade-off between objectives: parents and children together are sorted
 * into fronts that nothing dominates, and the first ones survive, the last of them where it is least
 * crowded.
 *
 * @remarks
 * - The first `populationSize` trials are random draws from the space. A child comes from one or two
 *   parents, each the better of two drawn uniformly: by front, then by crowding distance.
 * - With `unique`, a child whose network the history holds, or that is under way, is thrown away. From
 *   the tenth on it is kept and gets one more of the space's random changes, again and again: it walks
 *   out of what is known. After `maxDraws` networks the last is proposed with the origin `fallback`;
 *   after n such repeats in a row, told, an ask has `maxDraws / (1 + n)`, at least 1.
 * - A failed trial, and a number that the evaluator does not give, is infinitely bad: a trial without
 *   any of the objectives is dominated by all others.
 * - Generation-synchronous by trial numbers: a trial sees the last generation that is told in full,
 *   and is random while there is none.
 *
 * @see Deb, Pratap, Agarwal and Meyarivan 2002, "A Fast and Elitist Multiobjective Genetic Algorithm:
 *   NSGA-II", section III.
 */
export function nsgaII(space: SearchSpace, settings: NsgaIISettings): Optimizer {
  const { populationSize, unique, maxDraws } = settings
  const seen = seenForms(space)
  const parse = parsedTexts(space)
  const sizes = { first: populationSize, later: populationSize }
  const populationOf = populationAfter<readonly Survivor[]>(sizes, (parents, children) =>
    survivors([...(parents ?? []), ...named(children, parents ?? [], seen.formOf)], settings),
  )
  return {
    name: 'nsga-ii',
    init: () => ({}),
    ask(state, { random, history, pending, fullFidelity }) {
      const population = populationOf(history)
      const draw = () => drawChild(space, population, settings, { random, parse })
      let child = draw()
      let text = space.format(child.architecture)
      let origin = child.origin
      if (unique) {
        const isNew = seen.newIn(history, pending)
        const isRepeat = () => !isNew(seen.formOf(text, child.architecture))
        const draws = seen.draws(history, maxDraws)
        for (let count = 1; count < draws && isRepeat(); count++) {
          const isWalking = population !== null && count >= freshMax
          child = isWalking ? changed(space, child, random) : draw()
          text = space.format(child.architecture)
        }
        origin = isRepeat() ? 'fallback' : child.origin
      }
      const { architecture: _, ...reason } = child
      return [{ architecture: text, fidelity: fullFidelity, ...reason, origin }, state]
    },
    tell: (state) => state,
  }
}

export const nsgaIIEntry: OptimizerEntry<typeof NsgaIISettings> = {
  name: 'nsga-ii',
  summary: 'Evolves the trade-off between error, size and cost, by fronts and crowding',
  source:
    'Deb, Pratap, Agarwal and Meyarivan 2002, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", section III',
  settings: NsgaIISettings,
  create: nsgaII,
}

/** Fills the next population front by front; of the last one, those with most room around them. */
export function survivors(
  individuals: readonly Individual[],
  { objectives: asked, populationSize }: Pick<NsgaIISettings, 'objectives' | 'populationSize'>,
): readonly Survivor[] {
  const points = individuals.map(({ observation }) =>
    asked.map((objective) => objectiveOf(observation, objective)),
  )
  const chosen: Survivor[] = []
  for (const [rank, front] of nondominatedFronts(points).entries()) {
    const distances = crowdingDistances(front.map((position) => points[position] ?? []))
    const ranked = front.flatMap((position, index): Survivor[] => {
      const individual = individuals[position]
      if (individual === undefined) return []
      const { observation, form } = individual
      return [{ observation, form, rank, crowding: distances[index] ?? 0 }]
    })
    const room = populationSize - chosen.length
    // The sort is stable: of equally crowded ones the earlier stay.
    chosen.push(...ranked.toSorted((one, two) => descending(one, two)).slice(0, room))
    if (chosen.length === populationSize) break
  }
  return chosen
}

function descending(one: Survivor, two: Survivor): number {
  // Two infinite distances have no difference.
  return one.crowding === two.crowding ? 0 : two.crowding - one.crowding
}

function objectiveOf(
  { valAccuracy, parameterCount, costSeconds }: Observation,
  objective: Objective,
): number {
  if (valAccuracy === null) return Number.POSITIVE_INFINITY
  if (objective === 'valError') return 1 - valAccuracy
  return (objective === 'costSeconds' ? costSeconds : parameterCount) ?? Number.POSITIVE_INFINITY
}

/** The first of each network that no parent is. */
function named(
  children: readonly Observation[],
  parents: readonly Individual[],
  formOf: (architecture: string) => string,
): readonly Individual[] {
  const forms = new Set(parents.map(({ form }) => form))
  return children.flatMap((observation) => {
    const form = formOf(observation.architecture)
    if (forms.has(form)) return []
    forms.add(form)
    return [{ observation, form }]
  })
}

interface Child {
  readonly architecture: unknown
  readonly origin: string
  readonly parent?: number
}

/** Of one or two parents; a random one while there is no population. */
function drawChild(
  space: SearchSpace,
  population: readonly Survivor[] | null,
  { crossoverProbability, mutationProbability }: NsgaIISettings,
  { random, parse }: { readonly random: Random; readonly parse: (text: string) => unknown },
): Child {
  if (population === null) return { architecture: space.sample(random), origin: 'random' }
  const { observation } = winner(population, random)
  const isCrossed = random.bernoulli(crossoverProbability)
  const first = parse(observation.architecture)
  const crossed = isCrossed
    ? space.crossover(first, parse(winner(population, random).observation.architecture), random)
    : first
  const isMutated = random.bernoulli(mutationProbability)
  return {
    architecture: isMutated ? space.mutate(crossed, random) : crossed,
    origin: isCrossed ? 'crossover' : 'mutation',
    parent: observation.trial,
  }
}

/** A child with one more of the space's random changes. */
function changed(space: SearchSpace, child: Child, random: Random): Child {
  return { ...child, architecture: space.mutate(child.architecture, random) }
}

/** The better of two, drawn with replacement; of equals the first. */
function winner(population: readonly Survivor[], random: Random): Survivor {
  const [one, two] = [random.pick(population), random.pick(population)]
  if (two.rank !== one.rank) return two.rank < one.rank ? two : one
  return two.crowding > one.crowding ? two : one
}
