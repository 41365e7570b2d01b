import type { Drawing } from './drawing.ts'
import { borderPoint } from './svg-geometry.ts'
import {
  finished,
  formOf,
  labelSize,
  type PlacedDrawing,
  type PlacedEdge,
  type PlacedNode,
  sizeOf,
} from './svg-layout.ts'

/** Room between columns and between rows. */
const gap = { column: 46, row: 30 }

/** Whether every node has a place of its own. */
export function isOnGrid({ nodes }: Drawing): boolean {
  const places = nodes.flatMap(({ place }) => (place ? [`${place.column} ${place.row}`] : []))
  return nodes.length > 0 && new Set(places).size === nodes.length
}

/** Places a drawing on its grid; edges are straight lines. */
export function placeOnGrid(drawing: Drawing): PlacedDrawing {
  const sizes = drawing.nodes.map((node) => ({ ...sizeOf(node), ...(node.place ?? origin) }))
  const columns = centres(
    sizes.map(({ column, width }) => [column, width] as const),
    gap.column,
  )
  const rows = centres(
    sizes.map(({ row, height }) => [row, height] as const),
    gap.row,
  )
  const nodes = drawing.nodes.map((node, index): PlacedNode => {
    const { width = 0, height = 0, column = 0, row = 0 } = sizes[index] ?? {}
    const area = { x: columns.get(column) ?? 0, y: rows.get(row) ?? 0, width, height }
    return { node, area, form: formOf(node) }
  })
  const placed = new Map(nodes.map((node) => [node.node.id, node]))
  const edges = drawing.edges.flatMap((edge): PlacedEdge[] => {
    const from = placed.get(edge.from)
    const to = placed.get(edge.to)
    if (!from || !to) return []
    const points = [
      borderPoint(from.form, from.area, to.area),
      borderPoint(to.form, to.area, from.area),
    ]
    if (edge.label === undefined) return [{ edge, points }]
    const middle = { x: (from.area.x + to.area.x) / 2, y: (from.area.y + to.area.y) / 2 }
    return [{ edge, points, label: { ...middle, ...labelSize(edge.label) } }]
  })
  return finished(drawing, nodes, edges)
}

const origin = { column: 0, row: 0 }

/** Where each column, or row, has its centre, by its number. */
function centres(
  extents: readonly (readonly [number, number])[],
  between: number,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  let start = 0
  for (const line of [...new Set(extents.map(([number]) => number))].sort((a, b) => a - b)) {
    const extent = Math.max(...extents.map(([number, size]) => (number === line ? size : 0)))
    found.set(line, start + extent / 2)
    start += extent + between
  }
  return found
}
