/** What every table and every plot must say of the results that it shows. */
import type { StudyAnalysis } from '#src/study/analysis/analysis.ts'
import type { StudyBenchmark } from '#src/study/study.ts'
import { plural } from '../format.ts'
import { type Html, html } from '../html.ts'
import { chip } from '../section.ts'

/** Of one benchmark, or of several together: then with how many of them a mark is of, if not all. */
export function marksOf(
  benchmarks: readonly Pick<StudyBenchmark, 'mark'>[],
  { environmentCount }: Pick<StudyAnalysis, 'environmentCount'>,
): readonly string[] {
  const own = [...Map.groupBy(benchmarks, ({ mark }) => mark)].flatMap(([mark, marked]) => {
    if (mark === null) return []
    const isOfAll = marked.length === benchmarks.length
    return [isOfAll ? mark : `${mark}: ${marked.length} of ${benchmarks.length} benchmarks`]
  })
  if (environmentCount < 2) return own
  return [...own, `${plural(environmentCount, 'environment')} mixed`]
}

export function markChips(marks: readonly string[]): Html | null {
  if (marks.length === 0) return null
  return html`<span class="marks">${marks.map((mark) => chip(mark, 'warn'))}</span>`
}

/** In a plot, at the upper right. */
export function plotMark(marks: readonly string[], x: number): Html | null {
  if (marks.length === 0) return null
  return html`<text class="plot-mark end" x="${x}" y="14">${marks.join(' · ')}</text>`
}

/** A row of its own above a plot whose upper edge has words already; `rise` is its height in pixels. */
export function markRow(
  marks: readonly string[],
  width: number,
): { readonly rise: number; readonly row: Html | null } {
  if (marks.length === 0) return { rise: 0, row: null }
  return { rise: 18, row: html`<g transform="translate(0 -18)">${plotMark(marks, width - 2)}</g>` }
}
