/** What a Parzen estimator needs to know of one dimension: its values and its prior. */

/** Unordered values 0 to K - 1, and their prior probabilities. */
export interface CategoricalDimension {
  readonly kind: 'categorical'
  /** Positive, summing to 1. */
  readonly prior: readonly number[]
}

/**
 * Numbers from `low` to `high`, both included. Densities are those of the logarithm where `log` is
 * set; an integer has the mass of its bin, half a unit to either side.
 */
export interface NumericDimension {
  readonly kind: 'numeric'
  readonly low: number
  readonly high: number
  readonly log: boolean
  readonly isInteger: boolean
}

export type ParzenDimension = CategoricalDimension | NumericDimension

/** Half the width of a value's bin. */
export function halfBin({ isInteger }: NumericDimension): number {
  return isInteger ? 0.5 : 0
}

/** A value on the scale that kernels live on. */
export function toScale({ log }: NumericDimension, value: number): number {
  return log ? Math.log(value) : value
}

/** The inverse of `toScale`, rounded for integers and kept in the range. */
export function fromScale(dimension: NumericDimension, scaled: number): number {
  const value = dimension.log ? Math.exp(scaled) : scaled
  const rounded = dimension.isInteger ? Math.round(value) : value
  return Math.min(Math.max(rounded, dimension.low), dimension.high)
}

/** The ends of the scale: those of the outermost bins. */
export function scaleEnds(dimension: NumericDimension): readonly [number, number] {
  const half = halfBin(dimension)
  return [toScale(dimension, dimension.low - half), toScale(dimension, dimension.high + half)]
}
