/** The normal kernels of a Parzen estimator: one an observation, and the prior's, last. */
import { normalCdf, normalPdf, truncatedNormalQuantile } from '#src/numeric/normal.ts'
import type { Random } from '#src/random/random.ts'
import { type BandwidthRule, bandwidths } from './parzen-bandwidth.ts'
import {
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

/** The kernels of one dimension, or of some neighbouring ones; a point has all dimensions. */
export interface Kernel {
  /** Adds the logarithm of every kernel's density at a point to what is there. */
  addLogDensity(point: Float64Array, into: Float64Array): void
  /** Draws from one kernel into the point. */
  sample(component: number, random: Random, point: Float64Array): void
  /** What of each kernel, before it is cut off, lies in the range; null where nothing is cut off. */
  readonly masses: Float64Array | null
}

export interface NumericKernelSettings {
  /** Where a point has the dimension. */
  readonly place: number
  readonly rule: BandwidthRule
  readonly dimensionCount: number
}

/** Beyond so many standard deviations a kernel has less than 1e-17 of its mass. */
const reach = 8.5

/** Normal kernels cut off at the ends of the range. */
export function numericKernel(
  dimension: NumericDimension,
  { values, order }: ObservedColumn,
  { rule, dimensionCount, place }: NumericKernelSettings,
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
    addLogDensity(point, into) {
      const value = point[place] as number
      if (columnOf === null) return addDensities(toScale(dimension, value), normals, into)
      const column = columnOf(value)
      for (let i = 0; i <= count; i++) into[i] = (into[i] as number) + (column[i] as number)
    },
    sample(component, random, point) {
      const mean = means[component] as number
      const deviation = deviations[component] as number
      const [from, to] = [(low - mean) / deviation, (high - mean) / deviation]
      const drawn = mean + deviation * truncatedNormalQuantile(random.uniform(), from, to)
      point[place] = fromScale(dimension, drawn)
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

/** A bin in whose width the density hardly changes; the difference of two shares would lose digits. */
const narrowBin = 1e-4

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
  const column = new Float64Array(means.length)
  for (let i = 0; i < means.length; i++) {
    const mean = means[i] as number
    const deviation = deviations[i] as number
    column[i] = Math.log(
      binMass((from - mean) / deviation, (to - mean) / deviation) / (masses[i] as number),
    )
  }
  return column
}

/** Share of the standard normal distribution in a bin; 0 where it is lost beside the prior's. */
function binMass(from: number, to: number): number {
  // The prior's deviation is the whole range, so it is never so far off.
  if (from > reach || to < -reach) return 0
  if (to - from < narrowBin) return (to - from) * normalPdf((from + to) / 2)
  return from > 0 ? normalCdf(-from) - normalCdf(-to) : normalCdf(to) - normalCdf(from)
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
