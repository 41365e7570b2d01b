/** Final standings, ranks, paired tests, the course as a whole, and ablations. */
import type { Ablation, BenchmarkAnalysis } from '#src/study/analysis/analysis.ts'
import type { Comparison } from '#src/study/analysis/comparison.ts'
import type { Ranking } from '#src/study/analysis/ranking.ts'
import { plural } from '../format.ts'
import { type Html, html } from '../html.ts'
import type { Section } from '../section.ts'
import { anytimeTable, comparisonTable } from './comparison-table.ts'
import { curvePicture } from './curve-picture.ts'
import { differencePicture } from './difference-picture.ts'
import type { Picture } from './picture-file.ts'
import { isWideRanking, rankPicture } from './rank-picture.ts'
import { looksOf, variantWords } from './series.ts'
import { standingTable } from './standing-table.ts'
import { pWords, type Table } from './table.ts'
import { tableHtml } from './table-html.ts'
import type { StudyView } from './view.ts'

/** A section with the files that go with it. */
export interface StudySection {
  readonly section: Section
  readonly pictures: readonly Picture[]
  readonly tables: readonly Table[]
}

export function standingsSection(view: StudyView): StudySection {
  const tables = view.analysis.benchmarks.flatMap((benchmark) => {
    const name = `standings-${view.fileWord(benchmark.benchmark.label)}`
    const facts = { name, marks: view.marks(benchmark), bases: view.bases }
    return standingTable(benchmark, facts) ?? []
  })
  const body =
    tables.length === 0
      ? html`<p class="muted">Nothing has been found yet.</p>`
      : tables.map(tableHtml)
  return {
    section: { id: 'standings', title: 'Final values', body },
    pictures: [],
    tables,
  }
}

export function ranksSection(view: StudyView): StudySection {
  const { benchmarks, overall } = view.analysis
  const within = benchmarks.flatMap((benchmark) => {
    const { ranking } = benchmark
    const { label } = benchmark.benchmark
    if (ranking === null) return []
    const picture = rankPicture(ranking, {
      name: `ranks-${view.fileWord(label)}`,
      words: `${plural(ranking.blockCount, 'seed')}`,
      marks: view.marks(benchmark),
    })
    return [{ title: label, ranking, picture }]
  })
  const across =
    overall === null
      ? []
      : [
          {
            title: 'All benchmarks',
            ranking: overall,
            picture: rankPicture(overall, {
              name: 'ranks-all-benchmarks',
              words: `${plural(overall.blockCount, 'benchmark')}`,
              marks: view.allMarks,
            }),
          },
        ]
  const shown = [...across, ...within]
  const isWide = shown.some(({ ranking }) => isWideRanking(ranking))
  const body = html`<p class="muted">Rank 1 is the best final value. Within a benchmark the blocks are the seeds that all methods have; over benchmarks they are the mean values. Methods under one bar are not told apart by Nemenyi’s test at 0.05, which is a weak one: the paired tests below see more.</p>
${shown.length === 0 ? html`<p class="muted">Ranks need two methods with two seeds in common.</p>` : html`<div class="${isWide ? 'stack' : 'figures'}">${shown.map(({ title, ranking, picture }) => html`<figure class="card${isWide && ' wide narrow'}"><div class="figure-head"><h3>${title}</h3></div>${picture.chart}<figcaption>${testWords(ranking)}</figcaption></figure>`)}</div>`}`
  return {
    section: { id: 'ranks', title: 'Ranks', body },
    pictures: shown.map(({ picture }) => picture),
    tables: [],
  }
}

function testWords({ test, methods, blockCount }: Ranking): string {
  const freedom = methods.length - 1
  const f = Number.isFinite(test.f) ? test.f.toFixed(2) : '∞'
  return `Friedman χ²(${freedom}) = ${test.chiSquared.toFixed(2)}, p ${pSign(test.chiSquaredPValue)}; Iman–Davenport F(${freedom}, ${freedom * (blockCount - 1)}) = ${f}, p ${pSign(test.fPValue)}.`
}

function pSign(p: number): string {
  const words = pWords(p)
  return words.startsWith('<') ? words : `= ${words}`
}

export function testsSection(view: StudyView): StudySection {
  const { analysis, allMarks } = view
  const { control, againstControl, againstBest } = analysis
  const count = new Set(
    [...againstControl, ...againstBest].map(({ benchmark, method, against }) =>
      JSON.stringify([benchmark, ...[method, against].sort()]),
    ),
  ).size
  const notes = [
    `Two-sided Wilcoxon signed-rank tests, paired by seed; Holm’s correction is over ${plural(count, 'comparison')}, those against random search and against the best together; fewer than six pairs are not tested.`,
    ...tooFewSeeds([...againstControl, ...againstBest], count),
    'A12 is the chance that a run of the method beats one of the other. Seeds needed are those that find a difference as large as the observed one with power 0.8 at 0.05.',
  ]
  const tables: Table[] = []
  if (againstControl.length > 0) {
    const title = `Against ${control}`
    tables.push(
      view.marked(
        comparisonTable(againstControl, { name: 'tests-against-random-search', title, notes }),
      ),
    )
  }
  if (againstBest.length > 0) {
    const title = 'Against the best of each benchmark'
    tables.push(
      view.marked(comparisonTable(againstBest, { name: 'tests-against-best', title, notes })),
    )
  }
  const picture =
    againstControl.length === 0
      ? []
      : [
          differencePicture(
            [...Map.groupBy(againstControl, ({ benchmark }) => benchmark)].map(
              ([title, comparisons]) => ({ title, comparisons }),
            ),
            {
              name: 'differences-to-random-search',
              label: `Mean paired differences to ${control} with 95% intervals`,
              against: control ?? '',
              marks: allMarks,
            },
          ),
        ]
  const body =
    tables.length === 0
      ? html`<p class="muted">There is nothing to compare with yet.</p>`
      : html`${picture.map((one) => wideFigure('Difference to random search at the end', one, 'Mean of the differences within seeds with its 95% bootstrap interval; filled where the corrected test finds it, hollow where it does not.'))}${tables.map(tableHtml)}`
  return {
    section: { id: 'tests', title: 'Paired tests', short: 'Tests', body },
    pictures: picture,
    tables,
  }
}

/** Methods that no result could show to differ: fewer pairs than the correction asks for. */
function tooFewSeeds(comparisons: readonly Comparison[], count: number): readonly string[] {
  // The least two-sided p-value of n pairs is 2^(1 - n), and the first of Holm's factors is the count.
  const needed = Math.ceil(1 + Math.log2(count / 0.05))
  const few = comparisons.filter(({ pairCount }) => pairCount < needed)
  if (few.length === 0) return []
  const methods = [...new Set(few.map(({ method }) => method))].join(', ')
  return [
    `The more comparisons, the more seeds it takes: ${count} of them ask for up to ${needed} pairs before even the clearest difference stays below 0.05, and fewer are there of ${methods}.`,
  ]
}

function wideFigure(title: string, picture: Picture, caption: string): Html {
  return html`<figure class="card wide narrow"><div class="figure-head"><h3>${title}</h3></div>${picture.chart}<figcaption>${caption}</figcaption></figure>`
}

export function anytimeSection(view: StudyView): StudySection {
  const { analysis } = view
  const scores = analysis.benchmarks.flatMap(({ benchmark, anytime }) =>
    anytime.map((one) => ({ benchmark: benchmark.label, anytime: one })),
  )
  const table = view.marked(
    anytimeTable(scores, {
      name: 'anytime',
      title: 'Area under regret over log time, random search 1',
      notes: [
        'Exact areas under the steps of each run, over the part of the axis that all runs share; below 1 is better than random search over the whole course.',
      ],
    }),
  )
  const tables = table.rows.length === 0 ? [] : [table]
  const body =
    tables.length === 0
      ? html`<p class="muted">It needs random search and a common part of the axis.</p>`
      : tables.map(tableHtml)
  return {
    section: { id: 'anytime', title: 'The whole course in one number', short: 'Anytime', body },
    pictures: [],
    tables,
  }
}

/** Null where the study varies nothing. */
export function ablationSection(view: StudyView): StudySection | null {
  const { analysis, study } = view
  const { ablations } = analysis
  if (view.bases.size === 0) return null
  const bases = [...Map.groupBy(ablations, ({ base }) => base)]
  const parts = bases.map(([base, own], index) => ablationPart(view, { base, own, index }))
  const comparisons = ablations.flatMap((ablation) =>
    ablation.comparisons.map((one) => ({
      ...one,
      method: variantWords(one.method, ablation.base),
    })),
  )
  const table = view.marked(
    comparisonTable(comparisons, {
      name: 'ablations',
      title: 'Variants against their base',
      notes: [
        `${plural(comparisons.length, 'comparison')} in a family of their own for Holm’s correction; each variant changes what its name says of its base, with the same seeds.`,
      ],
    }),
  )
  const tables = comparisons.length === 0 ? [] : [table]
  const body =
    tables.length === 0
      ? html`<p class="muted">${plural(study.methods.filter(({ variant }) => variant !== null).length, 'variant')} planned, none with a seed in common with its base yet.</p>`
      : html`${parts.map(({ html: part }) => part)}${tables.map(tableHtml)}`
  return {
    section: { id: 'ablations', title: 'Ablations', body },
    pictures: parts.flatMap(({ pictures }) => pictures),
    tables,
  }
}

function ablationPart(
  view: StudyView,
  { base, own, index }: { base: string; own: readonly Ablation[]; index: number },
): { readonly html: Html; readonly pictures: readonly Picture[] } {
  const { analysis, allMarks } = view
  const differences = differencePicture(
    own.map(({ benchmark, comparisons }) => ({
      title: benchmark,
      comparisons: comparisons.map((one) => ({
        ...one,
        method: variantWords(one.method, base),
      })),
    })),
    {
      name: `ablation-${index + 1}-differences`,
      label: `Mean paired differences of the variants of ${base} to it`,
      against: base,
      marks: allMarks,
    },
  )
  const curves = own.flatMap(({ benchmark }) => {
    const found = analysis.benchmarks.find((one) => one.benchmark.label === benchmark)
    const picture = found && ablationCurves(view, { benchmark: found, base, index })
    return picture ? [{ benchmark: found, picture }] : []
  })
  const part = html`${wideFigure(`${base} and its variants`, differences, 'Mean of the differences within seeds with its 95% bootstrap interval.')}${curves.map(({ benchmark, picture }) => html`<figure class="card wide"><div class="figure-head"><h3>${base} varied on ${benchmark.benchmark.label}</h3></div>${picture.chart}<figcaption>Mean regret with its 95% interval.</figcaption></figure>`)}`
  return { html: part, pictures: [differences, ...curves.map(({ picture }) => picture)] }
}

function ablationCurves(
  view: StudyView,
  { benchmark, base, index }: { benchmark: BenchmarkAnalysis; base: string; index: number },
): Picture | null {
  const labels = [base, ...[...view.bases].flatMap(([label, of]) => (of === base ? [label] : []))]
  const axis = benchmark.curves[0]?.axis ?? 'trials'
  const randomSearch = null
  return curvePicture(
    { ...benchmark, benchmark: { ...benchmark.benchmark, randomSearch } },
    { measure: 'regret', axis, aggregate: 'mean' },
    {
      looks: looksOf(labels, null),
      marks: view.marks(benchmark),
      name: `ablation-${index + 1}-${view.fileWord(benchmark.benchmark.label)}`,
      wordsOf: (method) => variantWords(method, base),
    },
  )
}
