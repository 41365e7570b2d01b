import { reaching } from './builder.ts'
import { type GraphNode, NetworkGraph } from './graph.ts'
import { claimedIds } from './ids.ts'
import { schemaProblem } from './schema-problem.ts'
import { graphError, outputShapes } from './shape.ts'

/**
 * A network graph from any value: what `JSON.parse` gave, what a person or another program wrote.
 *
 * @throws graph/invalid when it is no graph: a field, an id, a reference, a gate or an arity
 * @throws graph/shape when an operation cannot take its inputs; either names the exact place, such
 * as `nodes[3] "stem.conv"`, through choice candidates and recurrent cells too
 */
export function validateGraph(value: unknown): NetworkGraph {
  const parsed = NetworkGraph.safeParse(value)
  if (!parsed.success) {
    const { place, text } = schemaProblem(parsed.error, value)
    throw graphError('graph/invalid', place, text)
  }
  const graph = parsed.data
  forEachGraph(graph, '', checkIds)
  outputShapes(graph)
  forEachGraph(graph, '', checkOutputs)
  checkGates(graph)
  return graph
}

type Check = (graph: NetworkGraph, path: string) => void

/** The graph and, depth first, every candidate and cell within it. */
function forEachGraph(graph: NetworkGraph, path: string, check: Check): void {
  check(graph, path)
  for (const [index, node] of graph.nodes.entries()) {
    const place = nodePlace(path, index, node)
    if (node.op.kind === 'recurrent') forEachGraph(node.op.cell, `${place}.cell.`, check)
    if (node.op.kind !== 'choice') continue
    for (const [position, candidate] of node.op.candidates.entries()) {
      forEachGraph(candidate, `${place}.candidates[${position}].`, check)
    }
  }
}

function nodePlace(path: string, index: number, node: GraphNode): string {
  return `${path}nodes[${index}] "${node.id}"`
}

function checkIds(graph: NetworkGraph, path: string): void {
  const ids = claimedIds()
  for (const [index, { id }] of graph.inputs.entries()) {
    const problem = ids.claim(id)
    if (problem) throw graphError('graph/invalid', `${path}inputs[${index}] "${id}"`, problem)
  }
  for (const [index, node] of graph.nodes.entries()) {
    const problem = ids.claim(node.id)
    if (problem) throw graphError('graph/invalid', nodePlace(path, index, node), problem)
  }
}

function checkOutputs(graph: NetworkGraph, path: string): void {
  const repeated = graph.outputs.findIndex((ref, index) => graph.outputs.indexOf(ref) !== index)
  if (repeated >= 0) {
    const text = `expected each output once, found "${graph.outputs[repeated]}" again; leave it out`
    throw graphError('graph/invalid', `${path}outputs[${repeated}]`, text)
  }
  const needed = reaching(graph.nodes, graph.outputs)
  const index = graph.nodes.findIndex(({ id }) => !needed.has(id))
  const dead = graph.nodes[index]
  if (dead) {
    const text = 'expected every node to reach an output, found none that depends on it; remove it'
    throw graphError('graph/invalid', nodePlace(path, index, dead), text)
  }
}

/** Choices that share a row of the gate matrix must have equally many candidates. */
function checkGates(graph: NetworkGraph): void {
  const rows = new Map<number, { readonly count: number; readonly place: string }>()
  forEachGraph(graph, '', ({ nodes }, path) => {
    for (const [index, node] of nodes.entries()) {
      if (node.op.kind !== 'choice') continue
      const place = nodePlace(path, index, node)
      const count = node.op.candidates.length
      const row = rows.get(node.op.gate) ?? { count, place }
      if (row.count !== count) {
        const text = `expected ${row.count} candidates, as ${row.place} has at the same gate ${node.op.gate}, found ${count}; give it a gate of its own`
        throw graphError('graph/invalid', place, text)
      }
      rows.set(node.op.gate, row)
    }
  })
}
