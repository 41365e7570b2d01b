import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { borderPoint, type Point, type Rectangle } from '#src/graph/svg-geometry.ts'
import { columnRoute, directRoute, type RouteEnd } from '#src/graph/svg-route.ts'

const box = (x: number, y: number, width: number, reach = width / 2): RouteEnd => ({
  form: 'box',
  area: { x, y, width, height: 32 },
  reach,
})

/** Whether a point of the polyline, looked at every pixel or so, lies within the box. */
function runsOver(points: readonly Point[], { x, y, width, height }: Rectangle): boolean {
  return points.slice(1).some((end, index) => {
    const start = points[index] ?? end
    const steps = Math.ceil(Math.hypot(end.x - start.x, end.y - start.y)) + 1
    return Array.from({ length: steps + 1 }, (_, step) => step / steps).some((share) => {
      const across = start.x + (end.x - start.x) * share - x
      const down = start.y + (end.y - start.y) * share - y
      return Math.abs(across) < width / 2 && Math.abs(down) < height / 2
    })
  })
}

describe('columnRoute', () => {
  it('keeps clear of the neighbors above and below, wherever the next bend is', () => {
    const width = fc.integer({ min: 40, max: 160 })
    const aside = fc.integer({ min: -600, max: 600 })
    fc.assert(
      fc.property(width, width, width, aside, aside, (own, other, wide, down, end) => {
        const reach = Math.max(own, wide) / 2
        const from = box(0, 0, own, reach)
        const to = box(2 * reach + 44 + 200, end, other, 80)
        const bends = [
          { x: reach + 22, y: down },
          { x: to.area.x - 80 - 22, y: down },
        ]
        const points = columnRoute(bends, { from, to })
        const neighbors = [from, to].flatMap(({ area, reach: half }) =>
          [-58, 58].map((apart) => ({ ...area, y: area.y + apart, width: 2 * half })),
        )
        for (const area of neighbors) expect(runsOver(points, area)).toBe(false)
        expect(points).toEqual(expect.arrayContaining(bends))
      }),
    )
  })

  it('is direct where the line is gentle', () => {
    const ends = { from: box(0, 0, 80), to: box(300, 10, 80) }
    const bends = [{ x: 150, y: 5 }]
    expect(columnRoute(bends, ends)).toEqual(directRoute(bends, ends))
  })

  it('leaves at the facing side, lines further aside further from its middle', () => {
    const ends = { from: box(0, 0, 80), to: box(300, 900, 80) }
    const ports = [0, 5, 8, 9, 10, 11, 12, 20, 40, 100, 200, 800].map(
      (y) => columnRoute([{ x: 62, y }], ends)[0] ?? expect.fail('no start'),
    )
    for (const { x, y } of ports) expect(x > 36 && Math.abs(y) < 16).toBe(true)
    const heights = ports.map(({ y }) => y)
    expect(heights).toEqual(heights.toSorted((one, other) => one - other))
    expect(new Set(heights).size).toBe(ports.length)
  })
})

describe('directRoute', () => {
  it('runs from border to border through its bends, or straight without', () => {
    const [from, to] = [box(0, 0, 80), box(0, 200, 80)]
    const bend = { x: 50, y: 90 }
    expect(directRoute([bend], { from, to })).toEqual([
      borderPoint('box', from.area, bend),
      bend,
      borderPoint('box', to.area, bend),
    ])
    expect(directRoute([], { from, to })).toEqual([
      { x: 0, y: 16 },
      { x: 0, y: 184 },
    ])
  })
})
