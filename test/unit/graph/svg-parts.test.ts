import { describe, expect, it } from 'vitest'
import type { Drawing, DrawingNode } from '#src/graph/drawing.ts'
import type { Rectangle } from '#src/graph/svg-geometry.ts'
import { type PlacedDrawing, placeDrawing } from '#src/graph/svg-layout.ts'
import { placeParts } from '#src/graph/svg-parts.ts'

const box = (id: string, group?: string): DrawingNode => ({
  id,
  label: `a box ${id}`,
  role: 'other',
  ...(group !== undefined && { group }),
})

function drawing(parts: Partial<Drawing>): Drawing {
  return { title: 'Parts', direction: 'right', groups: [], nodes: [], edges: [], ...parts }
}

function chain(prefix: string, length: number): Pick<Drawing, 'nodes' | 'edges' | 'groups'> {
  const ids = Array.from({ length }, (_, index) => `${prefix}${index}`)
  return {
    nodes: ids.map((id) => box(id, prefix)),
    edges: ids.slice(1).map((to, index) => ({ from: ids[index] ?? '', to, label: 'a label' })),
    groups: [{ id: prefix, label: `Part ${prefix}` }],
  }
}

function joined(...parts: readonly Pick<Drawing, 'nodes' | 'edges' | 'groups'>[]): Drawing {
  return drawing({
    nodes: parts.flatMap(({ nodes }) => nodes),
    edges: parts.flatMap(({ edges }) => edges),
    groups: parts.flatMap(({ groups }) => groups),
  })
}

const areaOf = ({ groups }: PlacedDrawing, id: string): Rectangle =>
  groups.find(({ group }) => group.id === id)?.area ?? expect.fail(`no group ${id}`)

const edgesOf = ({ x, y, width, height }: Rectangle) => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
})

describe('a drawing of several parts', () => {
  it('has them in order, in rows, apart from each other', () => {
    const placed = placeParts(joined(chain('a', 4), chain('b', 2), chain('c', 2), chain('d', 5)))
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => edgesOf(areaOf(placed, id)))
    if (!a || !b || !c || !d) throw new Error('All are placed')
    expect(b.top).toBeGreaterThan(a.bottom)
    expect(c.left).toBeGreaterThan(b.right)
    expect(c.top).toBe(b.top)
    expect(d.top).toBeGreaterThan(b.bottom)
    expect(d.left).toBe(a.left)
    for (const part of [a, b, c, d]) {
      expect(part.left).toBeGreaterThanOrEqual(0)
      expect(part.right).toBeLessThanOrEqual(placed.width)
      expect(part.bottom).toBeLessThanOrEqual(placed.height)
    }
  })

  it('has them beside each other where it goes down', () => {
    const down = {
      ...joined(chain('a', 3), chain('b', 3), chain('c', 3)),
      direction: 'down',
    } as const
    const tops = ['a', 'b', 'c'].map((id) => edgesOf(areaOf(placeParts(down), id)).top)
    expect(new Set(tops).size).toBe(1)
  })

  it('has boxes without edges side by side', () => {
    const nodes = ['x', 'y', 'z'].map((id) => box(id, 'list'))
    const list = drawing({ nodes, groups: [{ id: 'list', label: 'List' }] })
    const { nodes: placed } = placeParts(list)
    expect(new Set(placed.map(({ area }) => area.y)).size).toBe(1)
    expect(placed.map(({ area }) => area.x)).toEqual(
      placed.map(({ area }) => area.x).toSorted((one, other) => one - other),
    )
  })

  it('keeps every node, edge and group once', () => {
    const whole = joined(chain('a', 3), chain('b', 2))
    const placed = placeParts(whole)
    expect(placed.nodes.map(({ node }) => node)).toEqual(whole.nodes)
    expect(placed.edges.map(({ edge }) => edge)).toEqual(whole.edges)
    expect(placed.groups.map(({ group }) => group)).toEqual(whole.groups)
  })
})

describe('a drawing of one part', () => {
  it('is placed as it always was', () => {
    const whole = joined(chain('a', 4))
    expect(placeParts(whole)).toEqual(placeDrawing(whole))
  })
})

describe('the frame of a group', () => {
  it('encloses the labels between its nodes', () => {
    const whole = drawing({
      nodes: [box('0', 'g'), box('1', 'g'), box('2', 'g')],
      edges: [
        { from: '0', to: '1', label: 'near' },
        { from: '1', to: '2', label: 'near, too' },
        { from: '0', to: '2', label: 'around the other' },
      ],
      groups: [{ id: 'g', label: 'Group' }],
    })
    const placed = placeParts(whole)
    const frame = edgesOf(areaOf(placed, 'g'))
    for (const { label } of placed.edges) {
      const { left, right, top, bottom } = edgesOf(label ?? expect.fail('no label'))
      expect(left).toBeGreaterThan(frame.left)
      expect(right).toBeLessThan(frame.right)
      expect(top).toBeGreaterThan(frame.top)
      expect(bottom).toBeLessThan(frame.bottom)
    }
  })
})
