import type { CategoricalDimension } from './parzen-dimension.ts'
import { drawIndex, type Kernel, type ObservedColumn } from './parzen-kernel.ts'

/** Combinations of choices that one table holds; a dimension with more has one for itself. */
const tableSizeMax = 256

/** A categorical dimension, its observations, and where a point has it. */
export interface CategoricalColumn {
  readonly dimension: CategoricalDimension
  readonly column: ObservedColumn
  readonly place: number
}

/** Kernels over neighbouring categorical dimensions: rows of probabilities. */
export interface RowKernel extends Kernel {
  /** What an observation has of all dimensions, as one number. */
  readonly codes: Int32Array
  /** By code, an observation's density at a point beside the prior's; good until the next call. */
  ratiosAt(point: Float64Array): Float64Array
}

/**
 * A row of probabilities for each observation and dimension: its own value has 1 more than the
 * prior's share.
 *
 * @remarks
 * The observations' values of several dimensions are one code, so that a point's density at all of
 * them is one look into a table an observation.
 *
 * @param columns - at most `tableSizeMax` combinations of choices: see `groupColumns`
 * @param rows - the table's rows that are observations, in the order of time
 * @see Optuna `samplers/_tpe/parzen_estimator.py` _calculate_categorical_distributions; weighted
 *   choices as in hyperopt.
 */
export function rowKernel(
  columns: readonly CategoricalColumn[],
  rows: Int32Array,
  priorWeight: number,
): RowKernel {
  const count = rows.length
  const codes = codesOf(columns, rows)
  const factors = columns.map(({ dimension }) => factorsOf(dimension, count, priorWeight))
  // Where no dimension is hit.
  const missed = factors.reduce((product, { miss }) => product * miss, 1)
  const ratios = new Float64Array(tableSize(columns))
  const ratiosAt = (point: Float64Array) => {
    ratios.fill(missed)
    let stride = 1
    for (let i = 0; i < columns.length; i++) {
      const { dimension, place } = columns[i] as CategoricalColumn
      const { gains } = factors[i] as Factors
      const size = dimension.prior.length
      const value = point[place] as number
      multiplyHits(ratios, { value, size, stride, gain: gains[value] as number })
      stride *= size
    }
    return ratios
  }
  const logPrior = (point: Float64Array) => {
    let sum = 0
    for (let i = 0; i < columns.length; i++) {
      const { place } = columns[i] as CategoricalColumn
      sum += (factors[i] as Factors).logPriors[point[place] as number] as number
    }
    return sum
  }
  return {
    masses: null,
    codes,
    ratiosAt,
    logPrior,
    // Probabilities.
    logMost: 0,
    addLogDensity(point, sums, least) {
      const prior = logPrior(point)
      const table = ratiosAt(point)
      const { members, logs, length } = sums
      let kept = 0
      for (let i = 0; i < length; i++) {
        const member = members[i] as number
        const ratio = table[codes[member] as number] as number
        const log = (logs[i] as number) + prior + Math.log(ratio)
        if (log < least) continue
        members[kept] = member
        logs[kept++] = log
      }
      sums.length = kept
    },
    sample(component, random, point) {
      for (const [index, { dimension, column, place }] of columns.entries()) {
        const { share } = factors[index] as Factors
        // A row is the prior with this share, and the observed value otherwise.
        const isPrior = component === count || random.uniform() * (1 + share) < share
        point[place] = isPrior
          ? drawIndex(dimension.prior, random)
          : (column.values[rows[component] as number] as number)
      }
    },
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

function tableSize(columns: readonly CategoricalColumn[]): number {
  return columns.reduce((size, { dimension }) => size * dimension.prior.length, 1)
}

/** Digits in mixed radix, the first dimension's the lowest. */
function codesOf(columns: readonly CategoricalColumn[], rows: Int32Array): Int32Array {
  const codes = new Int32Array(rows.length)
  let stride = 1
  for (const { dimension, column } of columns) {
    const { values } = column
    for (let i = 0; i < rows.length; i++) {
      codes[i] = (codes[i] as number) + stride * (values[rows[i] as number] as number)
    }
    stride *= dimension.prior.length
  }
  return codes
}

/** What one dimension does to an observation's density, beside the prior's. */
interface Factors {
  /** The prior's weight in a row, beside the observed value's 1. */
  readonly share: number
  /** Where the observation has another value than the point. */
  readonly miss: number
  /** By value, how many times as dense where both have it. */
  readonly gains: readonly number[]
  readonly logPriors: readonly number[]
}

function factorsOf({ prior }: CategoricalDimension, count: number, priorWeight: number): Factors {
  const share = (prior.length * priorWeight) / (count + 1)
  return {
    share,
    miss: share / (1 + share),
    gains: prior.map((probability) => 1 + 1 / (share * probability)),
    logPriors: prior.map(Math.log),
  }
}

interface Hits {
  readonly value: number
  readonly size: number
  readonly stride: number
  readonly gain: number
}

/** Multiplies what the table has for codes whose digit is the value. */
function multiplyHits(table: Float64Array, { value, size, stride, gain }: Hits): void {
  for (let start = value * stride; start < table.length; start += size * stride) {
    for (let code = start; code < start + stride; code++) {
      table[code] = (table[code] as number) * gain
    }
  }
}
