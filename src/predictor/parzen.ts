/** Parzen estimators: a density from observations, a prior among its kernels. */
import type { Random } from '#src/random/random.ts'
import type { BandwidthRule } from './parzen-bandwidth.ts'
import type { CategoricalDimension, ParzenDimension } from './parzen-dimension.ts'
import { drawIndex, type Kernel, type LogSums, type ObservedColumn } from './parzen-kernel.ts'
import { type NumericKernel, numericKernel } from './parzen-normals.ts'
import { groupColumns, type RowKernel, rowKernel } from './parzen-rows.ts'

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
  /** One an observation, positive. */
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
    return countedChoices(first, data, rules.priorWeight)
  }
  const rows = rowKernels(data, rules.priorWeight)
  const numeric = numericKernels(data, rules.bandwidth)
  const weights = componentWeights(data.weights, numeric, rules)
  return mixture([...numeric, ...rows], weights, {
    size: data.dimensions.length,
    logDensity:
      numeric.length === 0 && areRatiosFinite(data.dimensions)
        ? productDensity(rows, weights)
        : mixedDensity(numeric, rows, weights),
  })
}

function rowKernels({ dimensions, columns, rows }: ParzenData, priorWeight: number): RowKernel[] {
  const categorical = dimensions.flatMap((dimension, place) =>
    dimension.kind === 'categorical'
      ? [{ dimension, column: columns[place] ?? emptyColumn, place }]
      : [],
  )
  const groups = groupColumns(categorical, rows.length)
  return groups.map((group) => rowKernel(group, rows, priorWeight))
}

function numericKernels(
  { dimensions, columns, rows }: ParzenData,
  rule: BandwidthRule,
): NumericKernel[] {
  return dimensions.flatMap((dimension, place) => {
    if (dimension.kind === 'categorical') return []
    const settings = { rule, dimensionCount: dimensions.length, place, rows }
    return [numericKernel(dimension, columns[place] ?? emptyColumn, settings)]
  })
}

/** Whether the product of all ratios to the prior is a number, with room for many observations. */
function areRatiosFinite(dimensions: readonly ParzenDimension[]): boolean {
  const largest = dimensions.reduce(
    (sum, dimension) =>
      dimension.kind === 'categorical' ? sum - Math.log(Math.min(...dimension.prior)) : sum,
    0,
  )
  return largest < 600
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
  const step = old > 1 ? (1 - 1 / count) / (old - 1) : 0
  for (let i = 0; i < old; i++) weights[i] = 1 / count + step * i
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
  return normalize(weights)
}

/** Divides weights by their sum, in place. */
function normalize(weights: Float64Array): Float64Array {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i] as number
  for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) / total
  return weights
}

type LogDensity = ParzenEstimator['logDensity']

function mixture(
  kernels: readonly Kernel[],
  weights: Float64Array,
  { size, logDensity }: { readonly size: number; readonly logDensity: LogDensity },
): ParzenEstimator {
  return {
    logDensity,
    sample(random) {
      const component = drawIndex(weights, random)
      const point = new Float64Array(size)
      for (const kernel of kernels) kernel.sample(component, random, point)
      return point
    },
  }
}

/**
 * In logarithms: a kernel may be so narrow that its density elsewhere is no double. Observations are
 * let go as soon as they are lost beside the prior, which has its share everywhere.
 */
function mixedDensity(
  numeric: readonly NumericKernel[],
  rows: readonly RowKernel[],
  weights: Float64Array,
): LogDensity {
  const kernels = [...numeric, ...rows]
  const [first] = numeric
  const count = weights.length - 1
  const logWeights = new Float64Array(weights.length)
  for (let i = 0; i <= count; i++) logWeights[i] = Math.log(weights[i] as number)
  const near = new Int32Array(count)
  const sums = { length: 0, members: new Int32Array(chunk), logs: new Float64Array(chunk) }
  // No weight is above 1.
  const mostOfAll = kernels.reduce((log, { logMost }) => log + logMost, 0)
  return (point, enough = Infinity) => {
    let prior = logWeights[count] as number
    for (const kernel of kernels) prior += kernel.logPrior(point)
    const least = prior + negligible
    const reach = Math.sqrt(2 * Math.max(0, mostOfAll - least))
    const nearCount = first ? first.membersNear(point, reach, near) : everyone(near)
    let total = prior
    for (let start = 0; start < nearCount; start += chunk) {
      sums.length = Math.min(chunk, nearCount - start)
      for (let i = 0; i < sums.length; i++) {
        const member = near[start + i] as number
        sums.members[i] = member
        sums.logs[i] = logWeights[member] as number
      }
      let most = mostOfAll
      for (const kernel of kernels) {
        most -= kernel.logMost
        kernel.addLogDensity(point, sums, least - most)
      }
      total = logSum(sums, total)
      // No term is negative, so a sum above it stays there.
      if (total > enough + surely) return Infinity
    }
    return total
  }
}

function everyone(members: Int32Array): number {
  for (let i = 0; i < members.length; i++) members[i] = i
  return members.length
}

/** Of categorical dimensions alone: ratios to the prior, which what is lost beside it cannot spoil. */
function productDensity(kernels: readonly RowKernel[], weights: Float64Array): LogDensity {
  const count = weights.length - 1
  const priorWeight = weights[count] as number
  const products = new Float64Array(count)
  const [first, ...others] = kernels
  const last = others.pop()
  return (point, enough = Infinity) => {
    let factors = weights
    for (const kernel of others) {
      multiply(factors, kernel, kernel.ratiosAt(point), products)
      factors = products
    }
    let logPrior = 0
    for (const kernel of kernels) logPrior += kernel.logPrior(point)
    const limit = Math.exp(enough - logPrior + surely) - priorWeight
    const sum = first ? pairSum(factors, [first, last], point, { count, limit }) : 0
    return sum > limit ? Infinity : Math.log(priorWeight + sum) + logPrior
  }
}

function multiply(
  factors: Float64Array,
  { codes }: RowKernel,
  ratios: Float64Array,
  into: Float64Array,
): void {
  for (let i = 0; i < into.length; i++) {
    into[i] = (factors[i] as number) * (ratios[codes[i] as number] as number)
  }
}

interface SumLimits {
  /** Observations. */
  readonly count: number
  /** A sum above it need not be whole. */
  readonly limit: number
}

/**
 * The sum of factors times the ratios of one kernel, or of two. The youngest come first: they weigh
 * most, so that a sum that is too large is soon known to be.
 */
function pairSum(
  factors: Float64Array,
  [one, other]: readonly [RowKernel, RowKernel | undefined],
  point: Float64Array,
  { count, limit }: SumLimits,
): number {
  const ratios = one.ratiosAt(point)
  const { codes } = one
  let sum = 0
  if (other === undefined) {
    for (let i = count - 1; i >= 0; i--) {
      sum += (factors[i] as number) * (ratios[codes[i] as number] as number)
    }
    return sum
  }
  const otherRatios = other.ratiosAt(point)
  const otherCodes = other.codes
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

/** Terms between two looks at a sum. */
const chunk = 64

/** What is below this logarithm of a share is lost in a double. */
const negligible = -40

/** Beyond all rounding of a logarithm of a density. */
const surely = 1e-6

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

/** @see hyperopt `tpe.py` ap_categorical_sampler. */
function countedChoices(
  { prior }: CategoricalDimension,
  { columns, rows, weights }: ParzenData,
  priorWeight: number,
): ParzenEstimator {
  const counts = Float64Array.from(prior, (share) => prior.length * priorWeight * share)
  const { values } = columns[0] ?? emptyColumn
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i] as number] as number
    counts[value] = (counts[value] as number) + (weights[i] as number)
  }
  const probabilities = normalize(counts)
  return {
    sample: (random) => Float64Array.of(drawIndex(probabilities, random)),
    logDensity: ([value = NaN]) => Math.log(probabilities[value] ?? 0),
  }
}
