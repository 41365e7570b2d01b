/** The one way to write a cell down: its normal order, and its text. */
import { canonicalOrder, type DagVertex } from '../dag-form.ts'
import type { CellProblem } from './enas-cell.ts'
import {
  allRefs,
  type NlpCell,
  type NlpNode,
  type NlpRef,
  nlpOperations,
  nodeNumber,
} from './nlp-cell.ts'

/** `linear(x,h0)|tanh(1)=h0`: operations with their inputs, and which are states afterwards. */
export function formatNlp({ nodes, states }: NlpCell): string {
  return nodes
    .map(({ operation, inputs }, index) => {
      const state = states.indexOf(index + 1)
      return `${operation}(${inputs.join()})${state < 0 ? '' : `=h${state}`}`
    })
    .join('|')
}

/** The cell that a text names, or what is wrong with it; whether it is in a space is apart. */
export function readNlp(text: string): NlpCell | CellProblem {
  const nodes: NlpNode[] = []
  const states: number[] = []
  for (const [index, part] of text.split('|').entries()) {
    const [, name, inputs = '', state] = /^([a-z-]+)\(([a-z\d,]+)\)(?:=h(\d))?$/.exec(part) ?? []
    const operation = nlpOperations.find((candidate) => candidate === name)
    const place = `node ${index + 1}`
    if (operation === undefined) {
      const expected = 'an operation and its inputs, such as linear(x,h0) or tanh(1)=h0'
      return { place, expected, found: JSON.stringify(part) }
    }
    nodes.push({ operation, inputs: inputs.split(',') })
    if (state === undefined) continue
    if (states[Number(state)] !== undefined) {
      return { place, expected: 'each state once', found: `h${state} again` }
    }
    states[Number(state)] = index + 1
  }
  const gap = Array.from(states, (number) => number === undefined).indexOf(true)
  if (gap >= 0) {
    return { place: 'the states', expected: `a node that is h${gap}`, found: 'none' }
  }
  return { nodes, states }
}

/**
 * The same cell with nodes and states numbered in the one order that all its numberings share, and
 * inputs in order where it does not matter.
 *
 * @param cell - without problems, but with its nodes in any order
 */
export function normalNlp(cell: NlpCell): NlpCell {
  const sorted = topologicalNodes(cell) ?? []
  const { vertices, nodeAt, stateAt } = verticesOf(cell, sorted)
  const order = canonicalOrder(vertices)
  const nodes = order.flatMap((position) => nodeAt.get(position) ?? [])
  // The first state is what a layer hands on; the others have no order of their own.
  const states = [0, ...order.flatMap((position) => stateAt.get(position) || [])]
  const names = new Map<NlpRef, NlpRef>([
    ...nodes.map((number, index): [NlpRef, NlpRef] => [String(number), String(index + 1)]),
    ...states.map((state, index): [NlpRef, NlpRef] => [`h${state}`, `h${index}`]),
  ])
  const refs = allRefs(states.length, nodes.length)
  return {
    nodes: nodes.map((number) => {
      const { operation, inputs } = cell.nodes[number - 1] as NlpNode
      const renamed = inputs.map((ref) => names.get(ref) ?? ref)
      if (operation === 'blend') return { operation, inputs: renamed }
      const sortedInputs = renamed.toSorted((one, other) => refs.indexOf(one) - refs.indexOf(other))
      return { operation, inputs: sortedInputs }
    }),
    states: states.map((state) => nodes.indexOf(cell.states[state] ?? 0) + 1),
  }
}

/** Numbers of the nodes, each after its inputs; null where they run in a circle. */
export function topologicalNodes({ nodes }: NlpCell): readonly number[] | null {
  const order: number[] = []
  const placed = new Set<number>([0])
  while (order.length < nodes.length) {
    const ready = nodes.flatMap(({ inputs }, index) => {
      const isReady = inputs.every((ref) => placed.has(nodeNumber(ref)))
      return isReady && !placed.has(index + 1) ? [index + 1] : []
    })
    if (ready.length === 0) return null
    for (const number of ready) {
      placed.add(number)
      order.push(number)
    }
  }
  return order
}

interface Labelled {
  readonly vertices: readonly DagVertex[]
  /** Node number or state of a vertex that stands for one. */
  readonly nodeAt: ReadonlyMap<number, number>
  readonly stateAt: ReadonlyMap<number, number>
}

/**
 * The cell as a labelled graph. What a blend takes for what goes through a vertex of its own, and so
 * does what state a node is afterwards; all states but the first are alike.
 */
function verticesOf({ nodes, states }: NlpCell, sorted: readonly number[]): Labelled {
  const vertices: DagVertex[] = [{ label: 'x', inputs: [] }]
  const places = new Map<NlpRef, number>([['x', 0]])
  const nodeAt = new Map<number, number>()
  const stateAt = new Map<number, number>()
  const push = (label: string, inputs: readonly number[]) => vertices.push({ label, inputs }) - 1
  for (const state of states.keys()) {
    const position = push(state === 0 ? 'h0' : 'h', [])
    places.set(`h${state}`, position)
    stateAt.set(position, state)
  }
  for (const number of sorted) {
    const { operation, inputs } = nodes[number - 1] as NlpNode
    const taken = inputs.map((ref) => places.get(ref) ?? 0)
    const ports =
      operation === 'blend' ? taken.map((place, index) => push(`port${index}`, [place])) : taken
    const position = push(`op ${operation}`, ports)
    places.set(String(number), position)
    nodeAt.set(position, number)
  }
  for (const [state, number] of states.entries()) {
    push('after', [places.get(`h${state}`) ?? 0, places.get(String(number)) ?? 0])
  }
  return { vertices, nodeAt, stateAt }
}
