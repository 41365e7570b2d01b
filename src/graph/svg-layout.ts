import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from '@dagrejs/dagre'
import type { Drawing, DrawingEdge, DrawingGroup, DrawingNode } from './drawing.ts'
import { besideLines } from './svg-frame.ts'
import type { NodeForm, Point, Rectangle } from './svg-geometry.ts'
import { type LayeredGraph, orderLayers } from './svg-order.ts'
import { columnRoute, directRoute, type RouteEnd } from './svg-route.ts'

export interface PlacedNode {
  readonly node: DrawingNode
  /** Centre and size. */
  readonly area: Rectangle
  readonly form: NodeForm
}

export interface PlacedEdge {
  readonly edge: DrawingEdge
  /** From border to border. */
  readonly points: readonly Point[]
  /** Centre and size of the label; absent without one. */
  readonly label?: Rectangle
}

export interface PlacedGroup {
  readonly group: DrawingGroup
  /** Centre and size. */
  readonly area: Rectangle
}

/** A drawing with coordinates in pixels, the origin at its top left. */
export interface PlacedDrawing {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
  readonly groups: readonly PlacedGroup[]
}

const margin = 16
/** Room within a group's frame, above for its label. */
const groupPadding = { side: 12, top: 26, bottom: 12 }

/**
 * Places a drawing in layers.
 *
 * @see Sugiyama, Tagawa and Toda 1981; Gansner et al. 1993, "A Technique for Drawing Directed
 * Graphs", as dagre has it.
 */
export function placeDrawing(drawing: Drawing): PlacedDrawing {
  const graph = measured(drawing)
  layout(graph, { customOrder: orderLayers })
  const nodes = drawing.nodes.map((node) => {
    return { node, form: formOf(node), area: rectangle(graph.node(node.id)) }
  })
  const ends = routeEnds(nodes)
  const edges = drawing.edges.map((edge, index): PlacedEdge => {
    const placed = graph.edge(edge.from, edge.to, String(index))
    const [from, to] = [ends.get(edge.from), ends.get(edge.to)]
    const points = placed.points ?? []
    if (!from || !to) return { edge, points }
    const bends = points.slice(1, -1)
    const isBetweenColumns = drawing.direction === 'right' && edge.label === undefined
    const route = isBetweenColumns ? columnRoute : directRoute
    const label = edge.label === undefined ? {} : { label: rectangle(placed) }
    return { edge, points: route(bends, { from, to }), ...label }
  })
  return finished(drawing, nodes, edges)
}

/** The drawing with frames around its groups, everything within the margin. */
export function finished(
  drawing: Drawing,
  nodes: readonly PlacedNode[],
  edges: readonly PlacedEdge[],
): PlacedDrawing {
  const groupOf = new Map(drawing.nodes.map(({ id, group }) => [id, group]))
  const groups = usedGroups(drawing).map((group): PlacedGroup => {
    const members = nodes.filter(({ node }) => node.group === group.id).map(({ area }) => area)
    const inner = edges.filter(({ edge }) =>
      [edge.from, edge.to].every((id) => groupOf.get(id) === group.id),
    )
    const labels = inner.flatMap(({ label }) => (label ? [label] : []))
    const bends = inner.flatMap(({ points }) => points.map(spot))
    return { group, area: framed([...members, ...labels, ...bends], wordsWidth(group)) }
  })
  const lines = edges.map(({ points }) => points)
  const roomy = groups.map(({ group, area }): PlacedGroup => {
    const outside = nodes.filter(({ node }) => node.group !== group.id)
    const others = [...outside, ...groups.filter((other) => other.group !== group)]
    const areas = others.map((other) => other.area)
    return { group, area: besideLines(area, wordsWidth(group), lines, areas) }
  })
  return shifted({ width: 0, height: 0, nodes, edges, groups: roomy })
}

/** Width of a frame's words: bold, and spaced. */
function wordsWidth({ label }: DrawingGroup): number {
  return textWidth(label, 13)
}

/** Width of a text in a sans-serif face, in pixels: an estimate on the generous side. */
export function textWidth(text: string, size: number): number {
  let width = 0
  for (const character of text) {
    if (/[ilj.,:;'|!·]/.test(character)) width += 0.3
    else if (/[frt()[\] ]/.test(character)) width += 0.38
    else if (/[mwMW@]/.test(character)) width += 0.9
    else if (/[A-Z→×+]/.test(character)) width += 0.7
    else width += 0.59
  }
  return width * size
}

function measured(drawing: Drawing): LayeredGraph {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>({ compound: true, multigraph: true })
  graph.setGraph({
    rankdir: drawing.direction === 'right' ? 'LR' : 'TB',
    nodesep: 26,
    edgesep: 18,
    ranksep: drawing.direction === 'right' ? 44 : 34,
  })
  for (const { id } of usedGroups(drawing)) graph.setNode(groupKey(id), { width: 0, height: 0 })
  for (const node of drawing.nodes) {
    graph.setNode(node.id, sizeOf(node))
    if (node.group !== undefined) graph.setParent(node.id, groupKey(node.group))
  }
  for (const [index, { from, to, label }] of drawing.edges.entries()) {
    const size = label === undefined ? {} : labelSize(label)
    graph.setEdge(from, to, { labelpos: 'c', ...size }, String(index))
  }
  return graph
}

/** Width and height of an edge's label. */
export function labelSize(label: string): { width: number; height: number } {
  return { width: textWidth(label, 12.5) + 24, height: 26 }
}

/** What lines have to know of each node, by id. */
function routeEnds(nodes: readonly PlacedNode[]): ReadonlyMap<string, RouteEnd> {
  const reach = new Map<number, number>()
  for (const { area } of nodes) {
    const column = Math.round(area.x)
    reach.set(column, Math.max(reach.get(column) ?? 0, area.width / 2))
  }
  return new Map(
    nodes.map(({ node, form, area }) => {
      return [node.id, { form, area, reach: reach.get(Math.round(area.x)) ?? 0 }]
    }),
  )
}

/** Apart from node ids: a group and a node may bear one name. */
function groupKey(id: string): string {
  return `group ${id}`
}

function usedGroups({ groups, nodes }: Drawing): readonly DrawingGroup[] {
  const used = new Set(nodes.map(({ group }) => group))
  return groups.filter(({ id }) => used.has(id))
}

export function formOf({ role, label, detail }: DrawingNode): NodeForm {
  if (role === 'input' || role === 'output') return 'end'
  return label.length <= 2 && detail === undefined ? 'sign' : 'box'
}

/** Width and height of a node's box. */
export function sizeOf(node: DrawingNode): { width: number; height: number } {
  if (formOf(node) === 'sign') return { width: 28, height: 28 }
  const text = Math.max(textWidth(node.label, 14), textWidth(node.detail ?? '', 11))
  const form = { width: Math.ceil(text) + 28, height: node.detail === undefined ? 32 : 46 }
  return { ...form, width: Math.max(form.width, form.height) }
}

function rectangle({ x = 0, y = 0, width = 0, height = 0 }: NodeLabel | EdgeLabel): Rectangle {
  return { x, y, width, height }
}

/** Centre and size of the frame around the members, wide enough for the label. */
function framed(members: readonly Rectangle[], labelWidth: number): Rectangle {
  const { side, top, bottom } = groupPadding
  const [left, upper, right, lower] = bounds(members)
  const width = Math.max(right - left + 2 * side, labelWidth + 2 * side)
  const height = lower - upper + top + bottom
  return { x: (left + right) / 2, y: upper - top + height / 2, width, height }
}

/** Left, top, right and bottom of everything, labels and frames among it. */
function bounds(areas: readonly Rectangle[]): readonly [number, number, number, number] {
  return [
    Math.min(...areas.map(({ x, width }) => x - width / 2)),
    Math.min(...areas.map(({ y, height }) => y - height / 2)),
    Math.max(...areas.map(({ x, width }) => x + width / 2)),
    Math.max(...areas.map(({ y, height }) => y + height / 2)),
  ]
}

function spot({ x, y }: Point): Rectangle {
  return { x, y, width: 0, height: 0 }
}

/** Moved so that everything lies within the margin. */
function shifted(placed: PlacedDrawing): PlacedDrawing {
  const points = placed.edges.flatMap((edge) => edge.points)
  const [left, top, right, bottom] = bounds([
    ...placed.nodes.map(({ area }) => area),
    ...placed.groups.map(({ area }) => area),
    ...placed.edges.flatMap(({ label }) => (label ? [label] : [])),
    ...points.map(spot),
  ])
  const move = <P extends Point>(point: P): P => ({
    ...point,
    x: point.x - left + margin,
    y: point.y - top + margin,
  })
  return {
    width: Math.ceil(right - left + 2 * margin),
    height: Math.ceil(bottom - top + 2 * margin),
    nodes: placed.nodes.map((item) => ({ ...item, area: move(item.area) })),
    groups: placed.groups.map((item) => ({ ...item, area: move(item.area) })),
    edges: placed.edges.map(({ edge, points: line, label }) => ({
      edge,
      points: line.map(move),
      ...(label && { label: move(label) }),
    })),
  }
}
