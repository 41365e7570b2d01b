import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { besideLines, wordsOffset } from '#src/graph/svg-frame.ts'
import type { Point } from '#src/graph/svg-geometry.ts'

const frame = { x: 100, y: 100, width: 120, height: 80 }
const down = (x: number): Point[] => [
  { x, y: 0 },
  { x, y: 90 },
]

/** From the left end of the words to the right one. */
function words({ x, width }: { x: number; width: number }, length: number): [number, number] {
  const start = x - width / 2 + wordsOffset.x
  return [start, start + length]
}

describe('besideLines', () => {
  it('leaves a frame alone whose words no line meets', () => {
    expect(besideLines(frame, 60, [], [])).toBe(frame)
    expect(besideLines(frame, 40, [down(130)], [])).toBe(frame)
    const below = [
      { x: 0, y: 120 },
      { x: 200, y: 120 },
    ]
    expect(besideLines(frame, 60, [below], [])).toBe(frame)
  })

  it('widens it on both sides until the line passes beside them', () => {
    const widened = besideLines(frame, 80, [down(100)], [])
    expect(widened).toEqual({ ...frame, width: widened.width })
    expect(words(widened, 80)[1]).toBe(92)
    const level = [
      { x: 140, y: 72 },
      { x: 80, y: 72 },
    ]
    expect(words(besideLines(frame, 80, [level], []), 80)[1]).toBe(72)
  })

  it('does not widen where there is no room, or another line', () => {
    const neighbor = { x: 20, y: 100, width: 30, height: 30 }
    expect(besideLines(frame, 80, [down(100)], [neighbor])).toBe(frame)
    expect(besideLines(frame, 80, [down(100), down(30)], [])).toBe(frame)
    expect(besideLines(frame, 80, [down(100), down(-10)], [])).not.toBe(frame)
  })

  it('gives words that no line meets whenever it changes the frame', () => {
    const coordinate = fc.integer({ min: -100, max: 300 })
    const point = fc.record({ x: coordinate, y: coordinate })
    const lines = fc.array(fc.array(point, { minLength: 2, maxLength: 4 }), { maxLength: 4 })
    let changed = 0
    fc.assert(
      fc.property(lines, fc.integer({ min: 20, max: 90 }), (some, length) => {
        const widened = besideLines(frame, length, some, [])
        if (widened === frame) return
        changed++
        expect(widened.width).toBeGreaterThan(frame.width)
        expect(besideLines(widened, length, some, [])).toBe(widened)
        const [start, end] = words(widened, length)
        const middle = frame.y - frame.height / 2 + wordsOffset.y
        for (const points of some) {
          for (const [index, to] of points.slice(1).entries()) {
            const from = points[index] ?? to
            const share = (middle - from.y) / (to.y - from.y)
            if (!(share >= 0 && share <= 1)) continue
            const x = from.x + (to.x - from.x) * share
            expect(x < start || x > end).toBe(true)
          }
        }
      }),
      { seed: 3 },
    )
    expect(changed).toBeGreaterThan(5)
  })
})
