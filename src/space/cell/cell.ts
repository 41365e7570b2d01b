/**
 * Pairs of cells in the manner of NASNet: what the spaces nasnet, amoebanet and darts have in
 * common. A cell has two input states, 0 and 1, and adds one state a block; a block applies an
 * operation to each of two earlier states and combines the results.
 *
 * @see Zoph et al. 2018, "Learning Transferable Architectures for Scalable Image Recognition",
 * section 3.
 */
import type { CellOperation } from './operations.ts'

/** One of the two arms of a block: an operation on an earlier state. */
export interface Side {
  readonly operation: CellOperation
  /** The state it reads. Block b makes state b + 2, so block b can read states 0 to b + 1. */
  readonly input: number
}

export const combinations = ['add', 'concat'] as const
/** How a block joins its sides: element by element, or along the channels. */
export type Combination = (typeof combinations)[number]

export interface Block {
  readonly left: Side
  readonly right: Side
  readonly combine: Combination
}

export interface Cell {
  readonly blocks: readonly Block[]
  /**
   * States that the cell's output has besides the blocks that no block reads; ascending. Published
   * cells have some (NASNet-A's normal cell hands on state 1), sampled ones never do.
   */
  readonly also: readonly number[]
}

export const cellKinds = ['normal', 'reduction'] as const
export type CellKind = (typeof cellKinds)[number]

/** An architecture: the cell that keeps the image's size, and the one that halves it. */
export type CellPair = Readonly<Record<CellKind, Cell>>

export const sideNames = ['left', 'right'] as const
export type SideName = (typeof sideNames)[number]

/** What a cell of a space may be. */
export interface CellRules {
  /** The space's name, for messages. */
  readonly space: string
  /** Blocks a cell. */
  readonly blocks: number
  readonly operations: readonly CellOperation[]
  readonly combinations: readonly Combination[]
  /**
   * Whether a block's sides read different states. Their order is immaterial then, and the one with
   * the earlier state stands left.
   */
  readonly distinctInputs: boolean
  /** What a cell hands on: the blocks that no block reads, or all of its blocks. */
  readonly output: 'unused' | 'all'
}

/** The state that a block makes. */
export function stateOf(block: number): number {
  return block + 2
}

/** States whose tensors the cell's output is made of, ascending. */
export function outputStates({ blocks, also }: Cell, output: CellRules['output']): number[] {
  const isRead = new Uint8Array(stateOf(blocks.length))
  if (output !== 'all') {
    for (const { left, right } of blocks) {
      isRead[left.input] = 1
      isRead[right.input] = 1
    }
  }
  const states: number[] = []
  for (let block = 0; block < blocks.length; block++) {
    if (isRead[stateOf(block)] === 0) states.push(stateOf(block))
  }
  if (also.length === 0) return states
  return [...new Set([...states, ...also])].sort((one, other) => one - other)
}

export function cellWith(cell: Cell, block: number, changed: Block): Cell {
  return { ...cell, blocks: cell.blocks.with(block, changed) }
}

/** The sides in the order that a space of distinct inputs wants. */
export function ordered(block: Block, { distinctInputs }: CellRules): Block {
  const { left, right } = block
  return distinctInputs && left.input > right.input ? { ...block, left: right, right: left } : block
}
