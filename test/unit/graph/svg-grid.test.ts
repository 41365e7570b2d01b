import { describe, expect, it } from 'vitest'
import type { Drawing } from '#src/graph/drawing.ts'
import { renderSvg } from '#src/graph/svg.ts'
import { isOnGrid, placeOnGrid } from '#src/graph/svg-grid.ts'
import type { PlacedDrawing } from '#src/graph/svg-layout.ts'

const grid: Drawing = {
  title: 'A grid',
  direction: 'right',
  groups: [{ id: 'low', label: 'Low row' }],
  nodes: [
    { id: 'image', label: 'image', role: 'input', place: { column: 0, row: 0 } },
    { id: 'a', label: '1', role: 'conv', place: { column: 1, row: 0 } },
    { id: 'b', label: '2', role: 'conv', group: 'low', place: { column: 1, row: 2 } },
    { id: 'c', label: 'a wide box', role: 'linear', group: 'low', place: { column: 5, row: 2 } },
  ],
  edges: [
    { from: 'image', to: 'a' },
    { from: 'a', to: 'b', label: 'down' },
    { from: 'b', to: 'c' },
    { from: 'a', to: 'c' },
  ],
}

const areaOf = ({ nodes }: PlacedDrawing, id: string) => {
  const found = nodes.find(({ node }) => node.id === id)
  if (!found) throw new Error(`No node ${id}`)
  return found.area
}

describe('a drawing on a grid', () => {
  it('is one where each node has a place of its own', () => {
    expect(isOnGrid(grid)).toBe(true)
    expect(isOnGrid({ ...grid, nodes: [] })).toBe(false)
    const [first, ...others] = grid.nodes
    if (!first) throw new Error('There are nodes')
    const { place: _, ...placeless } = first
    expect(isOnGrid({ ...grid, nodes: [placeless, ...others] })).toBe(false)
    const twice = { ...first, place: { column: 1, row: 0 } }
    expect(isOnGrid({ ...grid, nodes: [twice, ...others] })).toBe(false)
  })

  it('keeps columns and rows in line and in order, as far apart as their boxes need', () => {
    const placed = placeOnGrid(grid)
    const [image, a, b, c] = ['image', 'a', 'b', 'c'].map((id) => areaOf(placed, id))
    if (!image || !a || !b || !c) throw new Error('All are placed')
    expect(a.x).toBe(b.x)
    expect(a.y).toBe(image.y)
    expect(b.y).toBe(c.y)
    expect(a.x - image.x).toBeGreaterThan((a.width + image.width) / 2 + 20)
    expect(c.x - b.x).toBeGreaterThan((c.width + b.width) / 2 + 20)
    expect(b.y - a.y).toBeGreaterThan((a.height + b.height) / 2 + 20)
    for (const { x, y, width, height } of placed.nodes.map(({ area }) => area)) {
      expect(x - width / 2).toBeGreaterThan(0)
      expect(y - height / 2).toBeGreaterThan(0)
      expect(x + width / 2).toBeLessThan(placed.width)
      expect(y + height / 2).toBeLessThan(placed.height)
    }
    expect(placed.groups).toHaveLength(1)
  })

  it('draws straight lines from border to border', () => {
    const placed = placeOnGrid(grid)
    const [first, second, , slanted] = placed.edges
    const [image, a, c] = ['image', 'a', 'c'].map((id) => areaOf(placed, id))
    if (!image || !a || !c) throw new Error('All are placed')
    expect(first?.points).toEqual([
      { x: image.x + image.width / 2, y: image.y },
      { x: a.x - a.width / 2, y: a.y },
    ])
    expect(second?.label?.x).toBe(a.x)
    const [start = a, end = c] = slanted?.points ?? []
    expect(Math.hypot(start.x - a.x, start.y - a.y)).toBeCloseTo(a.width / 2)
    const onSide = Math.abs(Math.abs(end.x - c.x) - c.width / 2) < 1e-6
    const onTop = Math.abs(Math.abs(end.y - c.y) - c.height / 2) < 1e-6
    expect(onSide || onTop).toBe(true)
  })

  it('is what renderSvg lays out', () => {
    const { width, height } = placeOnGrid(grid)
    expect(renderSvg(grid)).toContain(`viewBox="0 0 ${width} ${height}"`)
  })
})
