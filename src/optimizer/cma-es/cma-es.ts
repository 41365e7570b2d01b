import { z } from 'zod'
import { invariant } from '#src/errors.ts'
import { Random } from '#src/random/random.ts'
import type { ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import type { Optimizer, OptimizerEntry } from '../optimizer.ts'
import { unitCube } from './cube.ts'
import { Generations, type Search } from './generations.ts'
import { cmaStrategy } from './strategy.ts'

export const CmaEsSettings = z.strictObject({
  /** Points of a generation; null for 4 + floor(3 ln n) of n coordinates. */
  populationSize: z.int().min(4).max(10_000).nullable().default(null),
  /** Deviation of the first generation around the middle, as a share of each range; Optuna's choice. */
  startDeviation: z
    .number()
    .positive()
    .max(10)
    .default(1 / 6),
  /** Coordinates: one a parameter, or one a value of a categorical with three or more. */
  encoding: z.enum(['binned', 'one-hot']).default('binned'),
  /**
   * Whether no coordinate's deviation falls below half of what one of its values takes, so that the
   * search never stands still on a grid.
   */
  keepMoving: z.boolean().default(true),
  /** Draws of one ask until one is an architecture. */
  maxDraws: z.int().min(1).max(100_000).default(200),
})
export type CmaEsSettings = z.infer<typeof CmaEsSettings>

// A type, not an interface: only types are assignable to Json.
export type CmaEsState = {
  /** Names the streams of all points; drawn at the first ask. */
  readonly seed: string
  /** Trials asked for. */
  readonly asked: number
  /** From which trial on, and how many trials then were asked for and not told. */
  readonly lags: readonly (readonly [trial: number, lag: number])[]
}

/** A search that is up to date with a history and a state. */
interface Known {
  readonly generations: Generations
  readonly seed: string
  toldCount: number
  asked: number
}

/**
 * CMA-ES on the unit cube of the space's parameters.
 *
 * @remarks
 * - A generation's results move the distribution when the last of them is told. With trials under
 *   way, points that an earlier distribution made count in the generation in which they are told.
 * - A failed trial is the worst of its generation. Equal ones are ranked at random.
 * - Points outside the cube are drawn again, then cut off; points that are no architecture are drawn
 *   again, then the space's sampler answers, and that trial moves nothing.
 * - Distribution and points are a cache: the seed, and how far the history lagged, rebuild them.
 *
 * @see Hansen 2016, "The CMA Evolution Strategy: A Tutorial".
 */
export function cmaEs(space: SearchSpace, settings: CmaEsSettings): Optimizer<CmaEsState> {
  const parameters = parametersOf(space)
  const cube = unitCube(parameters.space, settings.encoding)
  const search: Search = {
    cube,
    strategy: cmaStrategy(cube.size, settings.populationSize),
    startDeviation: settings.startDeviation,
    leastDeviations: settings.keepMoving ? cube.halfBins : new Float64Array(cube.size),
    maxDraws: settings.maxDraws,
    isArchitecture: (point) => 'architecture' in parameters.decode(cube.decode(point)),
  }
  const caches = new WeakMap<History, Known>()

  /** Plays the asks that the state knows of and what the history tells, in the order of then. */
  function upToDate(history: History, state: CmaEsState): Generations {
    let known = caches.get(history)
    if (known === undefined || known.seed !== state.seed || known.asked > state.asked) {
      const generations = new Generations(search, state.seed)
      known = { generations, seed: state.seed, toldCount: 0, asked: 0 }
      caches.set(history, known)
    }
    for (; known.asked < state.asked; known.asked++) {
      tellUpTo(known, history, known.asked - lagAt(state.lags, known.asked))
      known.generations.draw(known.asked)
    }
    tellUpTo(known, history, history.length)
    return known.generations
  }

  return {
    name: 'cma-es',
    init: () => ({ seed: '', asked: 0, lags: [] }),
    ask(state, { trial, random, history, fullFidelity: fidelity }) {
      const seed = state.seed || String(random.uint32())
      const generations = upToDate(history, { ...state, seed })
      const point = generations.draw(trial)
      const known = caches.get(history)
      if (known) known.asked = trial + 1
      const next = { seed, asked: trial + 1, lags: withLag(state.lags, trial, history.length) }
      const decoded = point === null ? null : parameters.decode(cube.decode(point))
      if (decoded && 'architecture' in decoded) {
        const architecture = space.format(decoded.architecture)
        return [{ architecture, fidelity, origin: 'policy' }, next]
      }
      const fallback = space.format(space.sample(Random.named(seed, 'fallback', trial)))
      return [{ architecture: fallback, fidelity, origin: 'fallback' }, next]
    },
    tell: (state) => state,
  }
}

export const cmaEsEntry: OptimizerEntry<typeof CmaEsSettings> = {
  name: 'cma-es',
  summary: 'Adapts a normal distribution over the unit cube of the parameters',
  source: 'Hansen 2016, "The CMA Evolution Strategy: A Tutorial"; CyberAgentAILab/cmaes',
  settings: CmaEsSettings,
  misfit: (space) =>
    space.encodings.parameters
      ? null
      : 'needs a parameter encoding, which the space does not offer',
  create: cmaEs,
}

function tellUpTo(known: Known, history: History, count: number): void {
  for (; known.toldCount < count; known.toldCount++) {
    known.generations.tell(history.at(known.toldCount))
  }
}

function lagAt(lags: CmaEsState['lags'], trial: number): number {
  return lags.findLast(([from]) => from <= trial)?.[1] ?? 0
}

function withLag(lags: CmaEsState['lags'], trial: number, told: number): CmaEsState['lags'] {
  const lag = trial - told
  return lag === (lags.at(-1)?.[1] ?? 0) ? lags : [...lags, [trial, lag]]
}

function parametersOf({ name, encodings }: SearchSpace): ParameterEncoding<unknown> {
  const { parameters } = encodings
  invariant(
    parameters !== undefined,
    `The optimizer cma-es was made for the space ${name}, which has no parameter encoding; ask misfit first`,
  )
  return parameters
}
