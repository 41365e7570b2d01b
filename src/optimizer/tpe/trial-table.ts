import type { Configuration } from '#src/parameter/parameter.ts'
import { toScale } from '#src/predictor/parzen-dimension.ts'
import type { ParameterAxis } from './parameter-axis.ts'

/** How good a row is, most important first; smaller is better. */
export type Rank = readonly [kind: number, first: number, second: number]

/** Every rank of a row with a better kind is better. */
export const rankKinds = { completed: 0, stopped: 1, pending: 2, failed: 3 } as const

/**
 * What the model knows, one row a trial in the order of time: trials told, configurations that were
 * refused in between, and while one ask lasts those under way. Rows are added and, from the end,
 * taken away; orders are kept, not sorted anew.
 */
export class TrialTable {
  readonly #axes: readonly ParameterAxis[]
  /** By axis and row: places of choices, numbers on their scale; NaN where the parameter is inactive. */
  readonly #columns: readonly Column[]
  readonly #ranks: Rank[] = []
  /** Rows from best to worst, of equal ones the older first. */
  readonly #byRank: number[] = []
  /** By axis, its active rows by rising value; empty for categorical axes. */
  readonly #byValue: readonly number[][]
  /** By axis, how many rows have it. */
  readonly #activeCounts: number[]

  constructor(axes: readonly ParameterAxis[]) {
    this.#axes = axes
    this.#columns = axes.map(() => ({ entries: new Float64Array(64) }))
    this.#byValue = axes.map(() => [])
    this.#activeCounts = axes.map(() => 0)
  }

  get length(): number {
    return this.#ranks.length
  }

  add(configuration: Configuration, rank: Rank): void {
    const row = this.#ranks.length
    this.#ranks.push(rank)
    this.#byRank.splice(this.#rankPlace(rank), 0, row)
    for (const [index, axis] of this.#axes.entries()) {
      const { dimension } = axis
      const read = axis.read(configuration)
      const entry = dimension.kind === 'numeric' ? toScale(dimension, read) : read
      const column = this.#columns[index] as Column
      writeEntry(column, row, entry)
      if (Number.isNaN(entry)) continue
      this.#activeCounts[index] = (this.#activeCounts[index] as number) + 1
      if (dimension.kind === 'numeric') {
        const order = this.#byValue[index] as number[]
        order.splice(placeAfter(order, column.entries, entry), 0, row)
      }
    }
  }

  removeLast(): void {
    const row = this.#ranks.length - 1
    this.#ranks.pop()
    this.#byRank.splice(this.#byRank.lastIndexOf(row), 1)
    for (const [index, { entries }] of this.#columns.entries()) {
      if (Number.isNaN(entries[row])) continue
      this.#activeCounts[index] = (this.#activeCounts[index] as number) - 1
      const order = this.#byValue[index] as number[]
      if (order.length > 0) order.splice(order.lastIndexOf(row), 1)
    }
  }

  /** Rows from best to worst. */
  get ranking(): readonly number[] {
    return this.#byRank
  }

  entries(axis: number): Float64Array {
    return (this.#columns[axis] as Column).entries
  }

  /** The rows in which a numeric axis is active, by rising value. */
  order(axis: number): readonly number[] {
    return this.#byValue[axis] as number[]
  }

  isEverywhere(axis: number): boolean {
    return this.#activeCounts[axis] === this.#ranks.length
  }

  /** After all ranks that are not worse. */
  #rankPlace(rank: Rank): number {
    let [low, high] = [0, this.#byRank.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#ranks[this.#byRank[middle] as number] as Rank
      if (compareRanks(other, rank) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

interface Column {
  entries: Float64Array
}

function writeEntry(column: Column, row: number, entry: number): void {
  if (row >= column.entries.length) {
    const longer = new Float64Array(2 * row)
    longer.set(column.entries)
    column.entries = longer
  }
  column.entries[row] = entry
}

function placeAfter(order: readonly number[], entries: Float64Array, entry: number): number {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[order[middle] as number] as number) <= entry) low = middle + 1
    else high = middle
  }
  return low
}

function compareRanks(one: Rank, other: Rank): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2]
}
