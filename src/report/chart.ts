/**
 * The frame of every chart: axes, grid, titles, legend, and the marks that charts share. All colours
 * come from the style sheet's variables, so that one picture serves both themes.
 */
import { type Html, type HtmlValue, html } from './html.ts'
import type { Scale } from './scale.ts'

/** Size of a chart in its own units; the page scales it to the width that there is. */
export const chartSize = { width: 560, height: 340 }
/** Where the data lie. */
export const plot = { left: 46, right: 544, top: 34, bottom: 296 }

/** Size of a chart and where in it the data lie. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly plot: typeof plot
}

const standardFrame: Frame = { ...chartSize, plot }

export interface Axis {
  readonly scale: Scale
  readonly title: string
  readonly format: (tick: number) => string
}

export interface ChartParts {
  /** What the chart shows, in words, for those who do not see it. */
  readonly label: string
  readonly x: Axis
  readonly y: Axis
  /** From back to front. */
  readonly layers: readonly HtmlValue[]
  /** The common one by default; the axes' scales must end where its data do. */
  readonly frame?: Frame
}

/** An SVG chart that stands alone: named for screen readers, without ids. */
export function chart({ label, x, y, layers, frame = standardFrame }: ChartParts): Html {
  const { width, height } = frame
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${grid(x, y, frame)}${layers}
<text class="axis-title" x="2" y="14">↑ ${y.title}</text>
<text class="axis-title end" x="${frame.plot.right}" y="${height - 4}">${x.title} →</text>
</svg>`
}

function grid(x: Axis, y: Axis, { plot }: Frame): Html {
  const rows = y.scale.ticks.map((tick) => {
    const at = pixel(y.scale.at(tick))
    return html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${at}" y2="${at}"/>
<text class="tick end" x="${plot.left - 8}" y="${at}" dy="0.35em">${y.format(tick)}</text>`
  })
  const columns = x.scale.ticks.map((tick) => {
    const at = pixel(x.scale.at(tick))
    return html`<line class="axis" x1="${at}" x2="${at}" y1="${plot.bottom}" y2="${plot.bottom + 4}"/>
<text class="tick middle" x="${at}" y="${plot.bottom + 18}">${x.format(tick)}</text>`
  })
  return html`${rows}<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>${columns}`
}

/** A coordinate with one decimal: finer than any screen, and half the bytes. */
export function pixel(value: number): number {
  return Math.round(value * 10) / 10
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** The points joined by straight lines, as the `d` of a path. */
export function linePath(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${pixel(x)} ${pixel(y)}`)
    .join('')
}

/** Steps that keep each point's height until the next one, and the last one's until `endX`. */
export function stepPath(points: readonly Point[], endX: number): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const steps = rest.map(({ x, y }) => `H${pixel(x)}V${pixel(y)}`).join('')
  return `M${pixel(first.x)} ${pixel(first.y)}${steps}H${pixel(endX)}`
}

/** One trial in a chart; `tip` is shown on hover and read aloud. */
export interface Dot extends Point {
  /** `filled`, `hollow`, or `low` for a value that lies below the axis. */
  readonly look: 'filled' | 'hollow' | 'low'
  readonly tip: string
}

export function dots(items: readonly Dot[]): Html {
  const marks = items.map(({ x, y, look, tip }) =>
    look === 'low'
      ? html`<path class="dot low" d="M${pixel(x - 3.5)} ${pixel(y - 7)}h7l-3.5 6z"><title>${tip}</title></path>`
      : html`<circle class="dot ${look}" cx="${pixel(x)}" cy="${pixel(y)}" r="3"><title>${tip}</title></circle>`,
  )
  return html`<g>${marks}</g>`
}

/** The trial that matters most, ringed. */
export function ring({ x, y }: Point, tip: string): Html {
  return html`<circle class="ring" cx="${pixel(x)}" cy="${pixel(y)}" r="6"><title>${tip}</title></circle>`
}

/** A horizontal line with its words at the right end, above the line or below it. */
export function referenceLine(y: number, words: string, side: 'above' | 'below'): Html {
  return html`<line class="reference" x1="${plot.left}" x2="${plot.right}" y1="${pixel(y)}" y2="${pixel(y)}"/>
<text class="note end" x="${plot.right}" y="${pixel(y + (side === 'above' ? -6 : 15))}">${words}</text>`
}

/** What a sign in a chart means. */
export interface LegendItem {
  readonly sign: 'filled' | 'hollow' | 'ring' | 'best' | 'reference' | 'failed' | 'gap' | 'curve'
  readonly words: string
}

const signs: Readonly<Record<LegendItem['sign'], Html>> = {
  filled: html`<circle class="dot filled" cx="12" cy="7" r="3.5"/>`,
  hollow: html`<circle class="dot hollow" cx="12" cy="7" r="3.5"/>`,
  ring: html`<circle class="ring" cx="12" cy="7" r="5"/>`,
  best: html`<path class="best" d="M2 7h20"/>`,
  reference: html`<path class="reference" d="M1 7h22"/>`,
  failed: html`<path class="failed" d="M9 4l6 6m0 -6l-6 6"/>`,
  gap: html`<path class="gap" d="M12 0v14"/>`,
  curve: html`<path class="curve" d="M2 11c5 -8 10 -8 20 -8"/>`,
}

export function legend(items: readonly LegendItem[]): Html {
  return html`<ul class="legend">${items.map(
    ({ sign, words }) =>
      html`<li><svg viewBox="0 0 24 14" width="24" height="14" aria-hidden="true">${signs[sign]}</svg>${words}</li>`,
  )}</ul>`
}

/** A legend within a picture, its words laid out by their estimated width. */
export function legendRow(items: readonly LegendItem[], { x, y }: Point): Html {
  let at = x
  const placed = items.map(({ sign, words }) => {
    const markup = html`<g transform="translate(${pixel(at)} ${pixel(y)})">${signs[sign]}<text x="30" y="7" dy="0.35em">${words}</text></g>`
    // Some 6.6 pixels a letter of 12 pixels, and room to the next sign.
    at += 30 + 6.6 * words.length + 14
    return markup
  })
  return html`<g class="chart">${placed}</g>`
}
