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

/** Every decision with an alternative, cell by cell, block by block; or those of one kind. */
export function decisions(
  pair: CellPair,
  rules: CellRules,
  only?: Decision['kind'],
): readonly Decision[] {
  const found: Decision[] = []
  for (const cell of cellKinds) {
    for (const [block, { left, right, combine }] of pair[cell].blocks.entries()) {
      const add = (kind: Decision['kind'], count: number, side?: SideName) => {
        if (count === 0 || (only !== undefined && kind !== only)) return
        found.push(
          side === undefined ? { kind, cell, block, count } : { kind, cell, block, side, count },
        )
      }
      for (const [side, { operation }] of [
        ['left', left],
        ['right', right],
      ] as const) {
        add('input', stateOf(block) - (rules.distinctInputs ? 2 : 1), side)
        add('operation', countBeside(rules.operations, operation), side)
      }
      add('combine', countBeside(rules.combinations, combine))
    }
  }
  return found
}

/** A pair that differs in one decision alone: the `index`-th of `count`, from 0. */
export function decidedOtherwise(
  pair: CellPair,
  decision: Decision,
  index: number,
  rules: CellRules,
): CellPair {
  const { cell, block } = decision
  const old = pair[cell].blocks[block]
  if (old === undefined) return pair
  const changed = ordered(changedBlock(old, decision, index, rules), rules)
  return { ...pair, [cell]: cellWith(pair[cell], block, changed) }
}

/** A uniform decision, made otherwise. */
export function mutatePair(pair: CellPair, rules: CellRules, random: Random): CellPair {
  return decideOtherwise(pair, decisions(pair, rules), rules, random)
}

/** A uniform one of the decisions, made otherwise. */
export function decideOtherwise(
  pair: CellPair,
  all: readonly Decision[],
  rules: CellRules,
  random: Random,
): CellPair {
  const decision = random.pick(all)
  return decidedOtherwise(pair, decision, random.int(decision.count), rules)
}

/** Every pair that one decision makes otherwise. */
export function* pairNeighbours(pair: CellPair, rules: CellRules): Iterable<CellPair> {
  for (const decision of decisions(pair, rules)) {
    for (let index = 0; index < decision.count; index++) {
      yield decidedOtherwise(pair, decision, index, rules)
    }
  }
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

function countBeside<T>(all: readonly T[], one: T): number {
  return all.includes(one) ? all.length - 1 : all.length
}

function changedBlock(
  block: Block,
  { kind, side: name }: Decision,
  index: number,
  { operations, combinations, distinctInputs }: CellRules,
): Block {
  if (name === undefined) {
    const now = combinations.indexOf(block.combine)
    return { ...block, combine: combinations[nthBeside([now], index)] ?? block.combine }
  }
  const side = block[name]
  if (kind === 'input') {
    const other = block[name === 'left' ? 'right' : 'left'].input
    const taken = distinctInputs ? [side.input, other] : [side.input]
    return { ...block, [name]: { ...side, input: nthBeside(taken, index) } }
  }
  const now = operations.indexOf(side.operation)
  return {
    ...block,
    [name]: { ...side, operation: operations[nthBeside([now], index)] ?? side.operation },
  }
}

/** The n-th number from 0 on, counted from 0, that is none of those taken. */
function nthBeside(taken: readonly number[], n: number): number {
  return taken
    .toSorted((a, b) => a - b)
    .reduce((number, one) => (one >= 0 && one <= number ? number + 1 : number), n)
}
