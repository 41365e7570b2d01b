/** Cells as vectors of fixed length. */
import type { FeatureEncoding } from '../space.ts'
import {
  type Block,
  type Cell,
  type CellPair,
  type CellRules,
  cellKinds,
  outputStates,
  sideNames,
  stateOf,
} from './cell.ts'
import type { CellOperation } from './operations.ts'

/**
 * How often each block applies each operation to each state, whatever the side; where a space has
 * the choice, whether a block concatenates, and which states the cell hands on.
 */
export function adjacencyEncoding(rules: CellRules): FeatureEncoding<CellPair> {
  const { blocks, operations, combinations, output } = rules
  const reads = Array.from({ length: blocks }, (_, block) => stateOf(block))
  const readCount = reads.reduce((sum, states) => sum + states, 0) * operations.length
  const combineCount = combinations.length > 1 ? blocks : 0
  const outputCount = output === 'all' ? 0 : stateOf(blocks)
  const encodeCell = (cell: Cell): number[] => {
    const outputs = outputStates(cell, output)
    return [
      ...cell.blocks.flatMap((block, index) => blockReads(block, index, operations)),
      ...cell.blocks.slice(0, combineCount).map(({ combine }) => Number(combine === 'concat')),
      ...Array.from({ length: outputCount }, (_, state) => Number(outputs.includes(state))),
    ]
  }
  return {
    size: 2 * (readCount + combineCount + outputCount),
    description:
      'for each cell, block, earlier state and operation, how many of the two sides apply it; then which blocks concatenate and which states are handed on, where that is open',
    isCanonical: false,
    encode: (pair) => cellKinds.flatMap((kind) => encodeCell(pair[kind])),
  }
}

/** Longest sequence of operations that a path encoding tells apart. */
const pathLengthMax = 4

/**
 * One bit for every sequence of up to four operations from an input of a cell to its output; short
 * sequences first, so that the first bits are the truncated encoding.
 *
 * @remarks
 * Within a length: the normal cell before the reduction cell, state 0 before state 1, then the
 * operations as digits, the first one the most significant. The authors' own order of bits is not
 * published in a form that could be checked, so bits are not interchangeable with theirs.
 *
 * @see White et al. 2021, "BANANAS", section 3 and appendix.
 */
export function pathEncoding(rules: CellRules): FeatureEncoding<CellPair> {
  const { operations, output } = rules
  const longest = Math.min(pathLengthMax, rules.blocks)
  const lengths = Array.from({ length: longest }, (_, index) => index + 1)
  const size = lengths.reduce((sum, length) => sum + 4 * operations.length ** length, 0)
  const offset = (length: number) =>
    lengths.slice(0, length - 1).reduce((sum, shorter) => sum + 4 * operations.length ** shorter, 0)
  return {
    size,
    description:
      'one bit for each sequence of one to four operations from an input to the output of a cell; White et al. 2021, "BANANAS", section 3',
    isCanonical: true,
    encode(pair) {
      const bits = new Array<number>(size).fill(0)
      for (const [cellIndex, kind] of cellKinds.entries()) {
        for (const { input, path } of pathsOf(pair[kind], output)) {
          if (path.length > longest) continue
          const code = path.reduce(
            (sum, operation) => sum * operations.length + operations.indexOf(operation),
            0,
          )
          const group = 2 * cellIndex + input
          bits[offset(path.length) + group * operations.length ** path.length + code] = 1
        }
      }
      return bits
    },
  }
}

interface Path {
  /** The state that it starts from, 0 or 1. */
  readonly input: number
  readonly path: readonly CellOperation[]
}

function pathsOf(cell: Cell, output: CellRules['output']): readonly Path[] {
  const byState: (readonly Path[])[] = [[{ input: 0, path: [] }], [{ input: 1, path: [] }]]
  for (const block of cell.blocks) {
    byState.push(
      sideNames.flatMap((name) => {
        const { operation, input } = block[name]
        return (byState[input] ?? []).map((path) => ({ ...path, path: [...path.path, operation] }))
      }),
    )
  }
  return outputStates(cell, output).flatMap((state) => byState[state] ?? [])
}

function blockReads(block: Block, index: number, operations: readonly CellOperation[]): number[] {
  const counts = new Array<number>(stateOf(index) * operations.length).fill(0)
  for (const name of sideNames) {
    const { operation, input } = block[name]
    const position = input * operations.length + operations.indexOf(operation)
    counts[position] = (counts[position] ?? 0) + 1
  }
  return counts
}
