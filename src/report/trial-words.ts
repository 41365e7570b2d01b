/** A trial in words, for tooltips, links and chips. */
import { compact, integer, percent } from './format.ts'
import type { TrialState, TrialSummary } from './run-summary.ts'

export const stateWords: Readonly<Record<TrialState, string>> = {
  completed: 'completed',
  stopped: 'stopped early',
  infeasible: 'infeasible',
  diverged: 'diverged',
  'timed-out': 'timed out',
  failed: 'failed',
  running: 'running',
  waiting: 'waiting',
}

/** Which of the page's tones a state has. */
export function stateTone(state: TrialState): 'good' | 'bad' | 'warn' | 'calm' {
  switch (state) {
    case 'completed':
      return 'good'
    case 'failed':
    case 'diverged':
      return 'bad'
    case 'infeasible':
    case 'timed-out':
      return 'warn'
    case 'stopped':
    case 'running':
    case 'waiting':
      return 'calm'
  }
}

/** Two or three short lines on a trial, for a tooltip. */
export function trialTip(trial: TrialSummary): string {
  const { metrics, counts, parent, origin } = trial
  const result = metrics === null ? stateWords[trial.state] : percent(metrics.valAccuracy)
  const made = parent === null ? origin : `${origin} of trial ${integer(parent)}`
  const size = counts === null ? '' : ` · ${compact(counts.parameterCount)} parameters`
  return `Trial ${integer(trial.trial)} · ${result}\n${made}${size}\n${shortened(trial.architecture, 90)}`
}

/** The beginning of a text that is too long. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
