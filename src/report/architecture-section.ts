/** The best architecture: drawn, named, counted, and how it came about. */
import { compact, duration, integer, percent, shortHash } from './format.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import { valueWords } from './objective.ts'
import { testTitle, winnerOf } from './overview.ts'
import type { RunSummary, TrialSummary } from './run-summary.ts'
import { copyable, type Section, trialLink } from './section.ts'
import { signalTitle } from './simulation.ts'

/** Generations shown of a lineage, the newest and the oldest among them. */
const lineageLimit = 12

export function architectureSection(
  summary: RunSummary,
  picture: Html | null,
  shown: ReadonlySet<number>,
): Section {
  const winner = winnerOf(summary)
  const short = 'Architecture'
  const title = summary.selected === null ? 'Best architecture so far' : 'Best architecture'
  if (winner === undefined) {
    return { id: 'architecture', title, short, body: html`<p class="muted">None yet.</p>` }
  }
  const body = html`<div class="architecture">
<div class="architecture-main">
${picture !== null && html`<figure class="card drawing"><div class="scroll" tabindex="0" role="region" aria-label="Drawing of the best architecture">${picture}</div></figure>`}
${copyable(winner.architecture, 'architecture')}
${lineage(summary, winner, shown)}
</div>
<div class="card">${factList(summary, winner, shown)}</div>
</div>`
  return { id: 'architecture', title, short, body }
}

function factList(summary: RunSummary, winner: TrialSummary, shown: ReadonlySet<number>): Html {
  const { metrics, counts, cost, fingerprint, parent, origin } = winner
  const { test } = summary
  const facts: readonly (readonly [string, HtmlValue])[] = [
    ['Trial', trialLink(winner.trial, shown)],
    ['Origin', html`${origin}${parent !== null && html` of ${trialLink(parent, shown)}`}`],
    [
      summary.objective?.metric ?? signalTitle(summary),
      metrics && valueWords(metrics.valAccuracy, summary.objective),
    ],
    ['Validation loss', metrics?.valLoss?.toFixed(4)],
    ['Training accuracy', metrics?.trainAccuracy !== undefined && percent(metrics.trainAccuracy)],
    [
      testTitle(summary),
      test &&
        html`${valueWords(test.testAccuracy, summary.objective)} <span class="muted">once</span>`,
    ],
    ['Test loss', test?.testLoss?.toFixed(4)],
    ['Parameters', counts && integer(counts.parameterCount)],
    ['Multiply-adds', counts?.multiplyAdds !== undefined && integer(counts.multiplyAdds)],
    ['Epochs', cost && html`${integer(cost.epochs)}${inheritedEpochs(summary.trials, winner)}`],
    [
      summary.simulation === null ? 'Training time' : 'Simulated training time',
      cost && summary.simulation?.hasSeconds !== false && duration(cost.seconds),
    ],
    [
      'Environment',
      fingerprint !== null && html`<code title="${fingerprint}">${shortHash(fingerprint)}</code>`,
    ],
  ]
  const known = facts.filter(
    ([, value]) => value !== null && value !== undefined && value !== false,
  )
  return html`<dl class="fact-list">${known.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`
}

/** What the weights that it started from had behind them: its accuracy has their training in it. */
function inheritedEpochs(trials: readonly TrialSummary[], winner: TrialSummary): Html | null {
  let epochs = 0
  let current: TrialSummary | undefined = winner
  while (current !== undefined && current.weightsFrom !== null) {
    // A source was told before its heir was proposed, so the way back ends.
    current = trials[current.weightsFrom]
    epochs += current?.cost?.epochs ?? 0
  }
  if (epochs === 0) return null
  return html` <span class="muted">and ${integer(epochs)} of those whose weights it began with</span>`
}

/** The chain of parents, the oldest first. */
function lineage(
  summary: RunSummary,
  winner: TrialSummary,
  shown: ReadonlySet<number>,
): Html | null {
  const chain = ancestors(summary.trials, winner)
  if (chain.length < 2) return null
  const head = chain.length > lineageLimit ? chain.slice(0, 2) : []
  const tail = chain.length > lineageLimit ? chain.slice(2 - lineageLimit) : chain
  const skipped = chain.length - head.length - tail.length
  const gap = html`<li class="muted">${integer(skipped)} more</li>`
  return html`<div><h3>Lineage</h3><ol class="lineage" aria-label="Lineage, oldest first">${head.map((trial) => ancestor(summary, trial, shown))}${skipped > 0 && gap}${tail.map((trial) => ancestor(summary, trial, shown))}</ol></div>`
}

function ancestor(
  { objective }: RunSummary,
  trial: TrialSummary,
  shown: ReadonlySet<number>,
): Html {
  const { metrics, counts, origin } = trial
  return html`<li><span class="muted">${origin}</span> ${trialLink(trial.trial, shown)}<span class="lineage-value">${metrics === null ? trial.state : valueWords(metrics.valAccuracy, objective)}</span>${counts !== null && html`<span class="muted">${compact(counts.parameterCount)}</span>`}</li>`
}

function ancestors(trials: readonly TrialSummary[], winner: TrialSummary): TrialSummary[] {
  const chain: TrialSummary[] = []
  const seen = new Set<number>()
  let current: TrialSummary | undefined = winner
  while (current !== undefined && !seen.has(current.trial)) {
    seen.add(current.trial)
    chain.unshift(current)
    current = current.parent === null ? undefined : trials[current.parent]
  }
  return chain
}
