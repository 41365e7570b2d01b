import { describe, expect, it } from 'vitest'
import { drawGraph } from '#src/graph/draw.ts'
import type { Drawing, DrawingNode } from '#src/graph/drawing.ts'
import { renderSvg } from '#src/graph/svg.ts'
import type { Rectangle } from '#src/graph/svg-geometry.ts'
import { placeDrawing, textWidth } from '#src/graph/svg-layout.ts'
import { Random } from '#src/random/random.ts'
import { randomGraph } from '#test/fixtures/random-graph.ts'

const cell: Drawing = {
  title: 'A cell with <three> "nodes" & edges',
  direction: 'right',
  nodes: [
    { id: 'in', label: 'input', role: 'input' },
    { id: 'middle', label: '1', role: 'merge' },
    { id: 'box', label: 'conv 3×3', detail: '16×8×8', role: 'conv', group: 'part' },
    { id: 'out', label: 'output', role: 'output' },
  ],
  edges: [
    { from: 'in', to: 'middle', label: 'conv <1×1>', role: 'conv' },
    { from: 'in', to: 'box', label: 'none', role: 'zero' },
    { from: 'middle', to: 'out', label: 'skip', role: 'identity' },
    { from: 'middle', to: 'box' },
    { from: 'box', to: 'out' },
  ],
  groups: [
    { id: 'part', label: 'A part' },
    { id: 'empty', label: 'Nothing in it' },
  ],
}

/** Names of tags left open or closed twice; empty for well-formed markup. */
function unbalanced(svg: string): string[] {
  const open: string[] = []
  for (const [, close, name = '', , self] of svg.matchAll(
    /<(\/?)([a-z]+)((?:\s[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    if (self) continue
    if (!close) open.push(name)
    else if (open.pop() !== name) return [name]
  }
  return open
}

function overlap(first: Rectangle, second: Rectangle): boolean {
  return (
    Math.abs(first.x - second.x) < (first.width + second.width) / 2 &&
    Math.abs(first.y - second.y) < (first.height + second.height) / 2
  )
}

describe('renderSvg', () => {
  it('writes one well-formed element with a name for those who do not see it', () => {
    const svg = renderSvg(cell)
    expect(unbalanced(svg)).toEqual([])
    expect(svg.match(/<svg/g)).toHaveLength(1)
    expect(svg).toContain(
      'role="img" aria-label="A cell with &lt;three&gt; &quot;nodes&quot; &amp;',
    )
    expect(svg).toContain('<title>A cell with &lt;three&gt;')
    expect(svg).toContain('>conv &lt;1×1&gt;</text>')
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|href=|url\(/)
  })

  it('draws every node, arrow, label and group that has members', () => {
    const svg = renderSvg(cell)
    expect(svg.match(/class="node /g)).toHaveLength(4)
    expect(svg.match(/class="line"/g)).toHaveLength(5)
    expect(svg.match(/class="head"/g)).toHaveLength(5)
    expect(svg.match(/class="plate"/g)).toHaveLength(3)
    expect(svg).toContain('<g class="edge zero">')
    expect(svg).toContain('>A part</text>')
    expect(svg).not.toContain('Nothing in it')
  })

  it('keeps every style rule to the drawing', () => {
    const [, css = ''] = /<style>([^<]*)<\/style>/.exec(renderSvg(cell)) ?? []
    const selectors = [...css.matchAll(/^\s*([^@{}\n][^{}\n]*) \{/gm)].map(
      (match) => match[1] ?? '',
    )
    expect(selectors.length).toBeGreaterThan(30)
    for (const selector of selectors) expect(selector).toContain('.archloom-drawing')
  })

  it('follows the page and the system unless told which theme', () => {
    const auto = renderSvg(cell)
    expect(auto).toContain('@media (prefers-color-scheme: dark)')
    expect(auto).toContain(':root[data-theme="dark"] .archloom-drawing')
    const dark = renderSvg(cell, { theme: 'dark', background: true })
    const light = renderSvg(cell, { theme: 'light', background: true })
    expect(dark).not.toContain('@media')
    expect(dark).toContain('color-scheme: dark')
    expect(light).toContain('color-scheme: light')
    expect(light).toContain('<rect class="ground"')
    expect(auto).not.toContain('<rect class="ground"')
  })

  it('writes a named theme in plain colors, and the same rules as for both', () => {
    const rulesOf = (svg: string) => /<style>([^<]*)<\/style>/.exec(svg)?.[1] ?? ''
    const auto = rulesOf(renderSvg(cell))
    const shape = (css: string) => css.slice(css.indexOf('{ max-width')).replaceAll(/#\w+/g, '#')
    for (const theme of ['light', 'dark'] as const) {
      const plain = rulesOf(renderSvg(cell, { theme }))
      expect(plain).not.toMatch(/var\(|--/)
      // Within quotation marks resvg finds no family.
      expect(plain).toMatch(/font-family: [A-Za-z, -]+;/)
      expect(shape(plain)).toBe(shape(auto.replaceAll(/var\(--[a-z-]+\)/g, '#')))
      for (const [color] of plain.matchAll(/#\w+/g)) expect(auto).toContain(color)
    }
    const used = new Set([...auto.matchAll(/var\((--[a-z-]+)\)/g)].map(([, name]) => name))
    for (const name of used) expect(auto.split(`${name}: #`)).toHaveLength(7)
  })

  it('gives the same bytes for the same drawing', () => {
    expect(renderSvg(cell)).toBe(renderSvg(JSON.parse(JSON.stringify(cell)) as Drawing))
  })

  it('renders any network', () => {
    for (let index = 0; index < 12; index++) {
      const drawing = drawGraph(randomGraph(Random.named(index, 'svg')).graph)
      const svg = renderSvg(drawing)
      expect(unbalanced(svg)).toEqual([])
      expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    }
  })
})

describe('placeDrawing', () => {
  it('keeps everything within the picture, boxes and labels apart, members in their frame', () => {
    const placed = placeDrawing(cell)
    const labels = placed.edges.flatMap(({ label }) => (label ? [label] : []))
    const areas = [...placed.nodes.map(({ area }) => area), ...labels]
    for (const { x, y, width, height } of [...areas, ...placed.groups.map(({ area }) => area)]) {
      expect(x - width / 2).toBeGreaterThanOrEqual(0)
      expect(y - height / 2).toBeGreaterThanOrEqual(0)
      expect(x + width / 2).toBeLessThanOrEqual(placed.width)
      expect(y + height / 2).toBeLessThanOrEqual(placed.height)
    }
    for (const [index, area] of areas.entries()) {
      expect(areas.slice(index + 1).some((other) => overlap(area, other))).toBe(false)
    }
    const [frame] = placed.groups
    const box = placed.nodes.find(({ node }) => node.id === 'box')?.area
    expect(frame && box && frame.area.width > box.width && frame.area.height > box.height).toBe(
      true,
    )
  })

  it('frames the lines between members, and lets lines from outside pass beside its words', () => {
    const node = (id: string, group?: string): DrawingNode => ({
      id,
      label: `box ${id}`,
      role: 'other',
      ...(group !== undefined && { group }),
    })
    const placed = placeDrawing({
      title: 'A residual block',
      direction: 'down',
      groups: [{ id: 'block', label: 'A residual block' }],
      nodes: [node('in'), ...['a', 'b', 'c', 'd'].map((id) => node(id, 'block'))],
      edges: [
        ['in', 'a'],
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'd'],
        ['a', 'd'],
      ].map(([from = '', to = '']) => ({ from, to })),
    })
    const [frame] = placed.groups.map(({ area }) => area)
    const skip = placed.edges.find(({ edge }) => edge.from === 'a' && edge.to === 'd')
    const entry = placed.edges.find(({ edge }) => edge.from === 'in')
    if (!frame || !skip || !entry) throw new Error('All are placed')
    for (const { x } of skip.points) {
      expect(Math.abs(x - frame.x)).toBeLessThanOrEqual(frame.width / 2 - 12)
    }
    const wordsEnd = frame.x - frame.width / 2 + 12 + textWidth('A residual block', 13)
    for (const { x } of entry.points) expect(x).toBeGreaterThan(wordsEnd)
  })

  it('lays layers out in the direction asked for', () => {
    const centres = (direction: Drawing['direction']) =>
      placeDrawing({ ...cell, direction }).nodes.map(({ area }) => area)
    const [first, , , last] = centres('right')
    expect(last && first && last.x > first.x).toBe(true)
    const [top, , , bottom] = centres('down')
    expect(bottom && top && bottom.y > top.y).toBe(true)
  })

  it('ends lines at the circle of a sign', () => {
    const placed = placeDrawing(cell)
    const sign = placed.nodes.find(({ form }) => form === 'sign')?.area
    const tip = placed.edges.find(({ edge }) => edge.to === 'middle')?.points.at(-1)
    if (!sign || !tip) throw new Error('Expected a sign and a line to it')
    expect(Math.hypot(tip.x - sign.x, tip.y - sign.y)).toBeCloseTo(sign.width / 2, 6)
  })
})
