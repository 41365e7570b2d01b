/** The kernels of one dimension of a Parzen estimator: one an observation, and the prior's, last. */
import { normalCdf, normalLogMass, truncatedNormalQuantile } from '#src/numeric/normal.ts'
import type { Random } from '#src/random/random.ts'
import { type BandwidthRule, bandwidths } from './parzen-bandwidth.ts'
import {
  type CategoricalDimension,
  fromScale,
  halfBin,
  type NumericDimension,
  scaleEnds,
  toScale,
} from './parzen-dimension.ts'

/** Values observed in one dimension. */
export interface ObservedColumn {
  /** In the order of time. */
  readonly values: Float64Array
  /** Positions in `values` by rising value; only numeric dimensions have it. */
  readonly order: Int32Array
}

export interface Kernel {
  /** Adds the logarithm of every kernel's density at a value to what is there. */
  addLogDensity(value: number, into: Float64Array): void
  sample(component: number, random: Random): number
  /** What of each kernel, before it is cut off, lies in the range; null where nothing is cut off. */
  readonly masses: Float64Array | null
}

/**
 * A row of probabilities for each observation: its own value has 1 more than the prior's share.
 *
 * @see Optuna `samplers/_tpe/parzen_estimator.py` _calculate_categorical_distributions; weighted
 *   choices as in hyperopt.
 */
export function categoricalKernel(
  { prior }: CategoricalDimension,
  { values }: ObservedColumn,
  priorWeight: number,
): Kernel {
  const count = values.length
  const size = prior.length
  const share = (size * priorWeight) / (count + 1)
  const rowProbability = (choice: number, isObserved: boolean) =>
    ((prior[choice] as number) * share + (isObserved ? 1 : 0)) / (1 + share)
  const logHit = prior.map((_, choice) => Math.log(rowProbability(choice, true)))
  const logMiss = prior.map((_, choice) => Math.log(rowProbability(choice, false)))
  return {
    masses: null,
    addLogDensity(value, into) {
      const hit = logHit[value] as number
      const miss = logMiss[value] as number
      for (let i = 0; i < count; i++)
        into[i] = (into[i] as number) + (values[i] === value ? hit : miss)
      into[count] = (into[count] as number) + Math.log(prior[value] as number)
    },
    sample(component, random) {
      const observed = component < count ? (values[component] as number) : -1
      const probabilities = prior.map((probability, choice) =>
        component < count ? rowProbability(choice, choice === observed) : probability,
      )
      return drawIndex(probabilities, random)
    },
  }
}

export interface NumericKernelSettings {
  readonly rule: BandwidthRule
  readonly dimensionCount: number
}

/** Beyond so many standard deviations a kernel has less than 1e-17 of its mass. */
const reach = 8.5

/** Normal kernels cut off at the ends of the range. */
export function numericKernel(
  dimension: NumericDimension,
  { values, order }: ObservedColumn,
  { rule, dimensionCount }: NumericKernelSettings,
): Kernel {
  const [low, high] = scaleEnds(dimension)
  const count = values.length
  const means = new Float64Array(count + 1)
  const sorted = new Float64Array(count)
  for (let i = 0; i < count; i++) means[i] = toScale(dimension, values[i] as number)
  for (let i = 0; i < count; i++) sorted[i] = means[order[i] as number] as number
  const widths = bandwidths({ rule, sorted, low, high, dimensionCount })
  const deviations = new Float64Array(count + 1)
  for (let i = 0; i < count; i++) deviations[order[i] as number] = widths[i] as number
  means[count] = (low + high) / 2
  deviations[count] = high - low

  const masses = means.map((mean, i) => {
    const deviation = deviations[i] as number
    // A mean lies within the range, so what is cut off cannot cancel.
    return 1 - upperTail((mean - low) / deviation) - upperTail((high - mean) / deviation)
  })
  const logNorms = masses.map(
    (mass, i) => logSqrtTwoPi + Math.log((deviations[i] as number) * mass),
  )
  const normals = { means, deviations, masses, logNorms }
  const columnOf = dimension.isInteger
    ? remembered((value) => binColumn(dimension, value, normals))
    : null
  return {
    masses,
    addLogDensity(value, into) {
      if (columnOf === null) return addDensities(toScale(dimension, value), normals, into)
      const column = columnOf(value)
      for (let i = 0; i <= count; i++) into[i] = (into[i] as number) + (column[i] as number)
    },
    sample(component, random) {
      const mean = means[component] as number
      const deviation = deviations[component] as number
      const [from, to] = [(low - mean) / deviation, (high - mean) / deviation]
      const drawn = mean + deviation * truncatedNormalQuantile(random.uniform(), from, to)
      return fromScale(dimension, drawn)
    },
  }
}

interface Normals {
  readonly means: Float64Array
  readonly deviations: Float64Array
  readonly masses: Float64Array
  /** Logarithms of what the densities are divided by. */
  readonly logNorms: Float64Array
}

function upperTail(z: number): number {
  return z > reach ? 0 : normalCdf(-z)
}

const logSqrtTwoPi = 0.5 * Math.log(2 * Math.PI)

function addDensities(
  x: number,
  { means, deviations, logNorms }: Normals,
  into: Float64Array,
): void {
  for (let i = 0; i < means.length; i++) {
    const z = (x - (means[i] as number)) / (deviations[i] as number)
    into[i] = (into[i] as number) - 0.5 * z * z - (logNorms[i] as number)
  }
}

/** Logarithms of the mass that each kernel has in a value's bin. */
function binColumn(
  dimension: NumericDimension,
  value: number,
  { means, deviations, masses }: Normals,
): Float64Array {
  const half = halfBin(dimension)
  const from = toScale(dimension, value - half)
  const to = toScale(dimension, value + half)
  return means.map((mean, i) => {
    const deviation = deviations[i] as number
    const [start, end] = [(from - mean) / deviation, (to - mean) / deviation]
    // Too far off to matter beside the prior, whose deviation is the whole range.
    if (start > reach || end < -reach) return -Infinity
    return normalLogMass(start, end) - Math.log(masses[i] as number)
  })
}

function remembered(make: (value: number) => Float64Array): (value: number) => Float64Array {
  const known = new Map<number, Float64Array>()
  return (value) => {
    const found = known.get(value) ?? make(value)
    known.set(value, found)
    return found
  }
}

/** Index of a draw from probabilities that sum to 1. */
export function drawIndex(probabilities: ArrayLike<number>, random: Random): number {
  let rest = random.uniform()
  for (let index = 0; index < probabilities.length - 1; index++) {
    rest -= probabilities[index] as number
    if (rest < 0) return index
  }
  // Rounding can leave a rest that no probability takes: it belongs to the last.
  return probabilities.length - 1
}
