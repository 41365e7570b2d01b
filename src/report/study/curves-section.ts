/** Curves of every benchmark: one chart at a time, chosen without a script. */
import type { BenchmarkAnalysis } from '#src/study/analysis/analysis.ts'
import type { CurveAxis } from '#src/study/analysis/curves.ts'
import { plural } from '../format.ts'
import { type Html, html } from '../html.ts'
import type { Section } from '../section.ts'
import { type Aggregate, type CurveMeasure, curvePicture } from './curve-picture.ts'
import { markChips } from './marks.ts'
import type { Picture } from './picture-file.ts'
import type { StudyView } from './view.ts'

const measures: readonly (readonly [CurveMeasure, string])[] = [
  ['regret', 'Regret'],
  ['accuracy', 'Best so far'],
]
const axes: readonly (readonly [CurveAxis, string])[] = [
  ['trials', 'Evaluations'],
  ['seconds', 'Simulated time'],
  ['secondsWithOverhead', 'With overhead'],
]
const aggregates: readonly (readonly [Aggregate, string])[] = [
  ['mean', 'Mean, 95% CI'],
  ['median', 'Median, quartiles'],
]

/** Of the views only the one that is chosen in its card is shown. */
export const curveViewStyle = measures
  .flatMap(([measure]) =>
    axes.flatMap(([axis]) =>
      aggregates.map(
        ([aggregate]) =>
          `.curves:has(.pick-${measure}:checked):has(.pick-${axis}:checked):has(.pick-${aggregate}:checked) .view.${measure}.${axis}.${aggregate} { display: block; }`,
      ),
    ),
  )
  .join('\n')

interface ShownPicture {
  readonly picture: Picture
  readonly classes: string
}

/** Every picture that a benchmark has curves for. */
export function curvePictures(view: StudyView, benchmark: BenchmarkAnalysis): readonly Picture[] {
  return picturesOf(view, benchmark).map(({ picture }) => picture)
}

function picturesOf(view: StudyView, benchmark: BenchmarkAnalysis): readonly ShownPicture[] {
  const present = new Set(benchmark.methods.map(({ method }) => method))
  const choice = {
    looks: new Map([...view.looks].filter(([method]) => present.has(method))),
    marks: view.marks(benchmark),
    name: view.fileWord(benchmark.benchmark.label),
  }
  return measures.flatMap(([measure]) =>
    axes.flatMap(([axis]) =>
      aggregates.flatMap(([aggregate]) => {
        const picture = curvePicture(benchmark, { measure, axis, aggregate }, choice)
        return picture === null ? [] : [{ picture, classes: `${measure} ${axis} ${aggregate}` }]
      }),
    ),
  )
}

export function curvesSection(view: StudyView): Section {
  const cards = view.analysis.benchmarks.map((benchmark, index) => card(view, benchmark, index))
  return {
    id: 'curves',
    title: 'Performance over the search',
    short: 'Curves',
    body: html`<p class="muted">Each run counts with the value that it holds at a place, carried forward until the next; a curve begins where all of its runs have an incumbent and ends where the first one ends. Time is the table’s, of training; overhead adds the optimizer’s own, as if every worker waited for it.</p>${cards}`,
  }
}

function card(view: StudyView, benchmark: BenchmarkAnalysis, index: number): Html {
  const { label, description } = benchmark.benchmark
  const pictures = picturesOf(view, benchmark)
  if (pictures.length === 0) {
    return html`<div class="card wide"><h3>${label} ${markChips(view.marks(benchmark))}</h3><p class="muted">No method has a curve here yet.</p></div>`
  }
  const isThere = (word: string) =>
    pictures.some(({ classes }) => classes.split(' ').includes(word))
  const switches = [measures, axes, aggregates].map((options, place) =>
    switchOf(
      options.filter(([word]) => isThere(word)),
      { name: `curves-${index}-${place}`, words: ['Measure', 'Axis', 'Aggregate'][place] ?? '' },
    ),
  )
  return html`<figure class="card wide curves">
<div class="benchmark-head"><h3>${label}</h3><div class="switches">${switches}</div></div>
${pictures.map(({ picture, classes }) => html`<div class="view ${classes}">${picture.chart}</div>`)}
<figcaption>${captionOf(benchmark)} <span class="muted">${description}</span></figcaption>
</figure>`
}

function switchOf(
  options: readonly (readonly [word: string, title: string])[],
  { name, words }: { readonly name: string; readonly words: string },
): Html {
  return html`<fieldset class="switch"><legend>${words}</legend>${options.map(
    ([word, title], index) =>
      html`<label><input type="radio" name="${name}" class="pick-${word}"${index === 0 && html` checked`}>${title}</label>`,
  )}</fieldset>`
}

function captionOf({ benchmark, curves, course }: BenchmarkAnalysis): string {
  const counts = [...new Set((curves[0]?.curves ?? []).map(({ runCount }) => runCount))]
  const runs =
    counts.length === 1
      ? `${plural(counts[0] ?? 0, 'run')} a method`
      : `${Math.min(...counts)} to ${plural(Math.max(...counts), 'run')} a method`
  const told = benchmark.mark === null ? 'Validation accuracy' : 'What the searches were told'
  const what = course?.metric === 'testAccuracy' ? 'Test accuracy' : told
  const optimum = `${(100 * (course?.optimum ?? 0)).toFixed(2)}%`
  const best =
    course?.isOptimumKnown === true ? 'the best of the space' : 'the best found by any run'
  return `${what} of the incumbent, ${runs}; bands are bootstrapped over runs, or quartiles. Regret is the distance to ${best}, ${optimum}; at zero a curve lies on the lower edge.`
}
