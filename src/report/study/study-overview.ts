/** The top of a study's page. */
import { integer, plural } from '../format.ts'
import { type Html, type HtmlValue, html } from '../html.ts'
import { banner, chip } from '../section.ts'
import { degenerated } from './setup-sections.ts'
import type { StudyView } from './view.ts'

export function studyOverview(view: StudyView, resumeCommand: string): Html {
  const { study } = view
  const isFinished = study.missing.length === 0
  return html`<header class="overview">
<div class="title"><h1>${study.name}</h1>${isFinished ? chip('Finished', 'good') : chip('Not finished', 'warn')}</div>
${study.description !== '' && html`<p class="description">${study.description}</p>`}
<p class="lead">${leadSentence(view)}</p>
${banners(view, resumeCommand)}
<dl class="tiles">${tiles(view)}</dl>
</header>`
}

/** Who comes first, and how sure that is. */
export function leadSentence({ analysis, looks }: StudyView): Html {
  const { overall, benchmarks, againstControl, control } = analysis
  const tested = againstControl.filter(({ corrected }) => corrected !== null)
  const better = tested.filter(
    ({ corrected, meanDifference }) => (corrected ?? 1) < 0.05 && meanDifference > 0,
  )
  const sure = html`${
    tested.length > 0 &&
    html` Better than ${control} in <strong>${better.length} of ${tested.length}</strong> paired comparisons after correction.`
  }`
  if (overall !== null) {
    const ranks = overall.test.averageRanks
    const first = ranks.indexOf(Math.min(...ranks))
    return html`Over ${plural(overall.blockCount, 'benchmark')}, <strong>${overall.methods[first]}</strong> has the best average rank, ${(ranks[first] ?? 0).toFixed(2)} of ${overall.methods.length} methods.${sure}`
  }
  const bests = benchmarks.flatMap(({ benchmark, best }) =>
    best === null ? [] : [html`<strong>${best}</strong> on ${benchmark.label}`],
  )
  if (bests.length === 0)
    return html`No search has finished yet; ${plural(looks.size, 'method')} planned.`
  return html`The highest mean at the end: ${bests.map((one, index) => html`${index > 0 && ', '}${one}`)}.${sure}`
}

function banners(view: StudyView, resumeCommand: string): HtmlValue {
  const { study, analysis } = view
  const marked = study.benchmarks.filter(({ mark }) => mark !== null)
  const weak = degenerated(view)
  const notApplicable = study.benchmarks.flatMap(({ label, notApplicable: left }) =>
    Object.entries(left).map(([method, reason]) => `${method} on ${label}: it ${reason}`),
  )
  return [
    analysis.environmentCount > 1 &&
      banner(
        'bad',
        `Results of ${analysis.environmentCount} environments are mixed, as the user allowed`,
        html`A difference between methods may come from their environments; the <a href="#environment">table</a> marks what differs, and every table and plot says so.`,
      ),
    marked.map(({ label, mark }) =>
      banner(
        'warn',
        `${label}: ${mark}`,
        'The searches were told the accuracy that is reported: what they reach there is optimistic, for all methods alike.',
      ),
    ),
    weak.length > 0 &&
      banner(
        'warn',
        'Fallback proposals',
        html`<p>More than a fifth of what these proposed was not the method’s own:</p>${list(weak)}`,
      ),
    analysis.missing.length > 0 &&
      banner(
        'warn',
        `${plural(study.missing.length, 'run')} missing`,
        html`<p>Continue with <code>${resumeCommand}</code></p>${list(
          analysis.missing.map(
            ({ method, benchmark, count, wanted }) =>
              `${method} on ${benchmark}: ${integer(count)} of ${integer(wanted)}`,
          ),
        )}`,
      ),
    notApplicable.length > 0 && banner('calm', 'Not applicable', list(notApplicable)),
  ]
}

/** At most twelve of them. */
function list(items: readonly string[]): Html {
  const shown = items.slice(0, 12)
  const rest = items.length - shown.length
  return html`<ul>${shown.map((item) => html`<li>${item}</li>`)}${rest > 0 && html`<li>and ${integer(rest)} more</li>`}</ul>`
}

function tiles({ study, analysis, looks, bases }: StudyView): Html[] {
  const trials = study.cells.reduce((sum, { endedCount }) => sum + endedCount, 0)
  const counts = study.methods.map(({ seeds }) => seeds.length)
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
  return [
    tile(
      'Methods',
      integer(looks.size),
      bases.size > 0
        ? `${plural(bases.size, 'variant')} besides`
        : `random search ${analysis.control === null ? 'not ' : ''}among them`,
    ),
    tile(
      'Benchmarks',
      integer(study.benchmarks.length),
      analysis.benchmarks.every(({ measure }) => measure?.isOptimumKnown === true)
        ? 'optimum known'
        : 'optimum not always known',
    ),
    tile(
      'Seeds',
      fewest === most ? integer(most) : `${integer(fewest)}–${integer(most)}`,
      'shared by all methods',
    ),
    tile(
      'Searches',
      integer(study.cells.length),
      study.missing.length === 0 ? 'all of them' : `${integer(study.missing.length)} missing`,
    ),
    tile('Evaluations', integer(trials), 'over all searches'),
  ]
}

function tile(name: string, value: string, note: string): Html {
  return html`<div class="tile"><dt>${name}</dt><dd class="value">${value}</dd><dd class="note-text">${note}</dd></div>`
}
