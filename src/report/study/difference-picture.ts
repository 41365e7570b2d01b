/** Mean paired differences with their intervals, one row a method: a forest plot. */
import type { Comparison } from '#src/study/analysis/comparison.ts'
import { type Axis, pixel } from '../chart.ts'
import { points } from '../format.ts'
import { type Html, type HtmlValue, html } from '../html.ts'
import { exactScale, roundStep } from '../scale.ts'
import { markRow } from './marks.ts'
import type { Picture } from './picture-file.ts'

const width = 760
const rowHeight = 22
const plotLeft = 232
const plotRight = 660
const top = 30

/** Rows under one heading. */
export interface DifferenceGroup {
  readonly title: string
  readonly comparisons: readonly Comparison[]
}

/** Filled where the corrected test finds the difference at 0.05, hollow where not. */
export function differencePicture(
  groups: readonly DifferenceGroup[],
  {
    name,
    label,
    against,
    marks,
  }: { name: string; label: string; against: string; marks: readonly string[] },
): Picture {
  const rowCount = groups.reduce((sum, { comparisons }) => sum + comparisons.length + 1, 0)
  const bottom = top + rowCount * rowHeight + 6
  const axis = differenceAxis(groups.flatMap(({ comparisons }) => comparisons))
  let row = 0
  const rows: HtmlValue[] = []
  for (const { title, comparisons } of groups) {
    rows.push(
      html`<text class="group-name" x="2" y="${top + row * rowHeight + 15}">${shortened(title, 100)}</text>`,
    )
    row += 1
    for (const comparison of comparisons) {
      rows.push(differenceRow(comparison, axis, top + row * rowHeight + rowHeight / 2))
      row += 1
    }
  }
  const zero = pixel(axis.scale.at(0))
  const { rise, row: markWords } = markRow(marks, width)
  const height = bottom + 40 + rise
  const chart = html`<svg class="chart" viewBox="0 ${-rise} ${width} ${height}" role="img" aria-label="${label}">
${markWords}
<text class="axis-title middle" x="${zero}" y="14">${against}</text>
${axis.scale.ticks.map((tick) => html`<line class="grid" x1="${pixel(axis.scale.at(tick))}" x2="${pixel(axis.scale.at(tick))}" y1="${top - 6}" y2="${bottom}"/><text class="tick middle" x="${pixel(axis.scale.at(tick))}" y="${bottom + 16}">${axis.format(tick)}</text>`)}
<path class="zero" d="M${zero} ${top - 8}V${bottom}"/>
${rows}
<text class="axis-title end" x="${plotRight}" y="${bottom + 35}">${axis.title} · better →</text>
</svg>`
  return { name, width, height, chart }
}

function differenceAxis(comparisons: readonly Comparison[]): Axis {
  const ends = comparisons.flatMap(({ low, high }) => [100 * low, 100 * high])
  const low = Math.min(0, ...ends)
  const high = Math.max(0, ...ends)
  const padding = Math.max(0.01, 0.04 * (high - low))
  return {
    scale: exactScale(
      [low - padding, high + padding],
      [plotLeft, plotRight],
      roundStep((high - low + 2 * padding) / 6),
    ),
    title: 'Mean paired difference (percentage points)',
    format: (tick) =>
      tick > 0 ? `+${Number(tick.toFixed(3))}` : `${Number(tick.toFixed(3))}`.replace('-', '−'),
  }
}

function differenceRow(comparison: Comparison, { scale }: Axis, y: number): Html {
  const { method, low, high, meanDifference, corrected } = comparison
  const look = corrected !== null && corrected < 0.05 ? '' : ' unsure'
  const at = (share: number) => pixel(scale.at(100 * share))
  return html`<text class="row-name end" x="${plotLeft - 12}" y="${y}" dy="0.35em">${shortened(method, 34)}</text>
<path class="whisker${look}" d="M${at(low)} ${y - 4}v8m0 -4H${at(high)}m0 -4v8"/>
<circle class="estimate${look}" cx="${at(meanDifference)}" cy="${y}" r="4"/>
<text class="end" x="${width - 2}" y="${y}" dy="0.35em">${points(meanDifference)}</text>`
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
