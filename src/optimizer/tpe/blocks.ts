import type { TpeRules } from './settings.ts'
import type { TrialTable } from './trial-table.ts'

/** Axes that are modelled together, in rising order. */
export type Block = readonly number[]

/**
 * Which axes are modelled together; every axis is in one block.
 *
 * @see Optuna `search_space/intersection.py`, `search_space/group_decomposed.py`.
 */
export function blocksOf(table: TrialTable, axisCount: number, joint: TpeRules['joint']): Block[] {
  const axes = Array.from({ length: axisCount }, (_, axis) => axis)
  if (joint === 'none') return axes.map((axis) => [axis])
  if (joint === 'group') return groups(table, axes)
  const together = axes.filter((axis) => table.isEverywhere(axis))
  const alone = axes.filter((axis) => !table.isEverywhere(axis)).map((axis) => [axis])
  return together.length > 0 ? [together, ...alone] : alone
}

/** Axes that are active in exactly the same trials: what splitting set by set comes to. */
function groups(table: TrialTable, axes: readonly number[]): Block[] {
  const found: number[][] = []
  for (const axis of axes) {
    const group = found.find(([other = -1]) => haveSameRows(table, axis, other))
    if (group) group.push(axis)
    else found.push([axis])
  }
  return found
}

function haveSameRows(table: TrialTable, one: number, other: number): boolean {
  if (table.isEverywhere(one) && table.isEverywhere(other)) return true
  const [ones, others] = [table.entries(one), table.entries(other)]
  for (let row = 0; row < table.length; row++) {
    if (Number.isNaN(ones[row]) !== Number.isNaN(others[row])) return false
  }
  return true
}
