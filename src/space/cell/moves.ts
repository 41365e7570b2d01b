/** Drawing, counting and changing pairs of cells. */
import type { Random } from '#src/random/random.ts'
import {
  type Block,
  type Cell,
  type CellKind,
  type CellPair,
  type CellRules,
  cellKinds,
  cellWith,
  ordered,
  type Side,
  type SideName,
  sideNames,
  stateOf,
} from './cell.ts'

/** One decision of an architecture that could have been made otherwise. */
export interface Decision {
  readonly kind: 'input' | 'operation' | 'combine'
  readonly cell: CellKind
  readonly block: number
  /** Absent for `combine`. */
  readonly side?: SideName
  /** The architectures that differ in this decision alone; at least one. */
  readonly others: readonly CellPair[]
}

/** Uniform over all pairs: states, operations and combinations independently. */
export function samplePair(rules: CellRules, random: Random): CellPair {
  const cell = (): Cell => ({
    blocks: Array.from({ length: rules.blocks }, (_, block) => sampleBlock(block, rules, random)),
    also: [],
  })
  return { normal: cell(), reduction: cell() }
}

/** Cells of each kind, to the power of two: states times operations times combinations a block. */
export function countPairs(rules: CellRules): bigint {
  const { blocks, operations, combinations, distinctInputs } = rules
  let cells = 1n
  for (let block = 0; block < blocks; block++) {
    const states = BigInt(stateOf(block))
    const inputs = distinctInputs ? (states * (states - 1n)) / 2n : states ** 2n
    cells *= inputs * BigInt(operations.length) ** 2n * BigInt(combinations.length)
  }
  return cells ** 2n
}

/** Every decision with an alternative, cell by cell, block by block. */
export function decisions(pair: CellPair, rules: CellRules): readonly Decision[] {
  return cellKinds.flatMap((kind) =>
    pair[kind].blocks.flatMap((block, index) =>
      [
        ...sideNames.flatMap((side) => sideDecisions(block, index, side, rules)),
        combineDecision(block, rules),
      ]
        .filter(({ blocks }) => blocks.length > 0)
        .map(({ blocks, ...decision }) => ({
          ...decision,
          cell: kind,
          block: index,
          others: blocks.map((changed) => ({
            ...pair,
            [kind]: cellWith(pair[kind], index, ordered(changed, rules)),
          })),
        })),
    ),
  )
}

/** A uniform decision, made otherwise. */
export function mutatePair(pair: CellPair, rules: CellRules, random: Random): CellPair {
  return random.pick(random.pick(decisions(pair, rules)).others)
}

/** Every pair that one decision makes otherwise. */
export function pairNeighbours(pair: CellPair, rules: CellRules): readonly CellPair[] {
  return decisions(pair, rules).flatMap(({ others }) => others)
}

/**
 * Each decision from either parent; where a block's sides must differ, each block. States handed on
 * in addition come cell by cell.
 */
export function crossPairs(
  first: CellPair,
  second: CellPair,
  rules: CellRules,
  random: Random,
): CellPair {
  const either = <T>(one: T, other: T) => (random.bernoulli(0.5) ? other : one)
  const side = (one: Side, other: Side): Side => ({
    operation: either(one.operation, other.operation),
    input: either(one.input, other.input),
  })
  const block = (one: Block, other: Block): Block =>
    rules.distinctInputs
      ? either(one, other)
      : {
          left: side(one.left, other.left),
          right: side(one.right, other.right),
          combine: either(one.combine, other.combine),
        }
  const cell = (one: Cell, other: Cell): Cell => ({
    blocks: one.blocks.map((item, index) => block(item, other.blocks[index] ?? item)),
    also: either(one.also, other.also),
  })
  return {
    normal: cell(first.normal, second.normal),
    reduction: cell(first.reduction, second.reduction),
  }
}

/** Pairs of different states that a block can read, the earlier one first. */
export function inputPairs(block: number): readonly (readonly [number, number])[] {
  const states = Array.from({ length: stateOf(block) }, (_, state) => state)
  return states.flatMap((later) =>
    states.slice(0, later).map((earlier) => [earlier, later] as const),
  )
}

function sampleBlock(block: number, rules: CellRules, random: Random): Block {
  const [left, right] = rules.distinctInputs
    ? random.pick(inputPairs(block))
    : [random.int(stateOf(block)), random.int(stateOf(block))]
  return {
    left: { operation: random.pick(rules.operations), input: left },
    right: { operation: random.pick(rules.operations), input: right },
    combine: random.pick(rules.combinations),
  }
}

interface BlockDecision {
  readonly kind: Decision['kind']
  readonly side?: SideName
  readonly blocks: readonly Block[]
}

function sideDecisions(
  block: Block,
  index: number,
  name: SideName,
  rules: CellRules,
): readonly BlockDecision[] {
  const side = block[name]
  const partner = block[name === 'left' ? 'right' : 'left']
  const states = Array.from({ length: stateOf(index) }, (_, state) => state)
  const inputs = states.filter(
    (state) => state !== side.input && !(rules.distinctInputs && state === partner.input),
  )
  const operations = rules.operations.filter((operation) => operation !== side.operation)
  const changed = (change: Partial<Side>): Block => ({ ...block, [name]: { ...side, ...change } })
  return [
    { kind: 'input', side: name, blocks: inputs.map((input) => changed({ input })) },
    {
      kind: 'operation',
      side: name,
      blocks: operations.map((operation) => changed({ operation })),
    },
  ]
}

function combineDecision(block: Block, rules: CellRules): BlockDecision {
  return {
    kind: 'combine',
    blocks: rules.combinations
      .filter((combine) => combine !== block.combine)
      .map((combine) => ({ ...block, combine })),
  }
}
