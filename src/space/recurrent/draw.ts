/** Recurrent cells for people: one step, from a position and the states before it. */
import type { Drawing, DrawingEdge, DrawingNode, DrawingRole } from '#src/graph/drawing.ts'
import { type EnasCell, type EnasFunction, outputNodes } from './enas-cell.ts'
import type { NlpCell, NlpOperation } from './nlp-cell.ts'

/** Gated nodes as boxes with their function; the mean is the next state. */
export function drawEnas(cell: EnasCell, output: 'all' | 'loose-ends'): Drawing {
  const nodes: DrawingNode[] = [
    { id: 'x', label: 'position', role: 'input' },
    { id: 'h', label: 'state before', role: 'input' },
    enasNode(0, 'tanh'),
    ...cell.map((node, index) => enasNode(index + 1, node.function)),
    { id: 'mean', label: 'mean', role: 'merge' },
    { id: 'state', label: 'state after', role: 'output' },
  ]
  const edges: DrawingEdge[] = [
    { from: 'x', to: 'node0' },
    { from: 'h', to: 'node0' },
    ...cell.map(({ source }, index) => ({ from: `node${source}`, to: `node${index + 1}` })),
    ...outputNodes(cell, output).map((number) => ({ from: `node${number}`, to: 'mean' })),
    { from: 'mean', to: 'state' },
  ]
  return {
    title: `Recurrent cell of ${cell.length} nodes`,
    direction: 'down',
    nodes,
    edges,
    groups: [],
  }
}

function enasNode(number: number, name: EnasFunction): DrawingNode {
  const role = name === 'identity' ? 'identity' : 'activation'
  return { id: `node${number}`, label: name, detail: `node ${number}, gated`, role }
}

/** Operations as boxes; a blend's first input, its gate, is named on the arrow. */
export function drawNlp({ nodes, states }: NlpCell): Drawing {
  const before = states.map(
    (_, state): DrawingNode => ({
      id: `h${state}`,
      label: stateLabel('state', state, states.length, 'before'),
      role: 'input',
    }),
  )
  const after = states.map(
    (_, state): DrawingNode => ({
      id: `after${state}`,
      label: stateLabel('state', state, states.length, 'after'),
      role: 'output',
    }),
  )
  return {
    title: `Recurrent cell of ${nodes.length} operations`,
    direction: 'down',
    nodes: [
      { id: 'x', label: 'position', role: 'input' },
      ...before,
      ...nodes.map(
        ({ operation }, index): DrawingNode => ({
          id: String(index + 1),
          ...looks[operation],
        }),
      ),
      ...after,
    ],
    edges: [
      ...nodes.flatMap(({ operation, inputs }, index) =>
        inputs.map(
          (ref, position): DrawingEdge => ({
            from: ref,
            to: String(index + 1),
            ...(operation === 'blend' && position === 0 && { label: 'gate' }),
          }),
        ),
      ),
      ...states.map((number, state) => ({ from: String(number), to: `after${state}` })),
    ],
    groups: [],
  }
}

function stateLabel(word: string, state: number, count: number, when: string): string {
  return count === 1 ? `${word} ${when}` : `${word} ${state} ${when}`
}

const looks: Readonly<
  Record<NlpOperation, { readonly label: string; readonly role: DrawingRole }>
> = {
  linear: { label: 'linear', role: 'linear' },
  blend: { label: 'blend', role: 'merge' },
  product: { label: '×', role: 'merge' },
  sum: { label: '+', role: 'merge' },
  tanh: { label: 'tanh', role: 'activation' },
  sigmoid: { label: 'sigmoid', role: 'activation' },
  'leaky-relu': { label: 'leaky relu', role: 'activation' },
}
