/**
 * The recurrent cell of ENAS: nodes that each take one earlier node and a function of it.
 *
 * @see Pham et al. 2018, "Efficient Neural Architecture Search via Parameters Sharing", section 2.1;
 *   its authors' language model, google-research `enas_lm/src/child.py`, `_rnn_fn`.
 */
import { graphBuilder } from '#src/graph/builder.ts'
import { addAll } from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { activation, blend, concat, linear, scale } from '#src/graph/operations.ts'

/** In the order of the source, whose codes number them from 0. */
export const enasFunctions = ['tanh', 'relu', 'sigmoid', 'identity'] as const
export type EnasFunction = (typeof enasFunctions)[number]

export interface EnasNode {
  /** 0 for the cell's first node, else the earlier node's number, counted from 1. */
  readonly source: number
  readonly function: EnasFunction
}

/** Nodes 1, 2, … of a cell. */
export type EnasCell = readonly EnasNode[]

export interface CellProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

export interface EnasRules {
  readonly nodes: number
  readonly functions: readonly EnasFunction[]
}

/** `tanh@0|relu@1`: of each node its function and its source. */
export function formatEnas(cell: EnasCell): string {
  return cell.map((node) => `${node.function}@${node.source}`).join('|')
}

/** The nodes that a text names, or what is wrong with it; whether they are in a space is apart. */
export function readEnas(text: string): EnasCell | CellProblem {
  const nodes: EnasNode[] = []
  for (const [index, part] of text.split('|').entries()) {
    const [, name, source] = /^([a-z]+)@(0|[1-9]\d{0,3})$/.exec(part) ?? []
    const known = enasFunctions.find((candidate) => candidate === name)
    if (!known) {
      const expected = 'a function and its source, such as tanh@0'
      return { place: `node ${index + 1}`, expected, found: JSON.stringify(part) }
    }
    nodes.push({ function: known, source: Number(source) })
  }
  return nodes
}

export function enasProblems(cell: EnasCell, rules: EnasRules): readonly CellProblem[] {
  const count = Array.isArray(cell) ? cell.length : -1
  if (count !== rules.nodes) {
    const found = count < 0 ? JSON.stringify(cell) : String(count)
    return [{ place: 'the length', expected: `${rules.nodes} nodes`, found }]
  }
  return cell.flatMap((node, index) => nodeProblems(node, index, rules))
}

function nodeProblems(node: EnasNode, index: number, rules: EnasRules): CellProblem[] {
  const place = `node ${index + 1}`
  const problems: CellProblem[] = []
  if (!rules.functions.includes(node.function)) {
    const expected = `one of ${rules.functions.join(', ')}`
    problems.push({ place, expected, found: JSON.stringify(node.function) })
  }
  if (!(Number.isInteger(node.source) && node.source >= 0 && node.source <= index)) {
    const expected = index === 0 ? 'the source 0' : `a source from 0 to ${index}`
    problems.push({ place, expected, found: JSON.stringify(node.source) })
  }
  return problems
}

/**
 * A cell is a tree whose root is node 0, and the order of its branches does not matter: every
 * branch as text, those of one node sorted.
 */
export function canonicalEnas(cell: EnasCell): string {
  const branch = (node: number): string => {
    const branches = cell.flatMap(({ source }, index) => (source === node ? [index + 1] : []))
    const texts = branches.map((child) => `${cell[child - 1]?.function}${branch(child)}`)
    return texts.length === 0 ? '' : `(${texts.toSorted().join()})`
  }
  return branch(0)
}

/**
 * The cell as a graph from a position and a state to the next state.
 *
 * @remarks
 * A node computes `s' = s + t (f(h) - s)` of its source `s`, where one linear layer without a bias
 * gives `h` and the gate `t = sigmoid(…)`. The first node's function is tanh, and its layer takes
 * the position and the state together.
 */
export function enasCellGraph(
  cell: EnasCell,
  sizes: { readonly input: number; readonly hidden: number },
  output: 'all' | 'loose-ends',
): NetworkGraph {
  const { input, hidden } = sizes
  const builder = graphBuilder()
  const position = builder.input('x', [input])
  const state = builder.input('h', [hidden])
  const gated = (number: number, name: EnasFunction, source: string, taken: string) => {
    const id = `node${number}`
    const both = builder.add(`${id}.linear`, linear(2 * hidden, false), [taken])
    const slice = (part: string, start: number) =>
      builder.add(`${id}.${part}`, { kind: 'channel-slice', start, end: start + hidden }, [both])
    const candidate = slice('candidate', 0)
    const value =
      name === 'identity' ? candidate : builder.add(`${id}.${name}`, activation(name), [candidate])
    const gate = builder.add(`${id}.gate`, activation('sigmoid'), [slice('gating', hidden)])
    return builder.add(`${id}.blend`, blend, [gate, value, source])
  }
  const joined = builder.add('node0.join', concat, [position, state])
  const values = [gated(0, 'tanh', state, joined)]
  for (const [index, node] of cell.entries()) {
    const source = values[node.source] ?? state
    values.push(gated(index + 1, node.function, source, source))
  }
  const outputs = outputNodes(cell, output).map((number) => values[number] ?? state)
  const sum = addAll(builder, 'sum', outputs)
  if (outputs.length === 1) return builder.finish([sum])
  return builder.finish([builder.add('mean', scale(1 / outputs.length), [sum])])
}

/** Numbers of the nodes that the next state is the mean of. */
export function outputNodes(cell: EnasCell, output: 'all' | 'loose-ends'): readonly number[] {
  const numbers = cell.map((_, index) => index + 1)
  if (output === 'all') return numbers
  return numbers.filter((number) => cell.every(({ source }) => source !== number))
}
