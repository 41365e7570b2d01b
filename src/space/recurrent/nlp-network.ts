import { graphBuilder } from '#src/graph/builder.ts'
import type { NetworkGraph, Operation } from '#src/graph/graph.ts'
import { activation, add, blend, concat, linear, multiply } from '#src/graph/operations.ts'
import type { NlpCell, NlpOperation } from './nlp-cell.ts'

/**
 * A cell as a graph from a position and states to the states after it.
 *
 * @remarks
 * A linear layer of several inputs is one matrix on all of them side by side with one bias, which is
 * the benchmark's `MultiLinear`. Leaky ReLU has PyTorch's slope, 0.01.
 */
export function nlpCellGraph(
  { nodes, states }: NlpCell,
  { input, hidden }: { readonly input: number; readonly hidden: number },
): NetworkGraph {
  const builder = graphBuilder()
  const values = new Map([['x', builder.input('x', [input])]])
  for (const state of states.keys()) {
    values.set(`h${state}`, builder.input(`h${state}`, [hidden]))
  }
  for (const [index, { operation, inputs }] of nodes.entries()) {
    const id = `node${index + 1}`
    const refs = inputs.map((ref) => values.get(ref) ?? ref)
    const taken = operation === 'linear' ? [builder.add(`${id}.join`, concat, refs)] : refs
    const name = operation.replaceAll('-', '_')
    values.set(String(index + 1), builder.add(`${id}.${name}`, primitive(operation, hidden), taken))
  }
  return builder.finish(states.map((number) => values.get(String(number)) ?? ''))
}

function primitive(operation: NlpOperation, hidden: number): Operation {
  switch (operation) {
    case 'linear':
      return linear(hidden)
    case 'blend':
      return blend
    case 'product':
      return multiply
    case 'sum':
      return add
    default:
      return activation(operation)
  }
}
