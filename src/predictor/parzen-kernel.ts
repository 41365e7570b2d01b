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

  const distinct = distinctNormals({ means, deviations }, order, [low, high])
  const masses = spread(distinct.masses, distinct.kinds)
  return {
    masses,
    addLogDensity: dimension.isInteger
      ? binDensity(dimension, distinct, place)
      : pointDensity(dimension, { means, deviations }, { norms: logNorms(distinct), place }),
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
}

/** Every mean with every deviation that it has, once: the values of integers come again and again. */
interface DistinctNormals extends Normals {
  /** Which of them each kernel is. */
  readonly kinds: Int32Array
  readonly masses: Float64Array
}

/** @param order - kernels by rising mean, all but the last, which is the prior's */
function distinctNormals(
  { means, deviations }: Normals,
  order: Int32Array,
  [low, high]: readonly [number, number],
): DistinctNormals {
  const prior = order.length
  const kinds = new Int32Array(prior + 1)
  const [ownMeans, ownDeviations] = [new Float64Array(prior + 1), new Float64Array(prior + 1)]
  const masses = new Float64Array(prior + 1)
  let last = -1
  for (let rank = 0; rank <= prior; rank++) {
    const kernel = rank < prior ? (order[rank] as number) : prior
    const [mean, deviation] = [means[kernel] as number, deviations[kernel] as number]
    if (last < 0 || mean !== ownMeans[last] || deviation !== ownDeviations[last]) {
      last++
      ownMeans[last] = mean
      ownDeviations[last] = deviation
      // A mean lies within the range, so what is cut off cannot cancel.
      masses[last] = 1 - upperTail((mean - low) / deviation) - upperTail((high - mean) / deviation)
    }
    kinds[kernel] = last
  }
  const count = last + 1
  return {
    kinds,
    means: ownMeans.subarray(0, count),
    deviations: ownDeviations.subarray(0, count),
    masses: masses.subarray(0, count),
  }
}

function spread(byKind: Float64Array, kinds: Int32Array): Float64Array {
  const all = new Float64Array(kinds.length)
  for (let i = 0; i < kinds.length; i++) all[i] = byKind[kinds[i] as number] as number
  return all
}

/** By kernel, logarithms of what the densities are divided by. */
function logNorms({ deviations, masses, kinds }: DistinctNormals): Float64Array {
  const norms = new Float64Array(masses.length)
  for (let kind = 0; kind < norms.length; kind++) {
    norms[kind] = logSqrtTwoPi + Math.log((deviations[kind] as number) * (masses[kind] as number))
  }
  return spread(norms, kinds)
}

function upperTail(z: number): number {
  return z > reach ? 0 : normalCdf(-z)
}

/** A bin in whose width the density hardly changes; the difference of two shares would lose digits. */
const narrowBin = 1e-4

const logSqrtTwoPi = 0.5 * Math.log(2 * Math.PI)

type AddLogDensity = Kernel['addLogDensity']

/** Of numbers: the density at a point. */
function pointDensity(
  dimension: NumericDimension,
  { means, deviations }: Normals,
  { norms, place }: { readonly norms: Float64Array; readonly place: number },
): AddLogDensity {
  return (point, into) => {
    const x = toScale(dimension, point[place] as number)
    for (let i = 0; i < means.length; i++) {
      const z = (x - (means[i] as number)) / (deviations[i] as number)
      into[i] = (into[i] as number) - 0.5 * z * z - (norms[i] as number)
    }
  }
}

/** Of integers: the mass of a bin. */
function binDensity(
  dimension: NumericDimension,
  normals: DistinctNormals,
  place: number,
): AddLogDensity {
  const columns = new Map<number, Float64Array>()
  const { kinds } = normals
  return (point, into) => {
    const value = point[place] as number
    const column = columns.get(value) ?? binColumn(dimension, value, normals)
    columns.set(value, column)
    for (let i = 0; i < kinds.length; i++) {
      into[i] = (into[i] as number) + (column[kinds[i] as number] as number)
    }
  }
}

/** Logarithms of the mass that each kind of kernel has in a value's bin. */
function binColumn(
  dimension: NumericDimension,
  value: number,
  { means, deviations, masses }: DistinctNormals,
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
