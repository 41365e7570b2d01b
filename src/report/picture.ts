/** One picture of a run for a README: the search over trials beside the best architecture. */
import { chartSize, legendRow } from './chart.ts'
import { compact, integer, plural } from './format.ts'
import { type Html, html, markupOf, trusted } from './html.ts'
import { valueWords } from './objective.ts'
import { signalPhrase, winnerOf } from './overview.ts'
import type { RunSummary } from './run-summary.ts'
import { overTrialsParts } from './search-charts.ts'
import { chartStyle, themeStyle } from './theme.ts'

/** Pixels at their natural size; a README shows it at its own width. */
export const pictureSize = { width: 1200, height: 500 }

const chartBox = { x: 36, y: 118, width: 600 }
const drawingBox = { x: 690, y: 118, width: 474, height: 310 }

const style = `
.frame { fill: var(--surface); stroke: var(--line); }
.rule { stroke: var(--line); }
.name { font: 650 24px var(--sans); fill: var(--ink); letter-spacing: -0.02em; }
.result { font: 15px var(--sans); fill: var(--muted); font-variant-numeric: tabular-nums; }
.caption { font: 13px var(--sans); fill: var(--muted); text-anchor: middle; font-variant-numeric: tabular-nums; }
`

/**
 * An SVG file of its own that follows the reader's theme.
 *
 * @param pictureSvg - the best architecture, as `renderSvg` draws it; null where it cannot be drawn
 */
export function reportPicture(summary: RunSummary, pictureSvg: string | null): string {
  const { width, height } = pictureSize
  const parts = overTrialsParts(summary)
  const chartHeight = (chartBox.width * chartSize.height) / chartSize.width
  // The line of the random median bears its own words.
  const signs = parts.legend.filter(({ sign }) => sign !== 'reference')
  const picture = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${resultLine(summary)}">
<style>${trusted(themeStyle + chartStyle + style)}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14"/>
<text class="name" x="36" y="50">${summary.name}</text>
<text class="result" x="36" y="76">${resultLine(summary)}</text>
${legendRow(signs, { x: 36, y: 94 })}
<svg x="${chartBox.x}" y="${chartBox.y}" width="${chartBox.width}" height="${chartHeight}">${parts.chart}</svg>
<path class="rule" d="M663 36V${height - 36}"/>
${drawing(pictureSvg)}
<text class="caption" x="${drawingBox.x + drawingBox.width / 2}" y="${height - 40}">${winnerLine(summary)}</text>
</svg>
`
  return markupOf(picture)
}

function resultLine(summary: RunSummary): string {
  const winner = winnerOf(summary)
  if (winner?.metrics == null) return 'No trial has been completed yet'
  const { test } = summary
  const measured =
    test === null ? '' : `, ${valueWords(test.testAccuracy, summary.objective)} test, measured once`
  return `Best of ${plural(summary.trials.length, 'trial')}: ${valueWords(winner.metrics.valAccuracy, summary.objective)} ${signalPhrase(summary)}${measured}`
}

function winnerLine(summary: RunSummary): string {
  const winner = winnerOf(summary)
  if (winner === undefined) return ''
  const size = winner.counts === null ? '' : `, ${compact(winner.counts.parameterCount)} parameters`
  return `Best architecture, trial ${integer(winner.trial)}${size}`
}

/** The drawing in the middle of its box, at most a half larger than it was made. */
function drawing(pictureSvg: string | null): Html | null {
  const size = pictureSvg?.match(/ width="([\d.]+)" height="([\d.]+)"/)
  if (pictureSvg === null || !size) return null
  const [width, height] = [Number(size[1]), Number(size[2])]
  const scale = Math.min(1.5, drawingBox.width / width, drawingBox.height / height)
  const x = drawingBox.x + (drawingBox.width - scale * width) / 2
  const y = drawingBox.y + (drawingBox.height - scale * height) / 2
  return html`<svg x="${x}" y="${y}" width="${scale * width}" height="${scale * height}" viewBox="0 0 ${width} ${height}">${trusted(pictureSvg)}</svg>`
}
