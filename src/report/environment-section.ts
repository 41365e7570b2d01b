/** What the results were computed on, and whether they may be compared. */
import type { DatasetUse } from '#src/trial/record.ts'
import { driftOf, environmentsUsed, type Fact, factsOf } from './fingerprint.ts'
import { integer, plural, shortHash, significant } from './format.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import type { EnvironmentSummary, RunSummary } from './run-summary.ts'
import { banner, type Section } from './section.ts'

export function environmentSection(summary: RunSummary): Section {
  const { environments } = summary
  const body =
    environments.length === 0
      ? html`<p class="muted">No worker has stated its environment yet.</p>`
      : html`${environmentBanners(summary)}${introOf(environments)}${datasetCards(summary)}${environmentTables(environments)}`
  return { id: 'environment', title: 'Environment', body }
}

/** Drift from the lock file, and results of several environments: said loudly, here and on top. */
export function environmentBanners(summary: RunSummary): Html[] {
  const used = environmentsUsed(summary)
  const mixed =
    used.length > 1
      ? [
          banner(
            'bad',
            `Results of ${used.length} environments are mixed`,
            html`${used.map(
              ({ hash, resultCount }, index) =>
                html`${index > 0 && ', '}${plural(resultCount, 'result')} from <code>${shortHash(hash)}</code>`,
            )}. ${summary.allowMixed ? 'The user allowed it. ' : ''}A difference between trials may come from their environments instead of their architectures; the <a href="#environment">table</a> marks what differs.`,
          ),
        ]
      : []
  return [...mixed, ...splitBanner(summary), ...summary.environments.flatMap(driftBanner)]
}

function splitBanner({ datasets }: RunSummary): Html[] {
  if (datasets.length < 2) return []
  const counts = datasets.map(({ resultCount }) => integer(resultCount)).join(' and ')
  return [
    banner(
      'bad',
      `Results of ${datasets.length} data splits are mixed`,
      `${counts} results were measured on differing images, so their accuracies may not be compared.`,
    ),
  ]
}

function driftBanner({ hash, fingerprint }: EnvironmentSummary): Html[] {
  const drift = driftOf(fingerprint)
  if (drift.length === 0) return []
  const items = drift.map(
    (item) =>
      html`<li><code>${item.package}</code>: locked ${item.locked ?? 'nowhere'}, installed ${item.installed ?? 'nowhere'}</li>`,
  )
  return [
    banner(
      'warn',
      `Environment ${shortHash(hash)} differs from its lock file in ${plural(drift.length, 'package')}`,
      html`<ul>${items}</ul>`,
    ),
  ]
}

function introOf(environments: readonly EnvironmentSummary[]): Html {
  const rows = environments.map(
    ({ hash, resultCount }) =>
      html`<li><code class="hash">${hash}</code> <span class="muted">${plural(resultCount, 'result')}</span></li>`,
  )
  return html`<p class="muted">Every result carries the hash of the fingerprint that it was computed under. ${
    environments.length > 1 ? 'Rows that differ are marked.' : ''
  }</p><ul class="plain">${rows}</ul>`
}

/** How the data were split and normalised, as the workers found them. */
function datasetCards({ datasets }: RunSummary): Html[] {
  return datasets.map(({ use, resultCount }) => {
    const facts: readonly (readonly [string, HtmlValue])[] = [
      ['Results', integer(resultCount)],
      ['Training samples', integer(use.trainCount)],
      ['Validation samples', integer(use.validationCount)],
      ['Test samples', integer(use.testCount)],
      ...constantsOf(use),
      ['Content', html`<code class="hash">${use.contentHash}</code>`],
      ['Split', html`<code class="hash">${use.splitHash}</code>`],
    ]
    return html`<div class="card data-card"><h3>Data</h3><dl class="fact-list rows">${facts.map(
      ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
    )}</dl></div>`
  })
}

/** Of a table with many features the first few; of text none. */
function constantsOf({ mean, std }: DatasetUse): (readonly [string, HtmlValue])[] {
  if (mean.length === 0) return []
  const shown = (values: readonly number[]) => {
    const rest = values.length - constantsShown
    const words = values.slice(0, constantsShown).map(significant).join(', ')
    return rest > 0 ? `${words} and ${rest} more` : words
  }
  return [
    ['Mean of each channel or feature', shown(mean)],
    ['Deviation of each channel or feature', shown(std)],
  ]
}

const constantsShown = 4

const groupTitles: Readonly<Record<string, string>> = {
  critical: 'Decides what may be compared',
  recorded: 'Recorded besides',
}

/** Every fact of the environments, side by side. */
export function environmentTables(environments: readonly EnvironmentSummary[]): Html {
  const groups = Map.groupBy(factsOf(environments), ({ group }) => group)
  return html`<div class="fact-groups${environments.length > 1 && ' stacked'}">${[...groups].map(
    ([group, facts]) => html`<div class="card facts-card">
<h3>${groupTitles[group] ?? group}</h3>
${factTable(
  group,
  facts.filter((fact) => !isPackage(fact)),
  environments,
)}
${packages(facts.filter(isPackage), environments, facts.some(isLock))}
</div>`,
  )}</div>`
}

function isPackage({ path, group }: Fact): boolean {
  return group === 'critical' && path.startsWith('packages · ')
}

/** Whether some environment is pinned by a lock; of others, every package that is installed counts. */
function isLock({ path, values }: Fact): boolean {
  return path === 'lockHash' && values.some((value) => value !== 'none')
}

function packages(
  facts: readonly Fact[],
  environments: readonly EnvironmentSummary[],
  locked: boolean,
): Html | null {
  if (facts.length === 0) return null
  const differing = facts.filter(({ differs }) => differs).length
  const open = differing > 0 ? html` open` : null
  const note = differing > 0 ? `, ${integer(differing)} differ` : ''
  return html`<details${open}><summary>${plural(facts.length, locked ? 'locked package' : 'installed package')}${note}</summary>
${factTable(
  'packages',
  facts.map((fact) => ({ ...fact, path: fact.path.replace('packages · ', '') })),
  environments,
)}</details>`
}

function factTable(
  name: string,
  facts: readonly Fact[],
  environments: readonly EnvironmentSummary[],
): Html {
  const head = environments.map(({ hash }) => html`<th scope="col">${shortHash(hash)}</th>`)
  const rows = facts.map(
    ({ path, values, differs }) =>
      html`<tr${differs && html` class="differs"`}><th scope="row">${name === 'packages' ? path : readable(path)}${differs && html` <span class="chip warn">differs</span>`}</th>${values.map(valueCell)}</tr>`,
  )
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Facts: ${name}"><table class="facts">
<thead${environments.length === 1 && html` class="unseen"`}><tr><th scope="col">Fact</th>${head}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function valueCell(value: string): Html {
  if (!/^[0-9a-f]{40,}$/.test(value)) return html`<td>${value}</td>`
  return html`<td><code title="${value}">${shortHash(value)}</code></td>`
}

const acronyms: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  gpus: 'GPUs',
  cuda: 'CUDA',
  cudnn: 'cuDNN',
  cublas: 'cuBLAS',
  blas: 'BLAS',
  torch: 'PyTorch',
  tf32: 'TF32',
  os: 'OS',
}

/** `intraOpThreads` as `Intra op threads`; names of packages and devices stay as they are. */
function readable(path: string): string {
  const words = path
    .split(' · ')
    .map((part) => (/^[a-z]+[a-zA-Z0-9]*$/.test(part) ? spaced(part) : part))
  const text = words.join(' · ')
  return /^[a-z]/.test(text) && !/^cu(DNN|BLAS)/.test(text)
    ? text.charAt(0).toUpperCase() + text.slice(1)
    : text
}

function spaced(key: string): string {
  const words = key.replace(/Bytes$/, '').split(/(?<=[a-z0-9])(?=[A-Z])/)
  return words.map((word) => acronyms[word.toLowerCase()] ?? word.toLowerCase()).join(' ')
}
