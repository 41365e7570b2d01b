import type { Point, Rectangle } from './svg-geometry.ts'

/** Where a frame's words start and have their middle, from its top left. */
export const wordsOffset = { x: 12, y: 14 }

/** Between words and the lines beside them. */
const clearance = 8

/**
 * A frame that is wide enough for lines to pass beside its words instead of through them.
 *
 * @param wordsWidth - in pixels, within the frame's
 * @param lines - all of the drawing
 * @param others - boxes that the frame must not touch
 * @returns the frame itself where no line is in the way, and where widening it would not help
 */
export function besideLines(
  frame: Rectangle,
  wordsWidth: number,
  lines: readonly (readonly Point[])[],
  others: readonly Rectangle[],
): Rectangle {
  const right = wordsArea(frame, wordsWidth).x + wordsWidth / 2
  const left = frame.x - frame.width / 2
  const inTheWay = crossings(wordsArea(frame, wordsWidth), lines).filter((x) => x > left)
  if (inTheWay.length === 0) return frame
  const wider = right + clearance - Math.min(...inTheWay)
  const widened = { ...frame, width: frame.width + 2 * wider }
  const isFree =
    crossings(wordsArea(widened, wordsWidth), lines).length === 0 &&
    !others.some((other) => overlap(widened, other))
  return isFree ? widened : frame
}

function wordsArea({ x, y, width, height }: Rectangle, wordsWidth: number): Rectangle {
  const start = x - width / 2 + wordsOffset.x
  return {
    x: start + wordsWidth / 2,
    y: y - height / 2 + wordsOffset.y,
    width: wordsWidth,
    height: 2 * clearance,
  }
}

/** From the left, where lines come closer to the words than they should. */
function crossings(words: Rectangle, lines: readonly (readonly Point[])[]): readonly number[] {
  const [above, below] = [words.y - words.height / 2, words.y + words.height / 2]
  const half = words.width / 2 + clearance - 0.5
  return lines.flatMap((points) =>
    points.slice(1).flatMap((end, index) => {
      const start = points[index] ?? end
      if (Math.max(start.y, end.y) < above || Math.min(start.y, end.y) > below) return []
      const level = start.y === end.y
      const ends = level ? [start.x, end.x] : [above, below].map((y) => xAt(start, end, y))
      const isBeside = Math.min(...ends) > words.x + half || Math.max(...ends) < words.x - half
      return isBeside ? [] : [Math.min(...ends)]
    }),
  )
}

/** Where a piece of a line that is not level is at this height, or its end closest to it. */
function xAt(start: Point, end: Point, y: number): number {
  const share = Math.min(Math.max((y - start.y) / (end.y - start.y), 0), 1)
  return start.x + (end.x - start.x) * share
}

function overlap(one: Rectangle, other: Rectangle): boolean {
  return (
    Math.abs(one.x - other.x) < (one.width + other.width) / 2 &&
    Math.abs(one.y - other.y) < (one.height + other.height) / 2
  )
}
