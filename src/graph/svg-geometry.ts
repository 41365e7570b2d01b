/** Points, boxes and borders, in pixels; y points down. */

export interface Point {
  readonly x: number
  readonly y: number
}

/** Centre and size. */
export interface Rectangle extends Point {
  readonly width: number
  readonly height: number
}

/** `sign`: a small circle, such as a sum's plus. `end`: a pill, where the network begins or ends. */
export type NodeForm = 'box' | 'end' | 'sign'

/** The point `length` pixels from one point towards another, at most the other. */
export function towards(from: Point, to: Point, length: number): Point {
  const distance = Math.hypot(to.x - from.x, to.y - from.y) || 1
  const share = Math.min(length / distance, 1)
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

/** Radius of a node's corners, in pixels; a sign is all corner, and so is each side of an end. */
export function cornerRadius(form: NodeForm, { width, height }: Rectangle): number {
  return form === 'box' ? 9 : Math.min(width, height) / 2
}

/** Where the straight line from a node's centre to a point outside crosses the node's border. */
export function borderPoint(form: NodeForm, area: Rectangle, to: Point): Point {
  const radius = cornerRadius(form, area)
  const [across, down] = [to.x - area.x, to.y - area.y]
  const sides = [area.width / 2 / Math.abs(across), area.height / 2 / Math.abs(down)]
  const share = Math.min(...sides.filter(Number.isFinite))
  if (share === Number.POSITIVE_INFINITY) return { x: area.x, y: area.y }
  const straight = { x: area.width / 2 - radius, y: area.height / 2 - radius }
  const isOnCorner = Math.abs(across) * share > straight.x && Math.abs(down) * share > straight.y
  const reach = isOnCorner ? circleShare({ x: across, y: down }, straight, radius) : share
  return { x: area.x + across * reach, y: area.y + down * reach }
}

/** The larger t at which t × direction lies on the corner's circle, mirrored to positive x and y. */
function circleShare(direction: Point, centre: Point, radius: number): number {
  const [x, y] = [Math.abs(direction.x), Math.abs(direction.y)]
  const square = x * x + y * y
  const along = (x * centre.x + y * centre.y) / square
  const apart = (centre.x * centre.x + centre.y * centre.y - radius * radius) / square
  return along + Math.sqrt(Math.max(along * along - apart, 0))
}
