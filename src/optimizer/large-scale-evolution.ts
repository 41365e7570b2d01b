import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'
import { parsedTexts } from './remembered-texts.ts'

export const LargeScaleEvolutionSettings = z.strictObject({
  /** P; the source has 1,000 for 250 workers. */
  populationSize: z.int().min(2).max(2000).default(100),
  /** What the population begins with: the space's `smallest` networks where it has them, or `random` ones. */
  start: z.enum(['smallest', 'random']).default('smallest'),
  /**
   * Kinds of change to draw from, by the space's names, `identity` and `reset-weights`; null for all
   * there are.
   */
  mutations: z.array(z.string()).min(1).nullable().default(null),
  /** Whether a child starts from its parent's weights, where the evaluator can hand them on. */
  inheritWeights: z.boolean().default(true),
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
 * - A child starts from the weights of its parent, where the run can hand them on and the parent has
 *   any. Two more kinds of change make sense then: `identity` trains the parent on, `reset-weights`
 *   trains it anew. Elsewhere they are not possible.
 *
 * @see Real et al. 2017, "Large-Scale Evolution of Image Classifiers", sections 3.1 to 3.3.
 */
export function largeScaleEvolution(
  space: SearchSpace,
  settings: LargeScaleEvolutionSettings,
): Optimizer<LargeScaleEvolutionState> {
  const { populationSize, start, inheritWeights } = settings
  const kinds = changeKinds(space, settings)
  const parse = parsedTexts(space)
  const begin = (random: Random) =>
    start === 'smallest' && space.smallest
      ? { architecture: space.format(space.smallest(random)), origin: 'smallest' }
      : { architecture: space.format(space.sample(random)), origin: 'random' }
  return {
    name: 'large-scale-evolution',
    init: () => ({ population: [] }),
    ask(state, { trial, random, history, fullFidelity, inheritsWeights = false }) {
      if (trial < populationSize || state.population.length < 2) {
        return [{ ...begin(random), fidelity: fullFidelity }, state]
      }
      const { parent, population } = compete(state.population, history, random)
      const isHeir = inheritWeights && inheritsWeights && parent.valAccuracy !== null
      const child = makeChild(space, isHeir ? kinds : withoutWeights(kinds), {
        parent,
        parse,
        random,
      })
      const { startsAnew, ...made } = child
      const proposal = {
        ...made,
        fidelity: fullFidelity,
        parent: parent.trial,
        ...(isHeir && !startsAnew && { weightsFrom: parent.trial }),
      }
      return [proposal, { population }]
    },
    tell: ({ population }, _observation, history) => ({
      population: [...population, history.length - 1],
    }),
    ...(inheritWeights && {
      weightSources: ({ population }: LargeScaleEvolutionState, history: History) =>
        population.flatMap((position) => {
          const { trial, valAccuracy } = history.at(position)
          return valAccuracy === null ? [] : [trial]
        }),
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

/** Changes of the weights alone. */
const weightKinds: readonly string[] = ['identity', 'reset-weights']

function withoutWeights(kinds: readonly string[]): readonly string[] {
  return kinds.filter((kind) => !weightKinds.includes(kind))
}

interface Child {
  readonly architecture: string
  readonly origin: string
  /** Whether it takes no weights although it could. */
  readonly startsAnew: boolean
}

interface Conception {
  readonly parent: Observation
  readonly parse: (text: string) => unknown
  readonly random: Random
}

/** One change of a kind drawn uniformly among those that are possible. */
function makeChild(
  space: SearchSpace,
  kinds: readonly string[],
  { parent, parse, random }: Conception,
): Child {
  const before = parse(parent.architecture)
  for (const kind of random.shuffle(kinds)) {
    if (weightKinds.includes(kind)) {
      const { architecture } = parent
      return { architecture, origin: kind, startsAnew: kind === 'reset-weights' }
    }
    const child = space.change?.(kind, before, random) ?? null
    if (child !== null) return mutation(space.format(child))
  }
  return mutation(space.format(space.mutate(before, random)))
}

function mutation(architecture: string): Child {
  return { architecture, origin: 'mutation', startsAnew: false }
}

function changeKinds(
  space: SearchSpace,
  { mutations }: LargeScaleEvolutionSettings,
): readonly string[] {
  const offered = space.changeKinds ?? []
  const all = [...offered, ...weightKinds]
  const unknown = mutations?.find((kind) => !all.includes(kind))
  // A space without kinds has its own mutation alone: beside one kind, two of weights would be too many.
  if (unknown === undefined) return mutations ?? (offered.length === 0 ? [] : all)
  const known = offered.length === 0 ? 'no kinds of change' : `the kinds ${offered.join(', ')}`
  throw new ArchloomError(
    'config/incompatible',
    `The optimizer's mutations name ${JSON.stringify(unknown)}, but the space ${space.name} has ${known}; name one of them, or set mutations to null`,
    { details: { place: 'optimizer.mutations', space: space.name, found: unknown } },
  )
}
