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
  /** By code, an observation's density at a point beside the prior's. */
  ratiosAt(point: Float64Array): Float64Array
  logPrior(point: Float64Array): number
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
 * @see Optuna `samplers/_tpe/parzen_estimator.py` _calculate_categorical_distributions; weighted
 *   choices as in hyperopt.
 */
export function rowKernel(columns: readonly CategoricalColumn[], priorWeight: number): RowKernel {
  const count = columns[0]?.column.values.length ?? 0
  const codes = codesOf(columns, count)
  const shares = columns.map(
    ({ dimension }) => (dimension.prior.length * priorWeight) / (count + 1),
  )
  const tables = new Map<number, Float64Array>()
  const ratiosAt = (point: Float64Array) => {
    const code = codeOf(columns, point)
    const table = tables.get(code) ?? ratioTable(columns, shares, point)
    tables.set(code, table)
    return table
  }
  const priors = columns.map(({ dimension }) => dimension.prior.map(Math.log))
  const logPrior = (point: Float64Array) => {
    let sum = 0
    for (let i = 0; i < columns.length; i++) {
      const { place } = columns[i] as CategoricalColumn
      sum += priors[i]?.[point[place] as number] as number
    }
    return sum
  }
  return {
    masses: null,
    logPrior,
    codes,
    ratiosAt,
    addLogDensity(point, into) {
      const prior = logPrior(point)
      const logs = ratiosAt(point).map((ratio) => Math.log(ratio) + prior)
      for (let i = 0; i < count; i++) {
        into[i] = (into[i] as number) + (logs[codes[i] as number] as number)
      }
      into[count] = (into[count] as number) + prior
    },
    sample(component, random, point) {
      for (const [index, { dimension, column, place }] of columns.entries()) {
        const share = shares[index] as number
        // A row is the prior with this share, and the observed value otherwise.
        const isPrior = component === count || random.uniform() * (1 + share) < share
        point[place] = isPrior
          ? drawIndex(dimension.prior, random)
          : (column.values[component] as number)
      }
    },
  }
}

/** Neighbours together, as many as a table has room for that is small beside the observations. */
export function groupColumns(columns: readonly CategoricalColumn[]): CategoricalColumn[][] {
  const count = columns[0]?.column.values.length ?? 0
  const room = Math.min(tableSizeMax, count / 4)
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

/** Digits in mixed radix, the first dimension's the lowest. */
function codesOf(columns: readonly CategoricalColumn[], count: number): Int32Array {
  const codes = new Int32Array(count)
  let stride = 1
  for (const { dimension, column } of columns) {
    const { values } = column
    for (let i = 0; i < count; i++) {
      codes[i] = (codes[i] as number) + stride * (values[i] as number)
    }
    stride *= dimension.prior.length
  }
  return codes
}

/** What a point has of the dimensions, as one number. */
function codeOf(columns: readonly CategoricalColumn[], point: Float64Array): number {
  let [code, stride] = [0, 1]
  for (const { dimension, place } of columns) {
    code += stride * (point[place] as number)
    stride *= dimension.prior.length
  }
  return code
}

/** By code, the product of its rows' probabilities at the point, each by the prior's. */
function ratioTable(
  columns: readonly CategoricalColumn[],
  shares: readonly number[],
  point: Float64Array,
): Float64Array {
  const table = new Float64Array(
    columns.reduce((size, { dimension }) => size * dimension.prior.length, 1),
  )
  // Where nothing is hit; then each dimension's hits.
  table.fill(shares.reduce((product, share) => (product * share) / (1 + share), 1))
  let stride = 1
  for (const [index, { dimension, place }] of columns.entries()) {
    const value = point[place] as number
    const size = dimension.prior.length
    const gain = 1 + 1 / ((shares[index] as number) * (dimension.prior[value] as number))
    for (let start = value * stride; start < table.length; start += size * stride) {
      for (let code = start; code < start + stride; code++) {
        table[code] = (table[code] as number) * gain
      }
    }
    stride *= size
  }
  return table
}
