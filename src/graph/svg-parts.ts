import type { Drawing, DrawingNode } from './drawing.ts'
import type { Point } from './svg-geometry.ts'
import { type PlacedDrawing, placeDrawing } from './svg-layout.ts'

/** A row of parts is this wide, in pixels, or as wide as the widest part. */
const rowWidth = 1000

/**
 * Places each part of a drawing by itself, then the parts like words of a text, in the order of their
 * nodes. Parts are joined by edges or by a group.
 *
 * @remarks
 * The layers of one part have nothing to say about those of another, and to lay them out together
 * puts parts wherever fewest lines cross.
 */
export function placeParts(drawing: Drawing): PlacedDrawing {
  const parts = partsOf(drawing).map(placeDrawing)
  const widest = Math.max(...parts.map(({ width }) => width))
  const limit =
    drawing.direction === 'right' ? Math.max(widest, rowWidth) : Number.POSITIVE_INFINITY
  const corners: Point[] = []
  let [x, y, rowHeight] = [0, 0, 0]
  for (const { width, height } of parts) {
    if (x > 0 && x + width > limit) [x, y, rowHeight] = [0, y + rowHeight, 0]
    corners.push({ x, y })
    x += width
    rowHeight = Math.max(rowHeight, height)
  }
  const moved = parts.map((part, index) => movedBy(part, corners[index] ?? { x: 0, y: 0 }))
  return {
    width: Math.max(...moved.map(({ width }) => width)),
    height: Math.max(...moved.map(({ height }) => height)),
    nodes: moved.flatMap(({ nodes }) => nodes),
    edges: moved.flatMap(({ edges }) => edges),
    groups: moved.flatMap(({ groups }) => groups),
  }
}

/** A drawing for each set of nodes that hang together; a list without edges goes across. */
function partsOf(drawing: Drawing): readonly Drawing[] {
  const partOf = new Map(drawing.nodes.map(({ id }, index) => [id, index]))
  const join = (ids: readonly string[]) => {
    const found = new Set(ids.map((id) => partOf.get(id)))
    const first = Math.min(...[...found].map((part) => part ?? Number.POSITIVE_INFINITY))
    for (const [id, part] of partOf) if (found.has(part)) partOf.set(id, first)
  }
  for (const { from, to } of drawing.edges) join([from, to])
  for (const { id } of drawing.groups) {
    const members = drawing.nodes.filter(({ group }) => group === id)
    if (members.length > 0) join(members.map((node) => node.id))
  }
  const parts = [...new Set(partOf.values())].sort((one, other) => one - other)
  return parts.map((part) => {
    const isWithin = ({ id }: Pick<DrawingNode, 'id'>) => partOf.get(id) === part
    const edges = drawing.edges.filter(({ from }) => isWithin({ id: from }))
    const direction = edges.length > 0 ? drawing.direction : 'down'
    return { ...drawing, direction, nodes: drawing.nodes.filter(isWithin), edges }
  })
}

function movedBy(part: PlacedDrawing, by: Point): PlacedDrawing {
  const move = <P extends Point>(point: P): P => ({
    ...point,
    x: point.x + by.x,
    y: point.y + by.y,
  })
  return {
    width: part.width + by.x,
    height: part.height + by.y,
    nodes: part.nodes.map((item) => ({ ...item, area: move(item.area) })),
    groups: part.groups.map((item) => ({ ...item, area: move(item.area) })),
    edges: part.edges.map(({ edge, points, label }) => ({
      edge,
      points: points.map(move),
      ...(label && { label: move(label) }),
    })),
  }
}
