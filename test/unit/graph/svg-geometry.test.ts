import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  borderPoint,
  cornerRadius,
  type NodeForm,
  type Point,
  type Rectangle,
} from '#src/graph/svg-geometry.ts'

/** Signed distance of a point from a rounded rectangle's border: negative within. */
function distance({ x, y }: Point, area: Rectangle, radius: number): number {
  const across = Math.abs(x - area.x) - (area.width / 2 - radius)
  const down = Math.abs(y - area.y) - (area.height / 2 - radius)
  const outside = Math.hypot(Math.max(across, 0), Math.max(down, 0))
  return outside + Math.min(Math.max(across, down), 0) - radius
}

const forms: readonly NodeForm[] = ['box', 'end', 'sign']

describe('borderPoint', () => {
  it('lies on the rounded border, on the line towards the point', () => {
    const side = fc.double({ min: 28, max: 300, noNaN: true })
    const offset = fc.double({ min: -900, max: 900, noNaN: true })
    fc.assert(
      fc.property(fc.constantFrom(...forms), side, side, offset, offset, (form, w, h, dx, dy) => {
        fc.pre(Math.hypot(dx, dy) > 1)
        const size =
          form === 'sign' ? { width: h, height: h } : { width: Math.max(w, h), height: h }
        const area = { x: 40, y: -7, ...size }
        const point = borderPoint(form, area, { x: area.x + dx, y: area.y + dy })
        expect(distance(point, area, cornerRadius(form, area))).toBeCloseTo(0, 6)
        const [across, down] = [point.x - area.x, point.y - area.y]
        expect(across * dy - down * dx).toBeCloseTo(0, 4)
        expect(across * dx + down * dy).toBeGreaterThan(0)
      }),
    )
  })

  it('is a side’s middle straight ahead, and the centre where there is no direction', () => {
    const area = { x: 10, y: 20, width: 100, height: 40 }
    expect(borderPoint('end', area, { x: 500, y: 20 })).toEqual({ x: 60, y: 20 })
    expect(borderPoint('box', area, { x: 10, y: -50 })).toEqual({ x: 10, y: 0 })
    expect(borderPoint('box', area, { x: 10, y: 20 })).toEqual({ x: 10, y: 20 })
  })
})
