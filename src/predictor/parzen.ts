/** Parzen estimators: a density from observations, a prior among its kernels. */
import type { Random } from '#src/random/random.ts'
import type { BandwidthRule } from './parzen-bandwidth.ts'
import type { CategoricalDimension, ParzenDimension } from './parzen-dimension.ts'
import {
  categoricalKernel,
  drawIndex,
  type Kernel,
  numericKernel,
  type ObservedColumn,
} from './parzen-kernel.ts'

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
  /** One a dimension, all of one length, which may be 0. */
  readonly columns: readonly ObservedColumn[]
  /** One an observation, positive. */
  readonly weights: Float64Array
}

export interface ParzenEstimator {
  /** One draw: a value a dimension. */
  sample(random: Random): Float64Array
  /** Logarithm of the density at a point; of the logarithm of a value where the dimension has it. */
  logDensity(point: Float64Array): number
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
    return countedChoices(first, data, rules.priorWeight)
  }
  const kernels = data.dimensions.map((dimension, index) => {
    const column = data.columns[index] ?? emptyColumn
    return dimension.kind === 'categorical'
      ? categoricalKernel(dimension, column, rules.priorWeight)
      : numericKernel(dimension, column, {
          rule: rules.bandwidth,
          dimensionCount: data.dimensions.length,
        })
  })
  return mixture(kernels, componentWeights(data.weights, kernels, rules))
}

/**
 * Weights of observations by age: the newest 25 have 1, the older ones rise evenly from 1 / n to 1.
 *
 * @param count - observations, in the order of time
 * @see hyperopt `tpe.py` linear_forgetting_weights.
 */
export function ageWeights(count: number): Float64Array {
  const weights = new Float64Array(count).fill(1)
  const old = count - youngCount
  for (let i = 0; i < old; i++) {
    weights[i] = old === 1 ? 1 / count : 1 / count + ((1 - 1 / count) * i) / (old - 1)
  }
  return weights
}

const youngCount = 25
const emptyColumn: ObservedColumn = { values: new Float64Array(0), order: new Int32Array(0) }

/** The prior comes last; normalized. */
function componentWeights(
  observed: Float64Array,
  kernels: readonly Kernel[],
  { priorWeight, truncation }: ParzenRules,
): Float64Array {
  const weights = new Float64Array(observed.length + 1)
  weights.set(observed)
  weights[observed.length] = priorWeight
  if (truncation === 'mixture') {
    for (const { masses } of kernels) {
      for (let i = 0; masses && i < weights.length; i++) {
        weights[i] = (weights[i] as number) * (masses[i] as number)
      }
    }
  }
  return normalized(weights)
}

function normalized(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

function mixture(kernels: readonly Kernel[], weights: Float64Array): ParzenEstimator {
  const logWeights = weights.map(Math.log)
  const logs = new Float64Array(weights.length)
  return {
    sample(random) {
      const component = drawIndex(weights, random)
      return Float64Array.from(kernels, (kernel) => kernel.sample(component, random))
    },
    logDensity(point) {
      logs.set(logWeights)
      for (const [index, kernel] of kernels.entries()) {
        kernel.addLogDensity(point[index] as number, logs)
      }
      return logSum(logs)
    },
  }
}

/** Components below this logarithm of a share of the largest are lost in a double. */
const negligible = -40

function logSum(logs: Float64Array): number {
  let largest = -Infinity
  for (let i = 0; i < logs.length; i++) largest = Math.max(largest, logs[i] as number)
  let sum = 0
  for (let i = 0; i < logs.length; i++) {
    const below = (logs[i] as number) - largest
    if (below > negligible) sum += Math.exp(below)
  }
  return largest + Math.log(sum)
}

/** @see hyperopt `tpe.py` ap_categorical_sampler. */
function countedChoices(
  { prior }: CategoricalDimension,
  { columns, weights }: ParzenData,
  priorWeight: number,
): ParzenEstimator {
  const counts = Float64Array.from(prior, (share) => prior.length * priorWeight * share)
  const values = columns[0]?.values ?? emptyColumn.values
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    counts[value] = (counts[value] as number) + (weights[i] as number)
  }
  const probabilities = normalized(counts)
  return {
    sample: (random) => Float64Array.of(drawIndex(probabilities, random)),
    logDensity: ([value = NaN]) => Math.log(probabilities[value] ?? 0),
  }
}
