/** Parzen estimators: a density from observations, a prior among its kernels. */
import type { Random } from '#src/random/random.ts'
import type { BandwidthRule } from './parzen-bandwidth.ts'
import type { CategoricalDimension, ParzenDimension } from './parzen-dimension.ts'
import { drawIndex, type Kernel, type ObservedColumn } from './parzen-kernel.ts'
import { MixedMixture, ProductMixture } from './parzen-mixture.ts'
import { type NumericKernel, numericKernel } from './parzen-normals.ts'
import { type CategoricalColumn, groupColumns, RowKernel } from './parzen-rows.ts'

export interface ParzenRules {
  /** Weight of the prior beside a young observation's 1; above 0. */
  readonly priorWeight: number
  readonly bandwidth: BandwidthRule
  /**
   * What is drawn outside the range: each `component` is cut off by itself (Optuna), or the
   * `mixture` as a whole, so that a kernel at an end loses weight (hyperopt).
   */
  readonly truncation: 'component' | 'mixture'
  /**
   * A categorical dimension by itself: `counts` of its values, the prior giving each choice
   * `priorWeight` (hyperopt), or a mixture of `rows` as in several dimensions (Optuna).
   */
  readonly categorical: 'counts' | 'rows'
}

export interface ParzenData {
  readonly dimensions: readonly ParzenDimension[]
  /** A table's, one a dimension. */
  readonly columns: readonly ObservedColumn[]
  /** The table's rows that are observations, in the order of time; may be none. */
  readonly rows: Int32Array
  /** One an observation, positive and at most 1, then the prior's. */
  readonly weights: Float64Array
}

export interface ParzenEstimator {
  /** One draw: a value a dimension. */
  sample(random: Random): Float64Array
  /**
   * Logarithm of the density at a point; of the logarithm of a value where the dimension has it.
   *
   * @param enough - a density that is surely larger may come out as infinity, which is sooner known;
   *   infinity unless given
   */
  logDensity(point: Float64Array, enough?: number): number
}

/**
 * The joint density of all dimensions: a mixture of products, one component an observation and the
 * prior.
 *
 * @see Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4;
 *   Watanabe 2023, "Tree-Structured Parzen Estimator: Understanding Its Algorithm Components".
 */
export function fitParzen(data: ParzenData, rules: ParzenRules): ParzenEstimator {
  const [first, ...others] = data.dimensions
  if (first?.kind === 'categorical' && others.length === 0 && rules.categorical === 'counts') {
    return new CountedChoices(first, data, rules.priorWeight)
  }
  const rows = rowKernels(data, rules.priorWeight)
  const numeric = numericKernels(data, rules.bandwidth)
  const weights = componentWeights(data.weights, numeric, rules)
  return numeric.length === 0 && areRatiosFinite(data.dimensions)
    ? new ProductMixture(rows, weights, data.dimensions.length)
    : new MixedMixture(numeric, rows, weights, data.dimensions.length)
}

function rowKernels({ dimensions, columns, rows }: ParzenData, priorWeight: number): RowKernel[] {
  const categorical: CategoricalColumn[] = []
  for (const [place, dimension] of dimensions.entries()) {
    if (dimension.kind !== 'categorical') continue
    categorical.push({ dimension, column: columns[place] ?? emptyColumn, place })
  }
  const kernels: RowKernel[] = []
  for (const group of groupColumns(categorical, rows.length)) {
    kernels.push(new RowKernel(group, rows, priorWeight))
  }
  return kernels
}

function numericKernels(
  { dimensions, columns, rows }: ParzenData,
  rule: BandwidthRule,
): NumericKernel[] {
  const kernels: NumericKernel[] = []
  for (const [place, dimension] of dimensions.entries()) {
    if (dimension.kind === 'categorical') continue
    const settings = { rule, dimensionCount: dimensions.length, place, rows }
    kernels.push(numericKernel(dimension, columns[place] ?? emptyColumn, settings))
  }
  return kernels
}

/** Whether the product of all ratios to the prior is a number, with room for many observations. */
function areRatiosFinite(dimensions: readonly ParzenDimension[]): boolean {
  let largest = 1
  for (const dimension of dimensions) {
    if (dimension.kind !== 'categorical') continue
    let least = 1
    for (let value = 0; value < dimension.prior.length; value++) {
      least = Math.min(least, dimension.prior[value] as number)
    }
    largest /= least
  }
  return largest < 1e260
}

/**
 * Weights of observations by age, then the prior's: the newest 25 have 1, the older ones rise evenly
 * from 1 / n to 1.
 *
 * @param count - observations, in the order of time
 * @see hyperopt `tpe.py` linear_forgetting_weights.
 */
export function ageWeights(count: number, priorWeight: number): Float64Array {
  const weights = new Float64Array(count + 1).fill(1)
  weights[count] = priorWeight
  const old = count - youngCount
  const step = old > 1 ? (1 - 1 / count) / (old - 1) : 0
  for (let i = 0; i < old; i++) weights[i] = 1 / count + step * i
  return weights
}

const youngCount = 25
const emptyColumn: ObservedColumn = { values: new Float64Array(0), order: new Int32Array(0) }

/** By kernel, the prior last: what is drawn outside the range may take from a kernel's weight. */
function componentWeights(
  weights: Float64Array,
  kernels: readonly Kernel[],
  { truncation }: ParzenRules,
): Float64Array {
  if (truncation === 'component' || kernels.length === 0) return weights
  const left = weights.slice()
  for (const { masses } of kernels) {
    for (let i = 0; masses && i < left.length; i++) {
      left[i] = (left[i] as number) * (masses[i] as number)
    }
  }
  return left
}

/** @see hyperopt `tpe.py` ap_categorical_sampler. */
class CountedChoices implements ParzenEstimator {
  readonly #probabilities: Float64Array

  constructor(
    { prior }: CategoricalDimension,
    { columns, rows, weights }: ParzenData,
    priorWeight: number,
  ) {
    const counts = Float64Array.from(prior, (share) => prior.length * priorWeight * share)
    const { values } = columns[0] ?? emptyColumn
    for (let i = 0; i < rows.length; i++) {
      const value = values[rows[i] as number] as number
      counts[value] = (counts[value] as number) + (weights[i] as number)
    }
    let total = 0
    for (let i = 0; i < counts.length; i++) total += counts[i] as number
    this.#probabilities = counts.map((value) => value / total)
  }

  sample(random: Random): Float64Array {
    return Float64Array.of(drawIndex(this.#probabilities, 1, random))
  }

  logDensity([value = NaN]: Float64Array): number {
    return Math.log(this.#probabilities[value] ?? 0)
  }
}
