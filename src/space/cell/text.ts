/** The text form of a pair of cells, and everything that can be wrong with one. */
import { ArchloomError } from '#src/errors.ts'
import {
  type Block,
  type Cell,
  type CellKind,
  type CellPair,
  type CellRules,
  type Combination,
  cellKinds,
  type Side,
  type SideName,
  sideNames,
  stateOf,
} from './cell.ts'
import { cellOperations } from './operations.ts'

/** What is wrong, and where. */
export interface CellProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

const signs: Readonly<Record<Combination, string>> = { add: '+', concat: '&' }
const sidePattern = /^([a-z][a-z0-9]*)\((0|[1-9][0-9]{0,3})\)$/
const alsoPattern = /^also\(((?:0|[1-9][0-9]{0,3})(?:,(?:0|[1-9][0-9]{0,3}))*)\)$/

/**
 * `normal: sep5(0)+sep3(1) avg3(0)+skip(1) also(1); reduction: max3(0)&sep7(1) …`: the blocks in
 * order, each two operations on states, joined by `+` when they are added and by `&` when they are
 * concatenated.
 */
export function formatPair(pair: CellPair): string {
  return cellKinds.map((kind) => `${kind}: ${formatCell(pair[kind])}`).join('; ')
}

export function formatCell({ blocks, also }: Cell): string {
  const texts = blocks.map(
    ({ left, right, combine }) => `${formatSide(left)}${signs[combine]}${formatSide(right)}`,
  )
  return [...texts, ...(also.length > 0 ? [`also(${also.join(',')})`] : [])].join(' ')
}

/**
 * Reads the text form.
 * @throws space/invalid-architecture naming cell, block and side
 */
export function parsePair(text: string, rules: CellRules): CellPair {
  const parts = text.split('; ')
  if (parts.length !== cellKinds.length) {
    refuse(rules, 'the pair of cells', '"normal: …; reduction: …"', quote(text))
  }
  const [normal, reduction] = cellKinds.map((kind, index) =>
    parseCell(parts[index] ?? '', kind, rules),
  )
  const pair = { normal, reduction } as CellPair
  const [problem] = pairProblems(pair, rules)
  if (problem !== undefined) refuse(rules, problem.place, problem.expected, problem.found)
  return pair
}

/** Everything that keeps a pair out of a space. */
export function pairProblems(pair: CellPair, rules: CellRules): readonly CellProblem[] {
  return cellKinds.flatMap((kind) => cellProblems(pair[kind], kind, rules))
}

/** A problem as a sentence. */
export function problemSentence(rules: CellRules, problem: CellProblem): string {
  const { place, expected, found } = problem
  return `The ${rules.space} architecture is wrong at ${place}: expected ${expected}, found ${found}`
}

function parseCell(text: string, kind: CellKind, rules: CellRules): Cell {
  const start = `${kind}: `
  if (!text.startsWith(start)) {
    refuse(rules, `the ${kind} cell`, `a text that starts with "${start}"`, quote(text))
  }
  const parts = text.slice(start.length).split(' ')
  const also = alsoPattern.exec(parts.at(-1) ?? '')?.[1]
  const blocks = also === undefined ? parts : parts.slice(0, -1)
  return {
    blocks: blocks.map((part, index) => parseBlock(part, blockPlace(kind, index), rules)),
    also: also === undefined ? [] : also.split(',').map(Number),
  }
}

function parseBlock(text: string, place: string, rules: CellRules): Block {
  const combine: Combination = text.includes(signs.concat) ? 'concat' : 'add'
  const parts = text.split(signs[combine])
  if (parts.length !== 2) {
    refuse(rules, place, 'two sides such as sep3(0)+skip(1), or sep3(0)&skip(1)', quote(text))
  }
  const side = (name: SideName, part = ''): Side => {
    const [, operationName, input] = sidePattern.exec(part) ?? []
    const operation = cellOperations.find((candidate) => candidate === operationName)
    if (operation !== undefined) return { operation, input: Number(input) }
    const expected = `an operation on a state, such as ${rules.operations[0]}(0), with one of ${rules.operations.join(', ')}`
    refuse(rules, `${place}, ${name} side`, expected, quote(part))
  }
  return { left: side('left', parts[0]), right: side('right', parts[1]), combine }
}

function cellProblems(cell: Cell, kind: CellKind, rules: CellRules): readonly CellProblem[] {
  if (!Array.isArray(cell?.blocks) || !Array.isArray(cell.also)) {
    const found = JSON.stringify(cell) ?? 'nothing'
    return [{ place: `the ${kind} cell`, expected: 'blocks and states handed on', found }]
  }
  const { blocks } = rules
  const counted =
    cell.blocks.length === blocks
      ? []
      : [
          {
            place: `the ${kind} cell`,
            expected: `${blocks} block${blocks === 1 ? '' : 's'}`,
            found: String(cell.blocks.length),
          },
        ]
  const wrong = cell.blocks.flatMap((block, index) =>
    blockProblems(block, index, blockPlace(kind, index), rules),
  )
  return [...counted, ...wrong, ...alsoProblems(cell, kind, rules)]
}

function blockProblems(
  block: Block,
  index: number,
  place: string,
  rules: CellRules,
): readonly CellProblem[] {
  const sides = sideNames.flatMap((name) =>
    sideProblems(block[name], index, `${place}, ${name} side`, rules),
  )
  if (sides.length > 0) return sides
  if (!rules.combinations.includes(block.combine)) {
    const expected = `sides joined by ${rules.combinations.join(' or ')}`
    return [{ place, expected, found: String(block.combine) }]
  }
  if (rules.distinctInputs && block.left.input >= block.right.input) {
    const found = `states ${block.left.input} and ${block.right.input}`
    return [{ place, expected: 'two different states, the earlier one left', found }]
  }
  return []
}

function sideProblems(
  side: Side,
  block: number,
  place: string,
  rules: CellRules,
): readonly CellProblem[] {
  const { operation, input } = side
  if (!rules.operations.includes(operation)) {
    const expected = `one of ${rules.operations.join(', ')}`
    return [{ place, expected, found: String(operation) }]
  }
  const last = stateOf(block) - 1
  return Number.isInteger(input) && input >= 0 && input <= last
    ? []
    : [{ place, expected: `a state from 0 to ${last}`, found: String(input) }]
}

function alsoProblems(cell: Cell, kind: CellKind, rules: CellRules): readonly CellProblem[] {
  const { also, blocks } = cell
  if (also.length === 0) return []
  const place = `the ${kind} cell's states handed on`
  const found = `also(${also.join(',')})`
  if (rules.output === 'all') {
    return [{ place, expected: 'none beside the blocks, which all are', found }]
  }
  const last = stateOf(blocks.length) - 1
  const isAscending = also.every((state, index) => index === 0 || state > (also[index - 1] ?? 0))
  const isInRange = also.every((state) => Number.isInteger(state) && state >= 0 && state <= last)
  return isAscending && isInRange
    ? []
    : [{ place, expected: `states from 0 to ${last}, each once, ascending`, found }]
}

function formatSide({ operation, input }: Side): string {
  return `${operation}(${input})`
}

function blockPlace(kind: CellKind, block: number): string {
  return `the ${kind} cell, block ${block}`
}

function quote(text: string): string {
  return JSON.stringify(text)
}

function refuse(rules: CellRules, place: string, expected: string, found: string): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    problemSentence(rules, { place, expected, found }),
    { details: { space: rules.space, place, expected, found } },
  )
}
