import { GraphInput, type NetworkGraph, type Operation, type Shape } from './graph.ts'
import { claimedIds } from './ids.ts'
import { checkTokens, graphError, inferShape } from './shape.ts'
import { show } from './shape-problem.ts'

/**
 * Makes a network graph node by node. References are ids: what `input` and `add` hand back.
 *
 * @example
 * const builder = graphBuilder()
 * const image = builder.input('image', [3, 32, 32])
 * const stem = builder.add('stem.conv', conv2d({ channels: 16 }), [image])
 * const graph = builder.finish([stem])
 */
export interface GraphBuilder {
  /** Declares a graph input and hands back its reference: floats, or tokens for an embedding. */
  input(id: string, shape: Shape, dtype?: GraphInput['dtype']): string
  /**
   * Appends a node and hands back its reference.
   *
   * @throws graph/shape when the operation cannot take these inputs
   * @throws graph/invalid for an id or a reference that cannot be
   */
  add(id: string, op: Operation, inputs: readonly string[]): string
  /** Shape of an input or node without the batch axis. */
  shape(ref: string): Shape
  /**
   * The graph with these outputs. Nodes that no output depends on are left out; inputs are kept.
   * The builder can go on and finish again with others.
   */
  finish(outputs: readonly string[]): NetworkGraph
}

export function graphBuilder(): GraphBuilder {
  const ids = claimedIds()
  const shapes = new Map<string, Shape>()
  const tokens = new Set<string>()
  const inputs: NetworkGraph['inputs'] = []
  const nodes: NetworkGraph['nodes'] = []

  const claim = (what: string, id: string) => {
    const problem = ids.claim(id)
    if (problem) throw graphError('graph/invalid', `${what} "${id}"`, problem)
  }
  const shapeOf = (ref: string, place: string) => {
    const shape = shapes.get(ref)
    if (shape) return shape
    throw graphError(
      'graph/invalid',
      place,
      `expected an input or a node added before, found "${ref}"`,
    )
  }

  return {
    input(id, shape, dtype) {
      claim('input', id)
      if (!GraphInput.safeParse({ id, shape }).success) {
        const text = `expected a shape of 1 to 3 positive integers, found ${show(shape)}`
        throw graphError('graph/invalid', `input "${id}"`, text)
      }
      inputs.push({ id, shape: [...shape], ...(dtype && { dtype }) })
      if (dtype === 'tokens') tokens.add(id)
      shapes.set(id, shape)
      return id
    },
    add(id, op, refs) {
      const place = `node "${id}"`
      const taken = refs.map((ref) => shapeOf(ref, place))
      checkTokens({ op, inputs: [...refs] }, tokens, place)
      const shape = inferShape(op, taken, place)
      claim('node', id)
      nodes.push({ id, op, inputs: [...refs] })
      shapes.set(id, shape)
      return id
    },
    shape: (ref) => shapeOf(ref, 'shape'),
    finish(outputs) {
      for (const ref of outputs) {
        shapeOf(ref, 'outputs')
        if (!tokens.has(ref)) continue
        const text = `expected floats, found the tokens "${ref}"; put an embedding before it`
        throw graphError('graph/invalid', 'outputs', text)
      }
      const needed = reaching(nodes, outputs)
      return {
        version: 1,
        inputs: [...inputs],
        nodes: nodes.filter(({ id }) => needed.has(id)),
        outputs: [...outputs],
      }
    },
  }
}

/** Ids that the outputs depend on, themselves among them. Nodes must be in topological order. */
export function reaching(
  nodes: NetworkGraph['nodes'],
  outputs: readonly string[],
): ReadonlySet<string> {
  const needed = new Set(outputs)
  for (const node of nodes.toReversed()) {
    if (needed.has(node.id)) for (const ref of node.inputs) needed.add(ref)
  }
  return needed
}
