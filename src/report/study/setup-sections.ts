/** How the methods behaved, and what the study is: proposals, overhead, set-up, environment. */

import { shellQuoted } from '#src/store/run-folder.ts'
import { resumeStudyCommand, studyFiles } from '#src/store/study-folder.ts'
import { fallbackShare } from '#src/study/analysis/effort.ts'
import type { StudyBenchmark, StudyMethod } from '#src/study/study.ts'
import { environmentTables } from '../environment-section.ts'
import { duration, integer, plural, shortHash } from '../format.ts'
import { type Html, html } from '../html.ts'
import { copyable, type Section } from '../section.ts'
import type { StudySection } from './comparison-sections.ts'
import { originTable, overheadTable } from './effort-table.ts'
import { markChips } from './marks.ts'
import { originPicture } from './origin-picture.ts'
import { tableHtml } from './table-html.ts'
import type { StudyView } from './view.ts'

export function proposalsSection(view: StudyView): StudySection {
  const { analysis } = view
  const figures = analysis.benchmarks.flatMap((benchmark) => {
    const { label } = benchmark.benchmark
    const own = analysis.origins.filter((one) => one.benchmark === label)
    const marks = view.marks(benchmark)
    if (own.length === 0) return []
    const name = `proposals-${view.fileWord(label)}`
    return [{ label, picture: originPicture(own, { name, benchmark: label, marks }) }]
  })
  const origins = view.marked(
    originTable(analysis.origins, { name: 'proposals', title: 'Origins of the proposals' }),
  )
  const overhead = view.marked(
    overheadTable(analysis.overhead, {
      name: 'overhead',
      title: 'Time that the optimizers took themselves',
    }),
  )
  const tables = [origins, overhead].filter(({ rows }) => rows.length > 0)
  const body = html`<p class="muted">A method whose proposals are mostly random or fallback is random search by another name, however well it did.</p>
<div class="figures">${figures.map(({ label, picture }) => html`<figure class="card"><div class="figure-head"><h3>${label}</h3></div>${picture.chart}</figure>`)}</div>
${tables.map(tableHtml)}`
  return {
    section: { id: 'proposals', title: 'Proposals and overhead', short: 'Proposals', body },
    pictures: figures.map(({ picture }) => picture),
    tables,
  }
}

/** Methods that proposed much that was not theirs, for a banner. */
export function degenerated({ analysis }: StudyView): readonly string[] {
  return analysis.origins
    .filter((one) => fallbackShare(one) > 0.2)
    .map(
      (one) =>
        `${one.method} on ${one.benchmark}: ${(100 * fallbackShare(one)).toFixed(0)}% of its proposals`,
    )
}

export function setupSection({ study }: StudyView): Section {
  const body = html`<div class="card scroll table-card" tabindex="0" role="region" aria-label="Methods"><table class="trials">
<caption>Methods</caption>
<thead><tr><th scope="col">Label</th><th scope="col">Optimizer</th><th scope="col" class="number">Seeds</th><th scope="col">Variant of</th><th scope="col">Settings</th></tr></thead>
<tbody>${study.methods.map(methodRow)}</tbody></table></div>
<div class="figures">${study.benchmarks.map(benchmarkCard)}</div>`
  return { id: 'setup', title: 'Methods and benchmarks', short: 'Set-up', body }
}

function methodRow(method: StudyMethod): Html {
  const { label, name, seeds, variant, settings, isControl, tuning } = method
  const [first, last] = [seeds[0], seeds.at(-1)]
  const seedWords = `${integer(seeds.length)} (${first} to ${last})`
  return html`<tr><td>${label}${isControl && variant === null && html` <span class="muted">control</span>`}</td><td>${name}</td><td class="number">${seedWords}</td><td>${variant?.of}</td><td class="settings"><code title="${JSON.stringify(settings)}">${JSON.stringify(settings)}</code>${tuning && html` <span class="muted">tuned: ${duration(tuning.costSeconds)} simulated, ${tuning.source}</span>`}</td></tr>`
}

function benchmarkCard(benchmark: StudyBenchmark): Html {
  const { label, description, mark, protocol, hash, notApplicable } = benchmark
  const facts = Object.entries(protocol).map(([fact, value]) => {
    const words = typeof value === 'string' ? shortHash(value) : JSON.stringify(value)
    return html`<div><dt>${fact}</dt><dd>${words}</dd></div>`
  })
  const left = Object.entries(notApplicable)
  return html`<div class="card facts-card"><h3>${label} ${markChips(mark === null ? [] : [mark])}</h3><p class="muted">${description}</p>
<details><summary>What cells must agree in</summary><dl class="fact-list">${facts}</dl></details>
<p class="files">Protocol <code class="hash">${shortHash(hash)}</code></p>
${left.length > 0 && html`<ul>${left.map(([method, reason]) => html`<li>${method} is not applicable: it ${reason}</li>`)}</ul>`}</div>`
}

export function environmentSectionOf({ study }: StudyView): Section {
  const counts = Map.groupBy(study.cells, ({ fingerprint }) => fingerprint)
  const environments = Object.entries(study.environments).map(([hash, fingerprint]) => ({
    hash,
    fingerprint,
    resultCount: counts.get(hash)?.length ?? 0,
  }))
  const body =
    environments.length === 0
      ? html`<p class="muted">No cell is finished yet.</p>`
      : html`<ul class="plain">${environments.map(({ hash, resultCount }) => html`<li><code class="hash">${hash}</code> <span class="muted">${plural(resultCount, 'run')}</span></li>`)}</ul>${environmentTables(environments)}`
  return { id: 'environment', title: 'Environment', body }
}

export function reproduceSection({
  folder,
  runs,
}: {
  readonly folder: string
  readonly runs?: readonly string[]
}): Section {
  const clean = shellQuoted(folder.replace(/\/+$/, ''))
  const commands =
    runs === undefined
      ? html`<p class="muted">The same study again, every default written out:</p>
${copyable(`archloom compare ${shellQuoted(studyFiles(folder).config)} --out ${shellQuoted(`${folder.replace(/\/+$/, '')}-again`)}`, 'command that repeats the study')}
<p class="muted">Continue it, or write this page anew:</p>
${copyable(`${resumeStudyCommand(folder)}\narchloom report ${clean}`, 'commands that continue the study and write its report')}`
      : html`<p class="muted">The same comparison again:</p>
${copyable(`archloom compare ${runs.map(shellQuoted).join(' ')} --out ${clean}`, 'command that repeats the comparison')}`
  return {
    id: 'reproduce',
    title: 'Reproduce',
    body: html`${commands}
<p class="muted">In the folder <code>${folder}</code>, <code>figures/*.svg</code>, <code>tables/*.csv</code> and <code>tables/*.tex</code> hold what this page shows.</p>`,
  }
}
