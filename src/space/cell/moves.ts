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
  stateOf,
} from './cell.ts'

/** One decision of an architecture that could have been made otherwise. */
export interface Decision {
  readonly kind: 'input' | 'operation' | 'combine'
  readonly cell: CellKind
  readonly block: number
  /** Absent for `combine`. */
  readonly side?: SideName
  /** How many architectures differ in this decision alone; at least one. */
  readonly count: number
  /** One of them, counted from 0; not made before it is asked for. */
  readonly other: (index: number) => CellPair
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
      blockDecisions(block, index, rules).map(({ change, ...decision }) => ({
        ...decision,
        cell: kind,
        block: index,
        other: (other: number) => ({
          ...pair,
          [kind]: cellWith(pair[kind], index, ordered(change(other), rules)),
        }),
      })),
    ),
  )
}

/** A uniform decision, made otherwise. */
export function mutatePair(pair: CellPair, rules: CellRules, random: Random): CellPair {
  return decideOtherwise(decisions(pair, rules), random)
}

/** A uniform one of the decisions, made otherwise. */
export function decideOtherwise(all: readonly Decision[], random: Random): CellPair {
  const { count, other } = random.pick(all)
  return other(random.int(count))
}

/** Every pair that one decision makes otherwise. */
export function pairNeighbours(pair: CellPair, rules: CellRules): readonly CellPair[] {
  return decisions(pair, rules).flatMap(({ count, other }) =>
    Array.from({ length: count }, (_, index) => other(index)),
  )
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
  /** Ways to make it otherwise. */
  readonly count: number
  /** The block of one of them, counted from 0; not made before it is asked for. */
  readonly change: (other: number) => Block
}

/** Those of a block that have an alternative. */
function blockDecisions(block: Block, index: number, rules: CellRules): readonly BlockDecision[] {
  const all = [
    ...sideDecisions(block, index, 'left', rules),
    ...sideDecisions(block, index, 'right', rules),
    combineDecision(block, rules),
  ]
  return all.filter(({ count }) => count > 0)
}

function sideDecisions(
  block: Block,
  index: number,
  name: SideName,
  rules: CellRules,
): readonly BlockDecision[] {
  const side = block[name]
  const taken = [side.input]
  if (rules.distinctInputs) taken.push(block[name === 'left' ? 'right' : 'left'].input)
  const now = rules.operations.indexOf(side.operation)
  const changed = (change: Partial<Side>): Block => ({ ...block, [name]: { ...side, ...change } })
  return [
    {
      kind: 'input',
      side: name,
      count: stateOf(index) - taken.length,
      change: (other) => changed({ input: nthBeside(taken, other) }),
    },
    {
      kind: 'operation',
      side: name,
      count: now < 0 ? rules.operations.length : rules.operations.length - 1,
      change: (other) =>
        changed({ operation: rules.operations[nthBeside([now], other)] ?? side.operation }),
    },
  ]
}

function combineDecision(block: Block, rules: CellRules): BlockDecision {
  const others = rules.combinations.filter((combine) => combine !== block.combine)
  return {
    kind: 'combine',
    count: others.length,
    change: (other) => ({ ...block, combine: others[other] ?? block.combine }),
  }
}

/** The n-th number from 0 on, counted from 0, that is none of those taken. */
function nthBeside(taken: readonly number[], n: number): number {
  return taken
    .toSorted((a, b) => a - b)
    .reduce((number, one) => (one >= 0 && one <= number ? number + 1 : number), n)
}
