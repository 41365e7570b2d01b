import { type DagVertex, quickOrder } from '../dag-form.ts'
import {
  type Block,
  type Cell,
  type CellPair,
  type CellRules,
  cellKinds,
  outputStates,
  type Side,
  sideNames,
  stateOf,
} from './cell.ts'
import { type CellOperation, cellOperations } from './operations.ts'
import { formatPair } from './text.ts'

/**
 * The text of one pair for all that are the same network: equal for two pairs exactly when they differ
 * in the order of the sides of blocks and of the blocks at most, and the last blocks of each combine
 * alike. The space parses it.
 *
 * @remarks
 * Orders only permute the channels of what a cell hands on, and the weights of what comes next can
 * take any permutation up: a 1x1 convolution stands between cells, or, where NASNet leaves an input
 * untouched, every state of that cell can be permuted alike.
 */
export function canonicalText(pair: CellPair, { output }: CellRules): string {
  const [normal, reduction] = cellKinds.map((kind) => canonicalCell(pair[kind], output))
  return formatPair({ normal, reduction } as CellPair)
}

function canonicalCell(cell: Cell, output: CellRules['output']): Cell {
  const outputs = outputStates(cell, output)
  const blocks = blockOrder(cell, outputs)
  const places = new Map(blocks.map((block, place) => [stateOf(block), stateOf(place)]))
  const renamed = (state: number) => places.get(state) ?? state
  const sorted = blocks.flatMap((index) => {
    const block = cell.blocks[index]
    return block ? [sortedBlock(block, renamed)] : []
  })
  // States that are handed on anyway need no mention.
  const plain = outputStates({ blocks: sorted, also: [] }, output)
  const also = outputs.map(renamed).filter((state) => !plain.includes(state))
  return { blocks: sorted, also: also.sort((one, other) => one - other) }
}

/**
 * Positions of the blocks in an order that is the same for all isomorphic cells whose last blocks
 * combine alike: its channels are what everything handed on is brought to.
 */
function blockOrder(cell: Cell, outputs: readonly number[]): readonly number[] {
  const order = isomorphicOrder(cell, outputs)
  const read = cell.blocks.flatMap(({ left, right }) => [left.input, right.input])
  const combine = cell.blocks.at(-1)?.combine
  const last = order.findLast(
    (block) => cell.blocks[block]?.combine === combine && !read.includes(stateOf(block)),
  )
  return last === undefined ? order : [...order.filter((block) => block !== last), last]
}

function isomorphicOrder(cell: Cell, outputs: readonly number[]): readonly number[] {
  const label = (what: string, state: number) => `${what} ${outputs.includes(state)}`
  // A vertex for each state; a block takes the states that it reads by its operations.
  const vertices: DagVertex[] = [
    { label: label('0', 0), inputs: [] },
    { label: label('1', 1), inputs: [] },
  ]
  for (const { left, right, combine } of cell.blocks) {
    vertices.push({
      label: label(combine, vertices.length),
      inputs: [left.input, right.input],
      ports: [portOf(left.operation), portOf(right.operation)],
    })
  }
  const blocks: number[] = []
  for (const state of quickOrder(vertices)) if (state >= 2) blocks.push(state - 2)
  return blocks
}

const ports = new Map(cellOperations.map((operation, index) => [operation, index]))

function portOf(operation: CellOperation): number {
  return ports.get(operation) ?? 0
}

function sortedBlock(block: Block, renamed: (state: number) => number): Block {
  const sides = sideNames.map(
    (name): Side => ({ ...block[name], input: renamed(block[name].input) }),
  )
  const [left, right] = sides.sort(
    (one, other) => one.input - other.input || (one.operation < other.operation ? -1 : 1),
  )
  return { ...block, left, right } as Block
}
