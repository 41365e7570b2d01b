import { countNode, type GraphCounts } from './counts.ts'
import { blocksOf, type NodeBlock } from './draw-blocks.ts'
import type { Drawing, DrawingEdge, DrawingNode, DrawingRole } from './drawing.ts'
import type { GraphNode, NetworkGraph, Shape } from './graph.ts'
import { operationLabel, operationRole } from './operation-label.ts'
import { inferShapes } from './shape.ts'

export interface DrawOptions {
  /** Default: what goes in and comes out, and the number of parameters. */
  readonly title?: string
  /** Above this many boxes whole groups become one box each. Default 70. */
  readonly boxLimit?: number
}

/**
 * A valid network as a person can read it: unbranched runs of operations under one id prefix are one
 * box, prefixes are groups, and of a large network only the outer prefixes are shown.
 */
export function drawGraph(graph: NetworkGraph, options: DrawOptions = {}): Drawing {
  const shapes = inferShapes(graph)
  const blocks = blocksOf(graph, options.boxLimit ?? 70)
  const boxOf = new Map(blocks.flatMap((block) => block.nodes.map(({ id }) => [id, block.id])))
  const nodes = blocks.map((block) => blockBox(block, shapes))
  const inputs = graph.inputs.map(({ id, shape }) => endBox(id, id, 'input', shape))
  const outputs = graph.outputs.map((id, index) =>
    endBox(`output ${index}`, 'output', 'output', shapes.get(id) ?? []),
  )
  const edges = [
    ...graph.nodes.flatMap((node) =>
      node.inputs.map((ref) => [boxOf.get(ref) ?? ref, boxOf.get(node.id) ?? node.id] as const),
    ),
    ...graph.outputs.map((ref, index) => [boxOf.get(ref) ?? ref, `output ${index}`] as const),
  ]
  const groups = [...new Set(nodes.flatMap(({ group }) => group ?? []))]
  return {
    title: options.title ?? titleOf(graph, shapes),
    direction: 'down',
    nodes: [...inputs, ...nodes, ...outputs],
    edges: distinctEdges(edges),
    groups: groups.map((id) => ({ id, label: id })),
  }
}

function titleOf(graph: NetworkGraph, shapes: ReadonlyMap<string, Shape>): string {
  const shown = (ids: readonly string[]) =>
    ids.map((id) => sizeText(shapes.get(id) ?? [])).join(', ')
  const { parameterCount } = total(graph.nodes, shapes)
  return `Network from ${shown(graph.inputs.map(({ id }) => id))} to ${shown(graph.outputs)} with ${parameterCount} parameters`
}

function endBox(id: string, label: string, role: DrawingRole, shape: Shape): DrawingNode {
  return { id, label, role, detail: sizeText(shape) }
}

function blockBox(block: NodeBlock, shapes: ReadonlyMap<string, Shape>): DrawingNode {
  const { id, nodes } = block
  const place = block.group === '' ? {} : { group: block.group }
  const last = nodes.at(-1)
  const size = sizeText(shapes.get(last?.id ?? '') ?? [])
  const { parameterCount } = total(nodes, shapes)
  const facts = parameterCount > 0 ? [size, countText(parameterCount)] : [size]
  if (block.collapsed) {
    const detail = [...facts, `${nodes.length} operations`].join(' · ')
    const label = id.slice(id.lastIndexOf('.') + 1)
    return { id, label, role: 'other', detail, ...place }
  }
  const role = operationRole(mainNode(nodes)?.op ?? { kind: 'identity' })
  const label = blockLabel(nodes)
  if (label.length <= 2) return { id, label, role, ...place }
  return { id, label, role, detail: facts.join(' · '), ...place }
}

/** The operations that do the work; norms and activations go without saying where there is one. */
function blockLabel(nodes: readonly GraphNode[]): string {
  const quiet = ['batch-norm', 'activation', 'dropout', 'drop-path', 'identity']
  const loud = nodes.filter(({ op }) => !quiet.includes(op.kind))
  const labels = (loud.length > 0 ? loud : nodes).map(({ op }) => operationLabel(op))
  const joined = labels.join(' → ')
  return joined.replace(/depthwise ([^→]*?) → conv 1×1( → |$)/g, 'separable $1$2')
}

function mainNode(nodes: readonly GraphNode[]): GraphNode | undefined {
  const order: readonly DrawingRole[] = ['separable', 'conv', 'linear', 'pool', 'norm']
  const ranked = order.flatMap((role) => nodes.filter(({ op }) => operationRole(op) === role))
  return ranked[0] ?? nodes[0]
}

function total(nodes: readonly GraphNode[], shapes: ReadonlyMap<string, Shape>): GraphCounts {
  const counts = nodes.map((node) => countNode(node, shapes))
  return {
    parameterCount: counts.reduce((sum, item) => sum + item.parameterCount, 0),
    multiplyAdds: counts.reduce((sum, item) => sum + item.multiplyAdds, 0),
  }
}

function distinctEdges(edges: readonly (readonly [string, string])[]): DrawingEdge[] {
  const distinct = new Map<string, DrawingEdge>()
  for (const [from, to] of edges) {
    if (from !== to) distinct.set(`${from} ${to}`, { from, to })
  }
  return [...distinct.values()]
}

/** `16×32×32` */
function sizeText(shape: Shape): string {
  return shape.join('×')
}

/** `1.2k`: three significant digits at most. */
function countText(count: number): string {
  const [divisor, unit] = count >= 1e6 ? [1e6, 'M'] : count >= 1e3 ? [1e3, 'k'] : [1, '']
  return `${Number((count / divisor).toPrecision(count < 1e3 ? 6 : 3))}${unit} params`
}
