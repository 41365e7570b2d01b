import { ageWeights, fitParzen, type ParzenEstimator } from '#src/predictor/parzen.ts'
import type { ObservedColumn } from '#src/predictor/parzen-kernel.ts'
import type { Random } from '#src/random/random.ts'
import type { Block } from './blocks.ts'
import type { ParameterAxis } from './parameter-axis.ts'
import type { TpeRules } from './settings.ts'
import type { TrialTable } from './trial-table.ts'

/** Rows that are modelled, in the order of time, and what each weighs. */
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
export function splitTrials(table: TrialTable, count: number): Split {
  const isGood = new Uint8Array(table.length)
  for (const row of table.ranking.slice(0, count)) isGood[row] = 1
  const all = Int32Array.from(isGood, (_, row) => row)
  return {
    table,
    good: weighed(all.filter((row) => isGood[row] === 1)),
    bad: weighed(all.filter((row) => isGood[row] === 0)),
  }
}

function weighed(rows: Int32Array): Rows {
  return { rows, weights: ageWeights(rows.length) }
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
  const dimensions = block.map((axis) => (axes[axis] as ParameterAxis).dimension)
  const estimate = (all: Rows) => {
    const { rows, weights } = activeRows(split.table, block, all)
    const columns = block.map((axis) => columnOf(split.table, axis, rows))
    return fitParzen({ dimensions, columns, weights }, rules)
  }
  return { good: estimate(split.good), bad: estimate(split.bad) }
}

/** The draw from the good density that is likeliest beside the bad one; of equal ones the first. */
export function drawBest({ good, bad }: DensityRatio, count: number, random: Random): Float64Array {
  const known = new Set<string>()
  let best = good.sample(random)
  let bestRatio = Number.NEGATIVE_INFINITY
  for (let candidate = 0; candidate < count; candidate++) {
    const point = candidate === 0 ? best : good.sample(random)
    const key = point.join()
    if (known.has(key)) continue
    known.add(key)
    const ratio = good.logDensity(point) - bad.logDensity(point)
    if (ratio > bestRatio) [best, bestRatio] = [point, ratio]
  }
  return best
}

/** Those rows in which the whole block is active. */
function activeRows(table: TrialTable, block: Block, all: Rows): Rows {
  const columns = block
    .filter((axis) => !table.isEverywhere(axis))
    .map((axis) => table.entries(axis))
  if (columns.length === 0) return all
  return weighed(all.rows.filter((row) => columns.every((entries) => !Number.isNaN(entries[row]))))
}

function columnOf(table: TrialTable, axis: number, rows: Int32Array): ObservedColumn {
  const entries = table.entries(axis)
  const values = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) values[i] = entries[rows[i] as number] as number
  const sorted = table.order(axis)
  if (sorted.length === 0) return { values, order: new Int32Array(0) }
  const positions = new Int32Array(table.length).fill(-1)
  for (let i = 0; i < rows.length; i++) positions[rows[i] as number] = i
  const order = new Int32Array(rows.length)
  let count = 0
  for (let i = 0; i < sorted.length; i++) {
    const position = positions[sorted[i] as number] as number
    if (position >= 0) order[count++] = position
  }
  return { values, order }
}
