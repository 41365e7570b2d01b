/** The kernels of a Parzen estimator: one an observation, and the prior's, last. */
import type { Random } from '#src/random/random.ts'

/** What a table holds of one dimension. */
export interface ObservedColumn {
  /** By row of the table: the place of a choice, or a number on the kernels' scale (`toScale`). */
  readonly values: Float64Array
  /** Positions of the observations by rising value; only numeric dimensions have it. */
  readonly order: Int32Array
}

/** The kernels of one dimension, or of some neighbouring ones; a point has all dimensions. */
export interface Kernel {
  /** Logarithm of the prior's density at a point. */
  logPrior(point: Float64Array): number
  /** No observation's density has a larger logarithm, wherever. */
  readonly logMost: number
  /**
   * Adds the logarithm of each observation's density at a point; those that come to less than `least`
   * need not be kept.
   */
  addLogDensity(point: Float64Array, sums: LogSums, least: number): void
  /** Draws from one kernel into the point. */
  sample(component: number, random: Random, point: Float64Array): void
  /** What of each kernel, before it is cut off, lies in the range; null where nothing is cut off. */
  readonly masses: Float64Array | null
}

/** Sums of logarithms for those observations that still count at a point. */
export interface LogSums {
  /** How many count; what stands behind them in the arrays means nothing. */
  length: number
  /** Positions of observations. */
  readonly members: Int32Array
  readonly logs: Float64Array
}

/** Index of a draw with chances in proportion to weights, which come to `total`. */
export function drawIndex(weights: ArrayLike<number>, total: number, random: Random): number {
  let rest = random.uniform() * total
  for (let index = 0; index < weights.length - 1; index++) {
    rest -= weights[index] as number
    if (rest < 0) return index
  }
  // Rounding can leave a rest that no weight takes: it belongs to the last.
  return weights.length - 1
}
