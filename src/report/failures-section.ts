/** What went wrong, by cause, with every message. */
import { integer, plural } from './format.ts'
import { type Html, html } from './html.ts'
import type { FailureSummary, RunSummary } from './run-summary.ts'
import { chip, type Section, trialLink } from './section.ts'

const verdictWords: Readonly<Record<FailureSummary['verdict'], string>> = {
  completed: 'completed',
  stopped: 'trial stopped',
  infeasible: 'trial infeasible',
  diverged: 'trial diverged',
  'timed-out': 'trial timed out',
  failed: 'trial failed',
  retry: 'tried again',
  'abort-run': 'run aborted',
}

export function failuresSection({ failures }: RunSummary, shown: ReadonlySet<number>): Section {
  const title = 'Failures'
  if (failures.total === 0) {
    return { id: 'failures', title, body: html`<p class="muted">No attempt has failed.</p>` }
  }
  const kinds = Object.entries(failures.byKind).sort(([, a], [, b]) => b - a)
  const hidden = failures.total - failures.kept.length
  const body = html`<p class="muted">${plural(failures.total, 'attempt')} failed: ${kinds.map(
    ([kind, count], index) => html`${index > 0 && ', '}${integer(count)} × ${kindWords(kind)}`,
  )}.${hidden > 0 && ` The first ${integer(failures.kept.length)} are listed.`}</p>
<ol class="card failures">${failures.kept.map((failure) => failureItem(failure, shown))}</ol>`
  return { id: 'failures', title, body }
}

function failureItem(failed: FailureSummary, shown: ReadonlySet<number>): Html {
  const { trial, attempt, phase, verdict, failure } = failed
  const place =
    phase === 'test'
      ? html`Test of trial ${trialLink(trial, shown)}`
      : html`Trial ${trialLink(trial, shown)}`
  const { traceback } = failure
  return html`<li class="failure">
<div class="failure-head"><span>${place}<span class="muted">, attempt ${attempt + 1}</span></span>${chip(kindWords(failure.kind), 'bad')}${chip(verdictWords[verdict], verdict === 'retry' ? 'calm' : 'warn')}</div>
<p class="message">${failure.message}</p>
${traceback !== undefined && html`<details><summary>Traceback</summary><pre tabindex="0" aria-label="Traceback of trial ${trial}">${traceback}</pre></details>`}
</li>`
}

/** `out_of_memory` as `out of memory`. */
function kindWords(kind: string): string {
  return kind.replaceAll('_', ' ')
}
