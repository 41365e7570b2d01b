/**
 * The recurrent cell of NAS-Bench-NLP: a graph of a few operations from a position and states to the
 * states after it.
 *
 * @see Klyuchnikov et al. 2020, "NAS-Bench-NLP: Neural Architecture Search Benchmark for Natural
 *   Language Processing", section 3; its code, `custom_rnn.py`.
 */
import type { CellProblem } from './enas-cell.ts'

export const nlpOperations = [
  'linear',
  'blend',
  'product',
  'sum',
  'tanh',
  'sigmoid',
  'leaky-relu',
] as const
export type NlpOperation = (typeof nlpOperations)[number]

/** The position `x`, a state before it `h0`, `h1`, `h2`, or a node's number, counted from 1. */
export type NlpRef = string

export interface NlpNode {
  readonly operation: NlpOperation
  /** Each once; the order matters to `blend` alone, which takes gate, first, second. */
  readonly inputs: readonly NlpRef[]
}

export interface NlpCell {
  readonly nodes: readonly NlpNode[]
  /** Numbers of the nodes that are the states afterwards, from state 0 on, each once. */
  readonly states: readonly number[]
}

export interface NlpRules {
  readonly minNodes: number
  readonly maxNodes: number
  readonly maxStates: number
  readonly operations: readonly NlpOperation[]
}

/** How many inputs an operation can have. */
export const arities: Readonly<Record<NlpOperation, readonly number[]>> = {
  linear: [2, 3],
  blend: [3],
  product: [2],
  sum: [2],
  tanh: [1],
  sigmoid: [1],
  'leaky-relu': [1],
}

/** The node that a reference names; 0 for the position and for states. */
export function nodeNumber(ref: NlpRef): number {
  return /^[1-9]\d*$/.test(ref) ? Number(ref) : 0
}

/** Everything that a cell of so many states and nodes can refer to. */
export function allRefs(stateCount: number, nodeCount: number): readonly NlpRef[] {
  const states = Array.from({ length: stateCount }, (_, index) => `h${index}`)
  const nodes = Array.from({ length: nodeCount }, (_, index) => String(index + 1))
  return ['x', ...states, ...nodes]
}

/**
 * What is wrong with a cell, its nodes in any order but each after its inputs.
 *
 * @remarks
 * Only linear layers take the position, whose size is another than the states'. Each node reaches a
 * state; a state need not be read, as in the benchmark.
 */
export function nlpProblems(cell: NlpCell, rules: NlpRules): readonly CellProblem[] {
  if (!Array.isArray(cell?.nodes) || !Array.isArray(cell.states)) {
    return [{ place: 'the cell', expected: 'nodes and states', found: JSON.stringify(cell) }]
  }
  return [
    ...sizeProblems(cell, rules),
    ...stateProblems(cell),
    ...cell.nodes.flatMap((node, index) => nodeProblems(node, index, cell, rules)),
    ...useProblems(cell),
  ]
}

function sizeProblems({ nodes, states }: NlpCell, rules: NlpRules): CellProblem[] {
  const { minNodes, maxNodes, maxStates } = rules
  const problems: CellProblem[] = []
  if (nodes.length < minNodes || nodes.length > maxNodes) {
    const expected = `${minNodes} to ${maxNodes} nodes`
    problems.push({ place: 'the length', expected, found: String(nodes.length) })
  }
  if (states.length < 1 || states.length > maxStates) {
    const expected = `1 to ${maxStates} states, marked =h0 and on`
    problems.push({ place: 'the states', expected, found: String(states.length) })
  }
  return problems
}

function stateProblems({ nodes, states }: NlpCell): CellProblem[] {
  return states.flatMap((number, index) => {
    const place = `state h${index}`
    const isNode = Number.isInteger(number) && number >= 1 && number <= nodes.length
    if (!isNode) {
      const expected = `one of the nodes 1 to ${nodes.length}`
      return [{ place, expected, found: JSON.stringify(number) }]
    }
    const first = states.indexOf(number)
    if (first === index) return []
    return [{ place, expected: 'a node of its own', found: `that of h${first}` }]
  })
}

function nodeProblems(
  { operation, inputs }: NlpNode,
  index: number,
  { states }: NlpCell,
  rules: NlpRules,
): CellProblem[] {
  const place = `node ${index + 1}`
  if (!rules.operations.includes(operation)) {
    const expected = `one of ${rules.operations.join(', ')}`
    return [{ place, expected, found: JSON.stringify(operation) }]
  }
  const counts = arities[operation]
  if (!counts.includes(inputs.length)) {
    const expected = `${operation} of ${counts.join(' or ')} inputs`
    return [{ place, expected, found: String(inputs.length) }]
  }
  const known = allRefs(states.length, index)
  const problems: CellProblem[] = []
  for (const [position, ref] of inputs.entries()) {
    if (!known.includes(ref)) {
      const expected = `x, ${states.length === 1 ? 'h0' : `h0 to h${states.length - 1}`} or the number of an earlier node`
      problems.push({ place, expected, found: JSON.stringify(ref) })
    } else if (ref === 'x' && operation !== 'linear') {
      problems.push({ place, expected: 'x in linear alone', found: `x in ${operation}` })
    } else if (inputs.indexOf(ref) !== position) {
      problems.push({ place, expected: 'each input once', found: `${ref} again` })
    }
  }
  return problems
}

function useProblems({ nodes, states }: NlpCell): CellProblem[] {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs))
  const problems: CellProblem[] = nodes.flatMap((_, index) => {
    const number = index + 1
    if (used.has(String(number)) || states.includes(number)) return []
    const expected = 'every node to be used or to be a state'
    return [{ place: `node ${number}`, expected, found: 'neither' }]
  })
  if (used.has('x')) return problems
  return [...problems, { place: 'the inputs', expected: 'a linear that takes x', found: 'none' }]
}
