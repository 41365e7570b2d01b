import { ageWeights, fitParzen, type ParzenEstimator } from '#src/predictor/parzen.ts'
import type { ParzenDimension } from '#src/predictor/parzen-dimension.ts'
import type { ObservedColumn } from '#src/predictor/parzen-kernel.ts'
import type { Random } from '#src/random/random.ts'
import type { Block } from './blocks.ts'
import type { ParameterAxis } from './parameter-axis.ts'
import type { TpeRules } from './settings.ts'
import type { TrialTable } from './trial-table.ts'

/** Rows that are modelled, in the order of time; what each weighs, and then the prior. */
interface Rows {
  readonly rows: Int32Array
  readonly weights: Float64Array
}

/** The trials, told apart. */
export interface Split {
  readonly table: TrialTable
  /** All good rows, and all bad ones. */
  readonly good: Rows
  readonly bad: Rows
}

/** The best `count` rows, of equal ones the older, against the rest. */
export function splitTrials(table: TrialTable, count: number, priorWeight: number): Split {
  const { length } = table
  const goodRows = Int32Array.from(table.ranking.slice(0, count)).sort()
  const badRows = new Int32Array(length - goodRows.length)
  let [row, bad] = [0, 0]
  for (let good = 0; good <= goodRows.length; good++) {
    const end = goodRows[good] ?? length
    while (row < end) badRows[bad++] = row++
    row++
  }
  return { table, good: weighed(goodRows, priorWeight), bad: weighed(badRows, priorWeight) }
}

function weighed(rows: Int32Array, priorWeight: number): Rows {
  return { rows, weights: ageWeights(rows.length, priorWeight) }
}

/** The density of the good and that of the bad, over the axes of a block. */
export interface DensityRatio {
  readonly good: ParzenEstimator
  readonly bad: ParzenEstimator
}

export interface DensitySettings {
  readonly axes: readonly ParameterAxis[]
  readonly rules: TpeRules
}

export function fitDensities(
  split: Split,
  block: Block,
  { axes, rules }: DensitySettings,
): DensityRatio {
  // Pushed, not mapped: the engine makes two kinds of arrays of a map, and compiles for one of them.
  const dimensions: ParzenDimension[] = []
  for (const axis of block) dimensions.push((axes[axis] as ParameterAxis).dimension)
  const isOrdered = dimensions.some(({ kind }) => kind === 'numeric')
  const estimate = (all: Rows) => {
    const { rows, weights } = activeRows(split.table, block, {
      all,
      priorWeight: rules.priorWeight,
    })
    const positions = isOrdered ? positionsOf(rows, split.table.length) : nowhere
    const columns: ObservedColumn[] = []
    for (const axis of block) {
      const order = orderAmong(split.table.order(axis), positions, rows.length)
      columns.push({ values: split.table.entries(axis), order })
    }
    return fitParzen({ dimensions, columns, rows, weights }, rules)
  }
  return { good: estimate(split.good), bad: estimate(split.bad) }
}

/** The draw from the good density that is likeliest beside the bad one; of equal ones the first. */
export function drawBest({ good, bad }: DensityRatio, count: number, random: Random): Float64Array {
  const known: Float64Array[] = []
  let best = good.sample(random)
  let bestRatio = Number.NEGATIVE_INFINITY
  for (let candidate = 0; candidate < count; candidate++) {
    const point = candidate === 0 ? best : good.sample(random)
    if (isAmong(known, point)) continue
    if (known.length < rememberedMax) known.push(point)
    const density = good.logDensity(point)
    // Where the bad density is too large to win, how large does not matter.
    const ratio = density - bad.logDensity(point, density - bestRatio)
    if (ratio > bestRatio) {
      best = point
      bestRatio = ratio
    }
  }
  return best
}

/** Points that are compared with, since a density costs more. */
const rememberedMax = 64

function isAmong(known: readonly Float64Array[], point: Float64Array): boolean {
  for (let i = 0; i < known.length; i++) {
    if (areEqual(known[i] as Float64Array, point)) return true
  }
  return false
}

function areEqual(one: Float64Array, other: Float64Array): boolean {
  for (let i = 0; i < one.length; i++) {
    if (one[i] !== other[i]) return false
  }
  return true
}

/** Those rows in which the whole block is active. */
function activeRows(
  table: TrialTable,
  block: Block,
  { all, priorWeight }: { readonly all: Rows; readonly priorWeight: number },
): Rows {
  const columns = block
    .filter((axis) => !table.isEverywhere(axis))
    .map((axis) => table.entries(axis))
  if (columns.length === 0) return all
  const active = new Int32Array(all.rows.length)
  let count = 0
  for (const row of all.rows) {
    if (columns.every((entries) => !Number.isNaN(entries[row]))) active[count++] = row
  }
  return weighed(active.subarray(0, count), priorWeight)
}

const nowhere = new Int32Array(0)

/** By row of the table its position among the rows, or -1. */
function positionsOf(rows: Int32Array, length: number): Int32Array {
  const positions = new Int32Array(length).fill(-1)
  for (let i = 0; i < rows.length; i++) positions[rows[i] as number] = i
  return positions
}

/** What an order of the table's rows comes to among some of them: their positions. */
function orderAmong(sorted: readonly number[], positions: Int32Array, count: number): Int32Array {
  if (sorted.length === 0) return nowhere
  const order = new Int32Array(count)
  let found = 0
  for (let i = 0; i < sorted.length; i++) {
    const position = positions[sorted[i] as number] as number
    if (position >= 0) order[found++] = position
  }
  return order
}
