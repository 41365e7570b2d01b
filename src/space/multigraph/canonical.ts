import { canonicalOrder, type DagVertex } from '../dag-form.ts'
import { incoming, type Multigraph, withoutDeadEdges } from './cell.ts'

/**
 * A text equal for cells that are one network: those that differ in the order of their nodes, in dead
 * operations, or in where an operation stands before or behind a skip.
 */
export function canonicalForm(cell: Multigraph, nodes: number): string {
  const vertices = verticesOf(withoutDeadEdges(cell, nodes), nodes)
  const order = canonicalOrder(vertices)
  const position = new Map(order.map((vertex, index) => [vertex, index]))
  return order
    .map((vertex) => {
      const { label, inputs } = vertices[vertex] ?? { label: '', inputs: [] }
      const places = inputs.map((input) => position.get(input) ?? 0).sort((a, b) => a - b)
      return `${label}(${places.join(',')})`
    })
    .join(' ')
}

/** Operations and sums as vertices; a skip, and a sum of one, is a wire. */
function verticesOf(cell: Multigraph, nodes: number): readonly DagVertex[] {
  const vertices: DagVertex[] = [{ label: 'in', inputs: [] }]
  const add = (label: string, inputs: readonly number[]) => vertices.push({ label, inputs }) - 1
  const wires = [0]
  for (let node = 1; node < nodes; node++) {
    const terms = incoming(cell, node).flatMap((operations, source) => {
      const wire = wires[source] ?? 0
      return operations.map((operation) => (operation === 'skip' ? wire : add(operation, [wire])))
    })
    const [only = 0] = terms
    // Of a node that nothing arrives at, nothing is used.
    wires.push(terms.length > 1 ? add('sum', terms) : only)
  }
  add('out', [wires.at(-1) ?? 0])
  return vertices
}
