/** The table of trials, best first. */
import { compact, duration, integer, percent, plural } from './format.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import { valueWords } from './objective.ts'
import type { RunSummary, TrialSummary } from './run-summary.ts'
import { chip, type Section, trialLink } from './section.ts'
import { shortened, stateTone, stateWords } from './trial-words.ts'

/** Rows of the table: more would be neither read nor quickly laid out. */
export const rowLimit = 500

/** The trials that the table shows: the best ones, then those without a result, by index. */
export function tabledTrials({ trials, selected }: RunSummary): TrialSummary[] {
  const ordered = trials.toSorted((a, b) => accuracyOf(b) - accuracyOf(a) || a.trial - b.trial)
  const rows = ordered.slice(0, rowLimit)
  const winner = trials[selected ?? -1]
  // The best trial may be another one than the selected, where equals were told apart.
  if (winner !== undefined && !rows.includes(winner)) rows.push(winner)
  return rows
}

export function trialsSection(summary: RunSummary, rows: readonly TrialSummary[]): Section {
  const title = 'Trials'
  if (rows.length === 0) {
    return { id: 'trials', title, body: html`<p class="muted">No trial has been proposed yet.</p>` }
  }
  const shown = new Set(rows.map(({ trial }) => trial))
  const total = summary.trials.length
  const note =
    total > rows.length
      ? `The best ${integer(rows.length)} of ${integer(total)} trials are listed; the journal has all.`
      : `${plural(total, 'trial')}, the best first.`
  const view = { shown, selected: summary.selected, summary, scale: barScale(rows) }
  const body = html`<p class="muted">${note}</p>
<div class="card scroll tall" tabindex="0" role="region" aria-label="Table of trials"><table class="trials">
<thead><tr>${columns.map(columnHead)}</tr></thead>
<tbody>${rows.map((row) => tableRow(row, view))}</tbody>
</table></div>`
  return { id: 'trials', title, body }
}

interface RowView {
  readonly shown: ReadonlySet<number>
  readonly selected: number | null
  readonly summary: RunSummary
  /** Maps a validation accuracy to the length of its bar, 0 to 1. */
  readonly scale: (accuracy: number) => number
}

interface Column {
  readonly title: string
  readonly numeric: boolean
  readonly cell: (trial: TrialSummary, view: RowView) => HtmlValue
  /** What it sorts by; null goes last. */
  readonly key: (trial: TrialSummary) => number | string | null
}

const columns: readonly Column[] = [
  {
    title: 'Trial',
    numeric: true,
    cell: ({ trial }, { selected }) =>
      html`${trial === selected && html`<span class="mark" title="Selected by validation">★<span class="unseen"> selected</span></span> `}${trial}`,
    key: ({ trial }) => trial,
  },
  {
    title: 'Outcome',
    numeric: false,
    cell: ({ state, failureKind }) =>
      html`${chip(stateWords[state], stateTone(state))}${
        failureKind !== null && state === 'completed' && html` <span class="muted">retried</span>`
      }`,
    key: ({ state }) => stateWords[state],
  },
  {
    title: 'Validation',
    numeric: true,
    cell: ({ metrics }, view) => metrics && accuracyBar(metrics.valAccuracy, view),
    key: ({ metrics }) => metrics?.valAccuracy ?? null,
  },
  {
    title: 'Training',
    numeric: true,
    cell: ({ metrics }) => metrics?.trainAccuracy !== undefined && percent(metrics.trainAccuracy),
    key: ({ metrics }) => metrics?.trainAccuracy ?? null,
  },
  {
    title: 'Parameters',
    numeric: true,
    cell: ({ counts }) => counts && compact(counts.parameterCount),
    key: ({ counts }) => counts?.parameterCount ?? null,
  },
  {
    title: 'Multiply-adds',
    numeric: true,
    cell: ({ counts }) => counts?.multiplyAdds !== undefined && compact(counts.multiplyAdds),
    key: ({ counts }) => counts?.multiplyAdds ?? null,
  },
  {
    title: 'Epochs',
    numeric: true,
    cell: ({ cost, plannedEpochs }) =>
      cost === null
        ? html`<span class="muted">of ${integer(plannedEpochs)}</span>`
        : integer(cost.epochs),
    key: ({ cost }) => cost?.epochs ?? null,
  },
  {
    title: 'Time',
    numeric: true,
    cell: ({ cost }) => cost && duration(cost.seconds),
    key: ({ cost }) => cost?.seconds ?? null,
  },
  {
    title: 'Attempts',
    numeric: true,
    cell: ({ attempts }) => integer(attempts),
    key: ({ attempts }) => attempts,
  },
  {
    title: 'Origin',
    numeric: false,
    cell: ({ origin, parent }, { shown }) =>
      html`${origin}${parent !== null && html` of ${trialLink(parent, shown)}`}`,
    key: ({ origin }) => origin,
  },
  {
    title: 'Architecture',
    numeric: false,
    cell: ({ architecture }) =>
      html`<code title="${shortened(architecture, 1000)}">${shortened(architecture, 200)}</code>`,
    key: ({ architecture }) => shortened(architecture, 200),
  },
]

function columnHead({ title, numeric }: Column): Html {
  const sorted = title === 'Validation' ? 'descending' : 'none'
  return html`<th scope="col" aria-sort="${sorted}"${numeric && html` class="number"`}><button type="button" class="sort">${title}</button></th>`
}

function tableRow(trial: TrialSummary, view: RowView): Html {
  const look = trial.trial === view.selected && html` class="selected"`
  const cells = columns.map(({ numeric, cell, key }) => {
    const value = key(trial)
    return html`<td${numeric && html` class="number"`} data-key="${value}">${cell(trial, view)}</td>`
  })
  return html`<tr id="trial-${trial.trial}"${look}>${cells}</tr>`
}

function accuracyBar(accuracy: number, { scale, summary }: RowView): Html {
  const width = Math.round(1000 * scale(accuracy)) / 10
  return html`${valueWords(accuracy, summary.objective)}<span class="bar" aria-hidden="true"><span style="width:${width}%"></span></span>`
}

/** Bars start a little below the worst row, so that close results can be told apart. */
function barScale(rows: readonly TrialSummary[]): (accuracy: number) => number {
  const known = rows.map(accuracyOf).filter((accuracy) => accuracy >= 0)
  const high = known.reduce((most, accuracy) => Math.max(most, accuracy), 0)
  const low = known.reduce((least, accuracy) => Math.min(least, accuracy), high)
  const start = low - 0.05 * (high - low)
  return (accuracy) => (high > start ? (accuracy - start) / (high - start) : 1)
}

function accuracyOf({ metrics }: TrialSummary): number {
  return metrics?.valAccuracy ?? -1
}
