/** Mixtures of products of kernels: one component an observation and, last, the prior. */
import type { Random } from '#src/random/random.ts'
import { drawIndex, type Kernel, type LogSums } from './parzen-kernel.ts'
import type { NumericKernel } from './parzen-normals.ts'
import type { RowKernel } from './parzen-rows.ts'

/** Terms between two looks at a sum. */
const chunk = 64

/** What is below this logarithm of a share is lost in a double. */
const negligible = -40

/** Beyond all rounding of a logarithm of a density. */
const surely = 1e-6

abstract class Mixture {
  protected readonly kernels: readonly Kernel[]
  /** Of the components. */
  protected readonly weights: Float64Array
  protected readonly total: number
  readonly #size: number

  constructor(kernels: readonly Kernel[], weights: Float64Array, size: number) {
    this.kernels = kernels
    this.weights = weights
    this.total = sumOf(weights)
    this.#size = size
  }

  sample(random: Random): Float64Array {
    const component = drawIndex(this.weights, this.total, random)
    const point = new Float64Array(this.#size)
    for (let i = 0; i < this.kernels.length; i++) {
      const kernel = this.kernels[i] as Kernel
      kernel.sample(component, random, point)
    }
    return point
  }

  /** Of the prior alone. */
  protected logPrior(point: Float64Array): number {
    let sum = 0
    for (let i = 0; i < this.kernels.length; i++) sum += (this.kernels[i] as Kernel).logPrior(point)
    return sum
  }
}

function sumOf(weights: Float64Array): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += weights[i] as number
  return sum
}

/**
 * In logarithms: a kernel may be so narrow that its density elsewhere is no double. Observations are
 * let go as soon as they are lost beside the prior, which has its share everywhere.
 */
export class MixedMixture extends Mixture {
  readonly #first: NumericKernel | undefined
  readonly #logWeights: Float64Array
  readonly #logTotal: number
  /** What an observation can come to at most: none has a weight above 1. */
  readonly #logMost: number
  /** Room for observations near a point, and for the sums of some of them. */
  readonly #near: Int32Array
  readonly #sums: LogSums = {
    length: 0,
    members: new Int32Array(chunk),
    logs: new Float64Array(chunk),
  }

  constructor(
    numeric: readonly NumericKernel[],
    rows: readonly RowKernel[],
    weights: Float64Array,
    size: number,
  ) {
    super([...numeric, ...rows], weights, size)
    this.#first = numeric[0]
    this.#logTotal = Math.log(this.total)
    this.#logWeights = new Float64Array(weights.length)
    for (let i = 0; i < weights.length; i++) this.#logWeights[i] = Math.log(weights[i] as number)
    this.#logMost = this.kernels.reduce((log, { logMost }) => log + logMost, 0)
    this.#near = new Int32Array(weights.length - 1)
  }

  logDensity(point: Float64Array, enough = Infinity): number {
    const { kernels } = this
    const sums = this.#sums
    const near = this.#near
    const logWeights = this.#logWeights
    const prior = (logWeights[near.length] as number) + this.logPrior(point)
    const least = prior + negligible
    const count = this.#membersNear(point, Math.sqrt(2 * Math.max(0, this.#logMost - least)))
    const limit = enough + this.#logTotal + surely
    let total = prior
    for (let start = 0; start < count; start += chunk) {
      sums.length = Math.min(chunk, count - start)
      for (let i = 0; i < sums.length; i++) {
        const member = near[start + i] as number
        sums.members[i] = member
        sums.logs[i] = logWeights[member] as number
      }
      let most = this.#logMost
      for (let i = 0; i < kernels.length; i++) {
        const kernel = kernels[i] as Kernel
        most -= kernel.logMost
        kernel.addLogDensity(point, sums, least - most)
      }
      total = logSum(sums, total)
      // No term is negative, so a sum above it stays there.
      if (total > limit) return Infinity
    }
    return total - this.#logTotal
  }

  #membersNear(point: Float64Array, deviations: number): number {
    const near = this.#near
    if (this.#first) return this.#first.membersNear(point, deviations, near)
    for (let i = 0; i < near.length; i++) near[i] = i
    return near.length
  }
}

/** The logarithm of a sum that some more terms are added to. */
function logSum({ logs, length }: LogSums, before: number): number {
  let largest = before
  for (let i = 0; i < length; i++) {
    if ((logs[i] as number) > largest) largest = logs[i] as number
  }
  let sum = Math.exp(before - largest)
  for (let i = 0; i < length; i++) {
    const below = (logs[i] as number) - largest
    if (below > negligible) sum += Math.exp(below)
  }
  return largest + Math.log(sum)
}

/** Of categorical dimensions alone: ratios to the prior, which what is lost beside it cannot spoil. */
export class ProductMixture extends Mixture {
  readonly #first: RowKernel | undefined
  readonly #last: RowKernel | undefined
  readonly #others: readonly RowKernel[]
  readonly #products: Float64Array

  constructor(rows: readonly RowKernel[], weights: Float64Array, size: number) {
    super(rows, weights, size)
    const [first, ...others] = rows
    this.#first = first
    this.#last = others.pop()
    this.#others = others
    this.#products = new Float64Array(others.length > 0 ? weights.length - 1 : 0)
  }

  logDensity(point: Float64Array, enough = Infinity): number {
    const { weights } = this
    const priorWeight = weights[weights.length - 1] as number
    const logPrior = this.logPrior(point)
    const limit = Math.exp(enough - logPrior + surely) * this.total - priorWeight
    const factors = this.#factorsAt(point)
    const count = weights.length - 1
    const [one, other] = [this.#first, this.#last]
    let sum = 0
    if (one && other) sum = pairSum(factors, [one, other], point, { count, limit })
    else if (one) sum = singleSum(factors, one, point, count)
    return sum > limit ? Infinity : Math.log((priorWeight + sum) / this.total) + logPrior
  }

  /** Weights times the ratios of all kernels but the first and the last. */
  #factorsAt(point: Float64Array): Float64Array {
    let factors = this.weights
    for (let i = 0; i < this.#others.length; i++) {
      const kernel = this.#others[i] as RowKernel
      multiply(factors, kernel.codes, kernel.ratiosAt(point), this.#products)
      factors = this.#products
    }
    return factors
  }
}

function multiply(
  factors: Float64Array,
  codes: Int32Array,
  ratios: Float64Array,
  into: Float64Array,
): void {
  for (let i = 0; i < into.length; i++) {
    into[i] = (factors[i] as number) * (ratios[codes[i] as number] as number)
  }
}

function singleSum(
  factors: Float64Array,
  kernel: RowKernel,
  point: Float64Array,
  count: number,
): number {
  const ratios = kernel.ratiosAt(point)
  const { codes } = kernel
  let sum = 0
  for (let i = 0; i < count; i++) {
    sum += (factors[i] as number) * (ratios[codes[i] as number] as number)
  }
  return sum
}

interface SumLimits {
  /** Observations. */
  readonly count: number
  /** A sum above it need not be whole. */
  readonly limit: number
}

/**
 * The sum of factors times the ratios of two kernels. The youngest come first: they weigh most, so
 * that a sum that is too large is soon known to be.
 */
function pairSum(
  factors: Float64Array,
  [one, other]: readonly [RowKernel, RowKernel],
  point: Float64Array,
  { count, limit }: SumLimits,
): number {
  const ratios = one.ratiosAt(point)
  const otherRatios = other.ratiosAt(point)
  const { codes } = one
  const { codes: otherCodes } = other
  let sum = 0
  for (let end = count; end > 0 && sum <= limit; end -= chunk) {
    let part = 0
    for (let i = Math.max(0, end - chunk); i < end; i++) {
      part +=
        (factors[i] as number) *
        (ratios[codes[i] as number] as number) *
        (otherRatios[otherCodes[i] as number] as number)
    }
    sum += part
  }
  return sum
}
