import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'

export const LargeScaleEvolutionSettings = z.strictObject({
  /** P; the source has 1,000 for 250 workers. */
  populationSize: z.int().min(2).max(2000).default(100),
  /** What the population begins with: the space's `smallest` networks where it has them, or `random` ones. */
  start: z.enum(['smallest', 'random']).default('smallest'),
  /** Kinds of change to draw from, by the space's names; null for all it has. */
  mutations: z.array(z.string()).min(1).nullable().default(null),
})
export type LargeScaleEvolutionSettings = z.infer<typeof LargeScaleEvolutionSettings>

// A type, not an interface: only types are assignable to Json.
export type LargeScaleEvolutionState = {
  /** Positions in the history of the living, oldest first. */
  readonly population: readonly number[]
}

/**
 * Evolution by pairs, without generations: of two individuals the worse dies, and the better has a child.
 *
 * @remarks
 * - The first `populationSize` trials are the start. Each later ask draws two different individuals,
 *   kills the worse at once and proposes a change of the better; the child joins when it is told. So
 *   the population is short by the trials under way, and the best never dies.
 * - The kind of change is uniform among those named; one that is not possible is drawn again, and where
 *   none is, or the space names none, the space's `mutate` makes the child.
 * - A failed trial is worse than any accuracy. Of equals the first drawn lives.
 * - While fewer than two are alive, because that many trials are under way, trials are as at the start.
 * - Every child is trained from scratch: weights are not inherited.
 *
 * @see Real et al. 2017, "Large-Scale Evolution of Image Classifiers", sections 3.1 and 3.2.
 */
export function largeScaleEvolution(
  space: SearchSpace,
  settings: LargeScaleEvolutionSettings,
): Optimizer<LargeScaleEvolutionState> {
  const { populationSize, start } = settings
  const kinds = changeKinds(space, settings)
  const begin = (random: Random) =>
    start === 'smallest' && space.smallest
      ? { architecture: space.format(space.smallest(random)), origin: 'smallest' }
      : { architecture: space.format(space.sample(random)), origin: 'random' }
  return {
    name: 'large-scale-evolution',
    init: () => ({ population: [] }),
    ask(state, { trial, random, history, fullFidelity }) {
      if (trial < populationSize || state.population.length < 2) {
        return [{ ...begin(random), fidelity: fullFidelity }, state]
      }
      const { parent, population } = compete(state.population, history, random)
      const child = mutate(space, kinds, space.parse(parent.architecture), random)
      const proposal = {
        architecture: space.format(child),
        fidelity: fullFidelity,
        origin: 'mutation',
        parent: parent.trial,
      }
      return [proposal, { population }]
    },
    tell: ({ population }, _observation, history) => ({
      population: [...population, history.length - 1],
    }),
  }
}

export const largeScaleEvolutionEntry: OptimizerEntry<typeof LargeScaleEvolutionSettings> = {
  name: 'large-scale-evolution',
  summary: 'Of two individuals the worse dies and the better has a child, from small networks on',
  source: 'Real et al. 2017, "Large-Scale Evolution of Image Classifiers", section 3',
  settings: LargeScaleEvolutionSettings,
  create: largeScaleEvolution,
}

/** The better of two, and the living without the worse. */
function compete(population: readonly number[], history: History, random: Random) {
  const [one = 0, two = 1] = random.distinct(2, population.length)
  const first = history.at(population[one] ?? 0)
  const second = history.at(population[two] ?? 0)
  return fitness(second) > fitness(first)
    ? { parent: second, population: population.toSpliced(one, 1) }
    : { parent: first, population: population.toSpliced(two, 1) }
}

function fitness({ valAccuracy }: Observation): number {
  return valAccuracy ?? Number.NEGATIVE_INFINITY
}

/** One change of a kind drawn uniformly among those that are possible. */
function mutate(
  space: SearchSpace,
  kinds: readonly string[],
  architecture: unknown,
  random: Random,
): unknown {
  for (const kind of random.shuffle(kinds)) {
    const child = space.change?.(kind, architecture, random) ?? null
    if (child !== null) return child
  }
  return space.mutate(architecture, random)
}

function changeKinds(
  space: SearchSpace,
  { mutations }: LargeScaleEvolutionSettings,
): readonly string[] {
  const offered = space.changeKinds ?? []
  const unknown = mutations?.find((kind) => !offered.includes(kind))
  if (unknown === undefined) return mutations ?? offered
  const known = offered.length === 0 ? 'no kinds of change' : `the kinds ${offered.join(', ')}`
  throw new ArchloomError(
    'config/incompatible',
    `The optimizer's mutations name ${JSON.stringify(unknown)}, but the space ${space.name} has ${known}; name one of them, or set mutations to null`,
    { details: { place: 'optimizer.mutations', space: space.name, found: unknown } },
  )
}
