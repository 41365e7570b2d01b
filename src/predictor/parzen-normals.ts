/** Normal kernels of a numeric dimension, cut off at the ends of its range. */
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
import type { Kernel, LogSums, ObservedColumn } from './parzen-kernel.ts'
import { SortedKernels } from './parzen-window.ts'

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

/** Normal kernels of one dimension: of numbers, or of integers. */
export abstract class NumericKernel implements Kernel {
  abstract readonly logMost: number
  readonly masses: Float64Array
  protected readonly dimension: NumericDimension
  protected readonly normals: Normals
  protected readonly place: number

  constructor(dimension: NumericDimension, normals: Normals, place: number) {
    this.dimension = dimension
    this.normals = normals
    this.place = place
    this.masses = normals.masses
  }

  abstract logPrior(point: Float64Array): number
  abstract addLogDensity(point: Float64Array, sums: LogSums, least: number): void

  /**
   * Writes down the observations that may lie within so many of their standard deviations of a point.
   *
   * @returns how many
   */
  membersNear(point: Float64Array, deviations: number, into: Int32Array): number {
    const bin = binOf(this.dimension, point[this.place] as number)
    return this.normals.members.near(bin, deviations, into)
  }

  sample(component: number, random: Random, point: Float64Array): void {
    const { dimension, normals } = this
    const [low, high] = scaleEnds(dimension)
    const mean = normals.means[component] as number
    const deviation = normals.deviations[component] as number
    const [from, to] = [(low - mean) / deviation, (high - mean) / deviation]
    const drawn = mean + deviation * truncatedNormalQuantile(random.uniform(), from, to)
    point[this.place] = fromScale(dimension, drawn)
  }
}

export function numericKernel(
  dimension: NumericDimension,
  column: ObservedColumn,
  settings: NumericKernelSettings,
): NumericKernel {
  const normals = fitNormals(dimension, column, settings)
  return dimension.isInteger
    ? new BinKernel(dimension, normals, settings.place)
    : new PointKernel(dimension, normals, settings.place)
}

/** Of numbers: the density at a point. */
class PointKernel extends NumericKernel {
  readonly logMost: number
  /** By kernel, logarithms of what the densities are divided by. */
  readonly #norms: Float64Array

  constructor(dimension: NumericDimension, normals: Normals, place: number) {
    super(dimension, normals, place)
    this.#norms = logNorms(normals)
    let logMost = -Infinity
    for (let i = 0; i < this.#norms.length - 1; i++) {
      logMost = Math.max(logMost, -(this.#norms[i] as number))
    }
    this.logMost = logMost
  }

  logPrior(point: Float64Array): number {
    const x = toScale(this.dimension, point[this.place] as number)
    const { means, deviations } = this.normals
    const prior = means.length - 1
    const z = (x - (means[prior] as number)) / (deviations[prior] as number)
    return -0.5 * z * z - (this.#norms[prior] as number)
  }

  addLogDensity(point: Float64Array, sums: LogSums, least: number): void {
    const x = toScale(this.dimension, point[this.place] as number)
    const { means, deviations } = this.normals
    const norms = this.#norms
    const { members, logs, length } = sums
    let kept = 0
    for (let i = 0; i < length; i++) {
      const member = members[i] as number
      const z = (x - (means[member] as number)) / (deviations[member] as number)
      const log = (logs[i] as number) - 0.5 * z * z - (norms[member] as number)
      if (log < least) continue
      members[kept] = member
      logs[kept++] = log
    }
    sums.length = kept
  }
}

/** Values of an integer whose masses are remembered: more do not come again soon. */
const rememberedValues = 64

/** Of integers: the mass of a bin. */
class BinKernel extends NumericKernel {
  readonly logMost: number
  /** By value and kind, logarithms of masses, NaN until asked for; empty where none is remembered. */
  readonly #known: Float64Array

  constructor(dimension: NumericDimension, normals: Normals, place: number) {
    super(dimension, normals, place)
    const { masses, kindCount } = normals
    let leastMass = 1
    for (let i = 0; i < masses.length - 1; i++) leastMass = Math.min(leastMass, masses[i] as number)
    this.logMost = -Math.log(leastMass)
    const values = dimension.high - dimension.low + 1
    this.#known = new Float64Array(values > rememberedValues ? 0 : values * kindCount)
    this.#known.fill(Number.NaN)
  }

  logPrior(point: Float64Array): number {
    const bin = binOf(this.dimension, point[this.place] as number)
    return logBinMass(this.normals, this.masses.length - 1, bin)
  }

  addLogDensity(point: Float64Array, sums: LogSums, least: number): void {
    const value = point[this.place] as number
    const bin = binOf(this.dimension, value)
    const { members, logs, length } = sums
    let kept = 0
    for (let i = 0; i < length; i++) {
      const member = members[i] as number
      const log = (logs[i] as number) + this.#logMass(member, value, bin)
      if (log < least) continue
      members[kept] = member
      logs[kept++] = log
    }
    sums.length = kept
  }

  #logMass(kernel: number, value: number, bin: Bin): number {
    const known = this.#known
    if (known.length === 0) return logBinMass(this.normals, kernel, bin)
    const { kinds, kindCount } = this.normals
    const place = (value - this.dimension.low) * kindCount + (kinds[kernel] as number)
    const mass = known[place] as number
    if (!Number.isNaN(mass)) return mass
    const found = logBinMass(this.normals, kernel, bin)
    known[place] = found
    return found
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
  readonly members: SortedKernels
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
  const members = new SortedKernels(sorted, widths, order)
  return { means, deviations, masses, kinds, kindCount: kind + 1, members }
}

function upperTail(z: number): number {
  return z > reach ? 0 : normalCdf(-z)
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
