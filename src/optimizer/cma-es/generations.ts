import { Random } from '#src/random/random.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { Cube } from './cube.ts'
import {
  type Distribution,
  drawPoint,
  firstDistribution,
  nextDistribution,
} from './distribution.ts'
import type { Strategy } from './strategy.ts'

/** What a point is drawn for, and whether it stands for an architecture. */
export interface Search {
  readonly cube: Cube
  readonly strategy: Strategy
  readonly startDeviation: number
  readonly leastDeviations: Float64Array
  readonly maxDraws: number
  isArchitecture(point: Float64Array): boolean
}

/** How often a point outside the cube is drawn again before it is cut off at the faces. */
const boundTries = 100

/**
 * Distributions and points of a search, rebuilt from its seed: every point has a stream of its own,
 * named by its trial, and follows from the distribution that was there when it was asked for.
 */
export class Generations {
  readonly #search: Search
  readonly #seed: string
  readonly #points = new Map<number, Float64Array | null>()
  #told: (readonly [Float64Array, number])[] = []
  #now: Distribution

  constructor(search: Search, seed: string) {
    this.#search = search
    this.#seed = seed
    this.#now = firstDistribution(
      new Float64Array(search.cube.size).fill(0.5),
      search.startDeviation,
    )
  }

  get distribution(): Distribution {
    return this.#now
  }

  /** The point of a trial that is asked for now; null where none of many stands for an architecture. */
  draw(trial: number): Float64Array | null {
    const known = this.#points.get(trial)
    if (known !== undefined) return known
    const random = Random.named(this.#seed, 'point', trial)
    let point: Float64Array | null = null
    for (let draw = 0; draw < this.#search.maxDraws && point === null; draw++) {
      const drawn = this.#inCube(random)
      if (this.#search.isArchitecture(drawn)) point = drawn
    }
    this.#points.set(trial, point)
    return point
  }

  /** Takes a result; a whole generation of them moves the distribution. A fallback's counts for nothing. */
  tell({ trial, valAccuracy }: Observation): void {
    const point = this.#points.get(trial)
    this.#points.delete(trial)
    if (!point) return
    this.#told.push([point, valAccuracy ?? Number.NEGATIVE_INFINITY])
    const { strategy, leastDeviations } = this.#search
    if (this.#told.length < strategy.populationSize) return
    // Shuffled before a stable sort: equal ones are in random order.
    const ranked = Random.named(this.#seed, 'ties', this.#now.generation)
      .shuffle(this.#told)
      .sort(([, one], [, other]) => (one === other ? 0 : other - one))
      .map(([ranked]) => ranked)
    this.#now = nextDistribution(strategy, this.#now, ranked, leastDeviations)
    this.#told = []
  }

  #inCube(random: Random): Float64Array {
    for (let draw = 0; draw < boundTries; draw++) {
      const point = drawPoint(this.#now, random)
      if (point.every((x) => x >= 0 && x <= 1)) return point
    }
    return drawPoint(this.#now, random).map((x) => Math.min(Math.max(x, 0), 1))
  }
}
