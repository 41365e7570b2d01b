/** The kernels of categorical dimensions: rows of probabilities. */
import type { Random } from '#src/random/random.ts'
import type { CategoricalDimension } from './parzen-dimension.ts'
import { drawIndex, type Kernel, type LogSums, type ObservedColumn } from './parzen-kernel.ts'

/** Combinations of choices that one table holds; a dimension with more has one for itself. */
const tableSizeMax = 256

/** A categorical dimension, its observations, and where a point has it. */
export interface CategoricalColumn {
  readonly dimension: CategoricalDimension
  readonly column: ObservedColumn
  readonly place: number
}

/**
 * Kernels over neighbouring categorical dimensions, a row of probabilities for each observation and
 * dimension: its own value has 1 more than the prior's share.
 *
 * @remarks
 * The observations' values of several dimensions are one code, so that a point's density at all of
 * them is one look into a table an observation.
 *
 * @see Optuna `samplers/_tpe/parzen_estimator.py` _calculate_categorical_distributions; weighted
 *   choices as in hyperopt.
 */
export class RowKernel implements Kernel {
  readonly masses = null
  /** Of probabilities. */
  readonly logMost = 0
  /** What each observation has of all dimensions, as one number. */
  readonly codes: Int32Array
  readonly #rows: Int32Array
  readonly #digits: readonly Digit[]
  /** An observation's density beside the prior's where no dimension is hit. */
  readonly #missed: number
  readonly #ratios: Float64Array

  /**
   * @param columns - at most `tableSizeMax` combinations of choices: see `groupColumns`
   * @param rows - the table's rows that are observations, in the order of time
   */
  constructor(columns: readonly CategoricalColumn[], rows: Int32Array, priorWeight: number) {
    this.#rows = rows
    this.#digits = digitsOf(columns, rows.length, priorWeight)
    this.codes = codesOf(this.#digits, rows)
    this.#missed = this.#digits.reduce((product, { miss }) => product * miss, 1)
    this.#ratios = new Float64Array(this.#digits.reduce((size, digit) => size * digit.size, 1))
  }

  /** By code, an observation's density at a point beside the prior's; good until the next call. */
  ratiosAt(point: Float64Array): Float64Array {
    const ratios = this.#ratios
    const digits = this.#digits
    ratios.fill(this.#missed)
    for (let i = 0; i < digits.length; i++) {
      const digit = digits[i] as Digit
      digit.multiplyHits(ratios, point[digit.place] as number)
    }
    return ratios
  }

  logPrior(point: Float64Array): number {
    const digits = this.#digits
    let sum = 0
    for (let i = 0; i < digits.length; i++) {
      const { logPriors, place } = digits[i] as Digit
      sum += logPriors[point[place] as number] as number
    }
    return sum
  }

  addLogDensity(point: Float64Array, sums: LogSums, least: number): void {
    const prior = this.logPrior(point)
    const ratios = this.ratiosAt(point)
    const { codes } = this
    const { members, logs, length } = sums
    let kept = 0
    for (let i = 0; i < length; i++) {
      const member = members[i] as number
      const ratio = ratios[codes[member] as number] as number
      const log = (logs[i] as number) + prior + Math.log(ratio)
      if (log < least) continue
      members[kept] = member
      logs[kept++] = log
    }
    sums.length = kept
  }

  sample(component: number, random: Random, point: Float64Array): void {
    const digits = this.#digits
    const row = this.#rows[component]
    for (let i = 0; i < digits.length; i++) {
      const { prior, place, values, share } = digits[i] as Digit
      // A row is the prior with this share, and the observed value otherwise.
      const isPrior = row === undefined || random.uniform() * (1 + share) < share
      point[place] = isPrior ? drawIndex(prior, 1, random) : (values[row] as number)
    }
  }
}

/** Neighbours together, as many as a table has room for that is not larger than the observations. */
export function groupColumns(
  columns: readonly CategoricalColumn[],
  count: number,
): CategoricalColumn[][] {
  const room = Math.min(tableSizeMax, count)
  const groups: CategoricalColumn[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const column of columns) {
    size *= column.dimension.prior.length
    if (size > room) {
      groups.push([column])
      size = column.dimension.prior.length
    } else groups.at(-1)?.push(column)
  }
  return groups
}

/** One dimension of a code, and what it does to an observation's density beside the prior's. */
class Digit {
  readonly place: number
  readonly values: Float64Array
  readonly prior: readonly number[]
  readonly size: number
  /** What one step of the digit is in a code. */
  readonly stride: number
  /** The prior's weight in a row, beside the observed value's 1. */
  readonly share: number
  /** Where the observation has another value than the point. */
  readonly miss: number
  /** By value, how many times as dense where both have it. */
  readonly #gains: Float64Array
  readonly logPriors: Float64Array

  constructor({ dimension, column, place }: CategoricalColumn, share: number, stride: number) {
    const { prior } = dimension
    this.place = place
    this.values = column.values
    this.prior = prior
    this.size = prior.length
    this.stride = stride
    this.share = share
    this.miss = share / (1 + share)
    this.#gains = new Float64Array(prior.length)
    this.logPriors = new Float64Array(prior.length)
    let [last, logLast] = [1, 0]
    for (let value = 0; value < prior.length; value++) {
      const probability = prior[value] as number
      // Most priors are uniform.
      if (probability !== last) logLast = Math.log(probability)
      last = probability
      this.#gains[value] = 1 + 1 / (share * probability)
      this.logPriors[value] = logLast
    }
  }

  /** Multiplies what a table has for the codes with a value of this digit. */
  multiplyHits(table: Float64Array, value: number): void {
    const { size, stride } = this
    const gain = this.#gains[value] as number
    for (let start = value * stride; start < table.length; start += size * stride) {
      for (let code = start; code < start + stride; code++) {
        table[code] = (table[code] as number) * gain
      }
    }
  }
}

/** In mixed radix, the first dimension's the lowest. */
function digitsOf(
  columns: readonly CategoricalColumn[],
  count: number,
  priorWeight: number,
): readonly Digit[] {
  const digits: Digit[] = []
  let stride = 1
  for (const column of columns) {
    const size = column.dimension.prior.length
    digits.push(new Digit(column, (size * priorWeight) / (count + 1), stride))
    stride *= size
  }
  return digits
}

function codesOf(digits: readonly Digit[], rows: Int32Array): Int32Array {
  const codes = new Int32Array(rows.length)
  const [first, ...others] = digits
  if (first === undefined) return codes
  const { values } = first
  for (let i = 0; i < codes.length; i++) codes[i] = values[rows[i] as number] as number
  for (const digit of others) addDigit(codes, digit, rows)
  return codes
}

function addDigit(codes: Int32Array, { values, stride }: Digit, rows: Int32Array): void {
  for (let i = 0; i < codes.length; i++) {
    codes[i] = (codes[i] as number) + stride * (values[rows[i] as number] as number)
  }
}
