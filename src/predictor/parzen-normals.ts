/** Normal kernels of a numeric dimension, cut off at the ends of its range. */
import { normalCdf, normalPdf, truncatedNormalQuantile } from '#src/numeric/normal.ts'
import { type BandwidthRule, bandwidths } from './parzen-bandwidth.ts'
import {
  fromScale,
  halfBin,
  type NumericDimension,
  scaleEnds,
  toScale,
} from './parzen-dimension.ts'
import type { Kernel, ObservedColumn } from './parzen-kernel.ts'
import { type CloseMembers, closeMembers } from './parzen-window.ts'

export interface NumericKernelSettings {
  /** Where a point has the dimension. */
  readonly place: number
  /** Rows of the table that are observations, in the order of time. */
  readonly rows: Int32Array
  readonly rule: BandwidthRule
  readonly dimensionCount: number
}

/** Beyond so many standard deviations a kernel has less than 1e-17 of its mass. */
const reach = 8.5

export interface NumericKernel extends Kernel {
  /**
   * Writes down the observations that may lie within so many of their standard deviations of a point.
   *
   * @returns how many
   */
  membersNear(point: Float64Array, deviations: number, into: Int32Array): number
}

export function numericKernel(
  dimension: NumericDimension,
  column: ObservedColumn,
  settings: NumericKernelSettings,
): NumericKernel {
  const normals = fitNormals(dimension, column, settings)
  const { means, deviations, masses, membersNear } = normals
  const { place } = settings
  const [low, high] = scaleEnds(dimension)
  const densities = dimension.isInteger
    ? binDensities(dimension, normals, place)
    : pointDensities(dimension, normals, place)
  return {
    ...densities,
    masses,
    membersNear: (point, count, into) =>
      membersNear(binOf(dimension, point[place] as number), count, into),
    sample(component, random, point) {
      const mean = means[component] as number
      const deviation = deviations[component] as number
      const [from, to] = [(low - mean) / deviation, (high - mean) / deviation]
      const drawn = mean + deviation * truncatedNormalQuantile(random.uniform(), from, to)
      point[place] = fromScale(dimension, drawn)
    },
  }
}

/** By kernel, the observations' in the order of time, then the prior's. */
interface Normals {
  readonly means: Float64Array
  readonly deviations: Float64Array
  readonly masses: Float64Array
  /** Equal kernels have one number, from 0: the values of integers come again and again. */
  readonly kinds: Int32Array
  readonly kindCount: number
  readonly membersNear: CloseMembers
}

function fitNormals(
  dimension: NumericDimension,
  { values, order }: ObservedColumn,
  { rows, rule, dimensionCount }: NumericKernelSettings,
): Normals {
  const [low, high] = scaleEnds(dimension)
  const count = rows.length
  const sorted = new Float64Array(count)
  for (let rank = 0; rank < count; rank++) {
    sorted[rank] = values[rows[order[rank] as number] as number] as number
  }
  const widths = bandwidths({ rule, sorted, low, high, dimensionCount })
  const means = new Float64Array(count + 1)
  const deviations = new Float64Array(count + 1)
  const masses = new Float64Array(count + 1)
  const kinds = new Int32Array(count + 1)
  let [lastMean, lastDeviation, kind, mass] = [Number.NaN, Number.NaN, -1, 1]
  for (let rank = 0; rank <= count; rank++) {
    const isPrior = rank === count
    const kernel = isPrior ? count : (order[rank] as number)
    const mean = isPrior ? (low + high) / 2 : (sorted[rank] as number)
    const deviation = isPrior ? high - low : (widths[rank] as number)
    // Equal kernels are neighbours in the order of their means.
    if (mean !== lastMean || deviation !== lastDeviation) {
      kind++
      // A mean lies within the range, so what is cut off cannot cancel.
      mass = 1 - upperTail((mean - low) / deviation) - upperTail((high - mean) / deviation)
      lastMean = mean
      lastDeviation = deviation
    }
    means[kernel] = mean
    deviations[kernel] = deviation
    masses[kernel] = mass
    kinds[kernel] = kind
  }
  const membersNear = closeMembers({ means: sorted, deviations: widths, order })
  return { means, deviations, masses, kinds, kindCount: kind + 1, membersNear }
}

function upperTail(z: number): number {
  return z > reach ? 0 : normalCdf(-z)
}

type Densities = Pick<Kernel, 'logPrior' | 'logMost' | 'addLogDensity'>

/** Of numbers: the density at a point. */
function pointDensities(dimension: NumericDimension, normals: Normals, place: number): Densities {
  const { means, deviations } = normals
  const norms = logNorms(normals)
  const count = means.length - 1
  const logDensity = (kernel: number, x: number) => {
    const z = (x - (means[kernel] as number)) / (deviations[kernel] as number)
    return -0.5 * z * z - (norms[kernel] as number)
  }
  let logMost = -Infinity
  for (let i = 0; i < count; i++) logMost = Math.max(logMost, -(norms[i] as number))
  const scaled = (point: Float64Array) => toScale(dimension, point[place] as number)
  return {
    logPrior: (point) => logDensity(count, scaled(point)),
    logMost,
    addLogDensity(point, sums, least) {
      const x = scaled(point)
      const { members, logs, length } = sums
      let kept = 0
      for (let i = 0; i < length; i++) {
        const member = members[i] as number
        const log = (logs[i] as number) + logDensity(member, x)
        if (log < least) continue
        members[kept] = member
        logs[kept++] = log
      }
      sums.length = kept
    },
  }
}

/** By kernel, logarithms of what the densities are divided by. */
function logNorms({ deviations, masses }: Normals): Float64Array {
  const norms = new Float64Array(masses.length)
  let [last, norm] = [0, 0]
  for (let i = 0; i < norms.length; i++) {
    const spread = (deviations[i] as number) * (masses[i] as number)
    // Most kernels far from the ends have the least deviation.
    if (spread !== last) {
      last = spread
      norm = logSqrtTwoPi + Math.log(spread)
    }
    norms[i] = norm
  }
  return norms
}

const logSqrtTwoPi = 0.5 * Math.log(2 * Math.PI)

/** Of integers: the mass of a bin. */
function binDensities(dimension: NumericDimension, normals: Normals, place: number): Densities {
  const { masses } = normals
  const count = masses.length - 1
  const logMass = binMasses(dimension, normals)
  let leastMass = 1
  for (let i = 0; i < count; i++) leastMass = Math.min(leastMass, masses[i] as number)
  return {
    logPrior: (point) => logBinMass(normals, count, binOf(dimension, point[place] as number)),
    logMost: -Math.log(leastMass),
    addLogDensity(point, sums, least) {
      const value = point[place] as number
      const bin = binOf(dimension, value)
      const { members, logs, length } = sums
      let kept = 0
      for (let i = 0; i < length; i++) {
        const member = members[i] as number
        const log = (logs[i] as number) + logMass(member, value, bin)
        if (log < least) continue
        members[kept] = member
        logs[kept++] = log
      }
      sums.length = kept
    },
  }
}

/** Logarithm of the mass that a kernel has in a value's bin. */
type BinMasses = (kernel: number, value: number, bin: Bin) => number

/** Values of an integer whose masses are remembered: more do not come again soon. */
const rememberedValues = 64

function binMasses({ low, high }: NumericDimension, normals: Normals): BinMasses {
  const { kinds, kindCount } = normals
  const valueCount = high - low + 1
  if (valueCount > rememberedValues)
    return (kernel, _value, bin) => logBinMass(normals, kernel, bin)
  const known = new Float64Array(valueCount * kindCount).fill(Number.NaN)
  return (kernel, value, bin) => {
    const place = (value - low) * kindCount + (kinds[kernel] as number)
    const mass = known[place] as number
    if (!Number.isNaN(mass)) return mass
    const found = logBinMass(normals, kernel, bin)
    known[place] = found
    return found
  }
}

type Bin = readonly [from: number, to: number]

/** The ends of a value's bin on the kernels' scale. */
function binOf(dimension: NumericDimension, value: number): Bin {
  const half = halfBin(dimension)
  return [toScale(dimension, value - half), toScale(dimension, value + half)]
}

function logBinMass(
  { means, deviations, masses }: Normals,
  kernel: number,
  [from, to]: Bin,
): number {
  const mean = means[kernel] as number
  const deviation = deviations[kernel] as number
  const mass = binMass((from - mean) / deviation, (to - mean) / deviation)
  return mass === 0 ? -Infinity : Math.log(mass / (masses[kernel] as number))
}

/** Below this width the series gives a mass to 1e-10 of it up to three deviations from the mean, to 1e-5 up to `reach`. */
const narrowBin = 0.25

/** Share of the standard normal distribution in a bin; 0 where it is lost beside the prior's. */
function binMass(from: number, to: number): number {
  // The prior's deviation is the whole range, so it is never so far off.
  if (from > reach || to < -reach) return 0
  const width = to - from
  if (width < narrowBin) return width * seriesMean((from + to) / 2, width)
  return from > 0 ? normalCdf(-from) - normalCdf(-to) : normalCdf(to) - normalCdf(from)
}

/**
 * Mean of the standard normal density over an interval: its Taylor series around the middle, whose
 * terms are Hermite polynomials. A difference of two shares would take longer and lose digits.
 */
function seriesMean(middle: number, width: number): number {
  const [m, w] = [middle * middle, width * width]
  const second = (m - 1) / 24
  const fourth = ((m - 6) * m + 3) / 1920
  const sixth = (((m - 15) * m + 45) * m - 15) / 322560
  return normalPdf(middle) * (1 + w * (second + w * (fourth + w * sixth)))
}
