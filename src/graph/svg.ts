import type { Drawing } from './drawing.ts'
import { wordsOffset } from './svg-frame.ts'
import { cornerRadius, type Point, type Rectangle, towards } from './svg-geometry.ts'
import { isOnGrid, placeOnGrid } from './svg-grid.ts'
import type { PlacedEdge, PlacedGroup, PlacedNode } from './svg-layout.ts'
import { placeParts } from './svg-parts.ts'
import { type DrawingTheme, drawingClass, drawingStyle } from './svg-style.ts'

export interface SvgOptions {
  /** Default `auto`. */
  readonly theme?: DrawingTheme
  /** Whether the theme's ground is painted; default false: the page shows through. */
  readonly background?: boolean
}

/**
 * A drawing as one SVG element that needs nothing else: for a file of its own, and to stand within
 * an HTML page, where its style touches nothing outside it.
 */
export function renderSvg(drawing: Drawing, options: SvgOptions = {}): string {
  const { theme = 'auto', background = false } = options
  const placed = isOnGrid(drawing) ? placeOnGrid(drawing) : placeParts(drawing)
  const { width, height } = placed
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${drawingClass}" role="img" aria-label="${escaped(drawing.title)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(drawing.title)}</title>`,
    `<style>${drawingStyle(theme)}</style>`,
    background ? `<rect class="ground" width="${width}" height="${height}" rx="12"/>` : '',
    ...placed.groups.map(({ area }) => `<g class="group">${rect(area, 12)}</g>`),
    ...placed.edges.map(edgeSvg),
    ...placed.groups.map(groupLabel),
    ...placed.nodes.map(nodeSvg),
    '</svg>\n',
  ]
    .filter((part) => part !== '')
    .join('\n')
}

/** Apart from its frame, over the lines that cross it. */
function groupLabel({ group, area }: PlacedGroup): string {
  const x = area.x - area.width / 2 + wordsOffset.x
  const y = area.y - area.height / 2 + wordsOffset.y
  return `<g class="group">${text({ x, y }, group.label)}</g>`
}

function nodeSvg({ node, area, form }: PlacedNode): string {
  const title = `<title>${escaped(node.id)}</title>`
  if (form === 'sign') {
    const circle = `<circle class="box" cx="${number(area.x)}" cy="${number(area.y)}" r="${number(area.width / 2)}"/>`
    return `<g class="node ${node.role}">${title}${circle}${text(area, node.label, 'sign')}</g>`
  }
  const radius = cornerRadius(form, area)
  const lines =
    node.detail === undefined
      ? text(area, node.label)
      : text({ x: area.x, y: area.y - 8 }, node.label) +
        text({ x: area.x, y: area.y + 10 }, node.detail, 'detail')
  return `<g class="node ${node.role} ${form}">${title}${rect(area, radius, 'box')}${lines}</g>`
}

function edgeSvg({ edge, points, label }: PlacedEdge): string {
  const tip = points.at(-1) ?? { x: 0, y: 0 }
  const before = points.at(-2) ?? tip
  const base = towards(tip, before, 7)
  const line = `<path class="line" d="${throughLabel([...points.slice(0, -1), base], label)}"/>`
  const pill =
    label && edge.label !== undefined
      ? rect(label, label.height / 2, 'plate') +
        rect(label, label.height / 2, 'box') +
        text(label, edge.label)
      : ''
  return `<g class="edge ${edge.role ?? ''}">${line}${arrowHead(tip, base)}${pill}</g>`
}

/** A line that meets its label's centre, where a spline alone would pass by. */
function throughLabel(points: readonly Point[], label: Point | undefined): string {
  if (!label) return smooth(points)
  const distances = points.map(({ x, y }) => Math.hypot(x - label.x, y - label.y))
  const nearest = distances.indexOf(Math.min(...distances))
  return (
    smooth([...points.slice(0, nearest), label]) + smooth([label, ...points.slice(nearest + 1)])
  )
}

/** A closed triangle from the line's end to the tip. */
function arrowHead(tip: Point, base: Point): string {
  const across = { x: (tip.y - base.y) * 0.5, y: (base.x - tip.x) * 0.5 }
  const left = { x: base.x + across.x, y: base.y + across.y }
  const right = { x: base.x - across.x, y: base.y - across.y }
  return `<path class="head" d="M${pair(tip)}L${pair(left)}L${pair(right)}Z"/>`
}

/** A uniform cubic B-spline through the first and last point, drawn to those between. */
function smooth(points: readonly Point[]): string {
  const [first = { x: 0, y: 0 }, second = first] = points
  const last = points.at(-1) ?? first
  let path = `M${pair(first)}L${pair(mixed(first, second, 5 / 6))}`
  for (const [index, point] of points.entries()) {
    if (index === 0) continue
    const before = points[index - 1] ?? first
    const next = points[index + 1] ?? last
    const one = mixed(before, point, 2 / 3)
    const two = mixed(before, point, 1 / 3)
    const end = mixed(mixed(before, next, 0.5), point, 1 / 3)
    path += `C${pair(one)} ${pair(two)} ${pair(end)}`
  }
  return `${path}L${pair(last)}`
}

/** `share` of the first and the rest of the second. */
function mixed(first: Point, second: Point, share: number): Point {
  return {
    x: first.x * share + second.x * (1 - share),
    y: first.y * share + second.y * (1 - share),
  }
}

function rect(area: Rectangle, radius: number, className?: string): string {
  const { x, y, width, height } = area
  const attribute = className === undefined ? '' : ` class="${className}"`
  return `<rect${attribute} x="${number(x - width / 2)}" y="${number(y - height / 2)}" width="${number(width)}" height="${number(height)}" rx="${number(radius)}"/>`
}

function text(at: Point, content: string, className?: string): string {
  const attribute = className === undefined ? '' : ` class="${className}"`
  return `<text${attribute} x="${number(at.x)}" y="${number(at.y)}">${escaped(content)}</text>`
}

function pair({ x, y }: Point): string {
  return `${number(x)} ${number(y)}`
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

function escaped(content: string): string {
  return content.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}
