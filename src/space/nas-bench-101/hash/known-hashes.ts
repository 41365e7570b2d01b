import { lateMemory } from '#src/encoding/late-memory.ts'
import { type Cell, cellOperations, prune } from '../cell.ts'
import { type CellHasher, createCellHasher } from './hasher.ts'

/** A few megabytes. */
const hashesMax = 65_536

/**
 * The published hash of cells, pruned first; those of late are not worked out again.
 *
 * @remarks
 * Draws of unpruned cells mostly come to few pruned ones, so that a search for new networks meets the
 * same ones again and again.
 *
 * @param keptMax - hashes that are remembered at most; what is handed back does not depend on it
 */
export function knownHashes(keptMax = hashesMax): (cell: Cell) => string {
  let hasher: CellHasher | null = null
  const hashes = lateMemory(keptMax, (_: number, pruned: Cell) => {
    hasher ??= createCellHasher()
    return hasher.hash(pruned)
  })
  return (cell) => {
    const pruned = prune(cell)
    return hashes(keyOf(pruned), pruned)
  }
}

/**
 * Another number for every other pruned cell, below 2^30. The size needs no place of its own: since the
 * highest edge of a cell leads to its output, the numbers of each size begin above all of a smaller one.
 */
function keyOf({ adjacency, operations }: Cell): number {
  let key = adjacency
  for (const operation of operations) {
    key = key * cellOperations.length + cellOperations.indexOf(operation)
  }
  return key
}
