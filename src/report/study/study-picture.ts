/** One picture of a study for a README: its curves on one benchmark, and who comes first. */
import { analyzeStudy } from '#src/study/analysis/analysis.ts'
import type { Study } from '#src/study/study.ts'
import { type Html, html, markupOf, trusted } from '../html.ts'
import { chartStyle, themeStyle } from '../theme.ts'
import { curvePicture } from './curve-picture.ts'
import { studyChartStyle } from './study-style.ts'
import { studyView } from './view.ts'

const margin = 36
const headHeight = 88

const style = `
.frame { fill: var(--surface); stroke: var(--line); }
.name { font: 650 24px var(--sans); fill: var(--ink); letter-spacing: -0.02em; }
.result { font: 15px var(--sans); fill: var(--muted); font-variant-numeric: tabular-nums; }
`

/**
 * An SVG file of its own that follows the reader's theme.
 *
 * @param benchmark - its label; the first one by default
 * @returns null where the benchmark has no curves, or is none of the study's
 */
export function studyPicture(study: Study, benchmark?: string): string | null {
  const view = studyView(study, analyzeStudy(study))
  const found = view.analysis.benchmarks.find(
    (one) => benchmark === undefined || one.benchmark.label === benchmark,
  )
  if (found === undefined) return null
  const present = new Set(found.methods.map(({ method }) => method))
  const drawn = curvePicture(
    found,
    { axis: found.curves[0]?.axis ?? 'trials', measure: 'regret', aggregate: 'mean' },
    {
      looks: new Map([...view.looks].filter(([method]) => present.has(method))),
      marks: view.marks(found),
      name: 'curves',
    },
  )
  if (drawn === null) return null
  const width = drawn.width + 2 * margin
  const height = drawn.height + headHeight + margin
  const runs = found.methods.map(({ cellCount }) => cellCount)
  const [fewest, most] = [Math.min(...runs), Math.max(...runs)]
  const seeds = fewest === most ? most : `${fewest} to ${most}`
  const words = `Mean regret with 95% intervals over ${seeds} seeds; random search with its exact expectation`
  return markupOf(
    framed({ width, height, title: found.benchmark.label, words, chart: drawn.chart }),
  )
}

function framed(parts: {
  readonly width: number
  readonly height: number
  readonly title: string
  readonly words: string
  readonly chart: Html
}): Html {
  const { width, height, title, words, chart } = parts
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}: ${words}">
<style>${trusted(themeStyle + chartStyle + studyChartStyle + style)}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14"/>
<text class="name" x="${margin}" y="46">${title}</text>
<text class="result" x="${margin}" y="70">${words}</text>
<svg x="${margin}" y="${headHeight}" width="${width - 2 * margin}" height="${height - headHeight - margin}">${chart}</svg>
</svg>
`
}
