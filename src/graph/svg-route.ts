import { borderPoint, type NodeForm, type Point, type Rectangle } from './svg-geometry.ts'

/** A node that a line leads to or from. */
export interface RouteEnd {
  readonly form: NodeForm
  readonly area: Rectangle
  /** Half the width of its column. */
  readonly reach: number
}

export interface RouteEnds {
  readonly from: RouteEnd
  readonly to: RouteEnd
}

/** How far beyond its column a line keeps its direction; an arrow's head takes up 7 of it. */
const straight = { from: 6, to: 12 }
/** The ends of lines lie at most this share of a node's height from its middle. */
const spread = 0.36
/** The larger, the further apart are the ends of lines that are all very steep. */
const softness = 1.5

/** A line whose ends point to the centres of its nodes, from border to border. */
export function directRoute(bends: readonly Point[], { from, to }: RouteEnds): readonly Point[] {
  const start = borderPoint(from.form, from.area, bends[0] ?? to.area)
  const end = borderPoint(to.form, to.area, bends.at(-1) ?? from.area)
  return [start, ...bends, end]
}

/**
 * A line between columns: as `directRoute` has it where it is gentle. A steep one would run over the
 * neighbors in its column, so it leaves and arrives at the side that faces the other column, and
 * bends beyond the neighbors.
 */
export function columnRoute(bends: readonly Point[], { from, to }: RouteEnds): readonly Point[] {
  const leaving = turn(from, bends[0] ?? to.area, straight.from)
  const arriving = turn(to, bends.at(-1) ?? from.area, straight.to)
  return directRoute([...leaving, ...bends, ...arriving], { from, to })
}

/** Where a line bends beside a node, if it has to. */
function turn({ area, reach }: RouteEnd, next: Point, beyond: number): readonly Point[] {
  const [across, down] = [next.x - area.x, next.y - area.y]
  const steepest = (2 * spread * area.height) / area.width
  const slope = Math.abs(down / across)
  if (slope <= steepest / 2 || Math.abs(across) < reach + beyond) return []
  const softened = steepest * (1 - softness / 2 / (slope - steepest / 2 + softness))
  return [
    {
      x: area.x + Math.sign(across) * (reach + beyond),
      y: area.y + Math.sign(down) * softened * (area.width / 2 + beyond),
    },
  ]
}
