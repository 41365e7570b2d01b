import { type LegendItem, legend } from './chart.ts'
import { type Html, type HtmlValue, html } from './html.ts'

export interface FigureParts {
  readonly title: string
  /** What to see in it, and what was left out. */
  readonly caption: HtmlValue
  readonly legend: readonly LegendItem[]
  readonly chart: Html
  /** A control above the chart. */
  readonly control?: Html
}

/** A chart with its title, legend and caption. */
export function figure(parts: FigureParts): Html {
  return html`<figure class="card">
<div class="figure-head"><h3>${parts.title}</h3>${parts.control}</div>
${legend(parts.legend)}
${parts.chart}
<figcaption>${parts.caption}</figcaption>
</figure>`
}
