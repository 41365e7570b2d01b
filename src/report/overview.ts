/** The top of the page: what run this is, how far it is, and its result in one sentence. */
import { environmentBanners } from './environment-section.ts'
import { compact, duration, integer, plural, points, timestamp } from './format.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import { valueWords } from './objective.ts'
import { type RunStatus, type RunSummary, type TrialSummary, testFailureOf } from './run-summary.ts'
import { banner, chip } from './section.ts'
import { signalTitle, simulationBanners } from './simulation.ts'

const statusWords: Readonly<Record<RunStatus, string>> = {
  running: 'Not finished',
  interrupted: 'Interrupted',
  aborted: 'Aborted',
  finished: 'Finished',
}

const statusTones: Readonly<Record<RunStatus, 'good' | 'bad' | 'warn' | 'calm'>> = {
  running: 'calm',
  interrupted: 'warn',
  aborted: 'bad',
  finished: 'good',
}

export function overview(summary: RunSummary, resumeCommand: string): Html {
  const { name, description, status } = summary
  return html`<header class="overview">
<div class="title"><h1>${name}</h1>${chip(statusWords[status], statusTones[status])}</div>
${description !== '' && html`<p class="description">${description}</p>`}
<p class="lead">${resultSentence(summary)}</p>
${banners(summary, resumeCommand)}
<dl class="tiles">${tiles(summary)}</dl>
</header>`
}

/** The trial that the run selected, or the best so far. */
export function winnerOf({ trials, selected, leader }: RunSummary): TrialSummary | undefined {
  return trials[selected ?? leader ?? -1]
}

/** The whole report in one sentence. */
export function resultSentence(summary: RunSummary): Html {
  const winner = winnerOf(summary)
  const { objective } = summary
  const made = summary.simulation === null ? 'trained' : 'measured'
  const tried = plural(summary.stateCounts.completed ?? 0, `${made} architecture`)
  if (winner?.metrics == null) {
    return html`No trial has been completed yet; ${plural(summary.trials.length, 'architecture')} proposed so far.`
  }
  const validation = html`<strong>${valueWords(winner.metrics.valAccuracy, objective)}</strong> ${signalPhrase(summary)}`
  if (summary.selected === null) {
    return html`The best of ${tried} so far reaches ${validation}.`
  }
  if (summary.test === null) {
    return html`The best of ${tried} reaches ${validation}; ${objective === null ? 'its test accuracy' : 'the test split'} has not been measured.`
  }
  return html`The best of ${tried} reaches ${validation} and <strong>${valueWords(summary.test.testAccuracy, objective)}</strong> ${testPhrase(summary)}, measured once, after it had been selected.`
}

/** Within a sentence. */
export function signalPhrase({ simulation, objective }: RunSummary): string {
  if (objective !== null) return objective.metric
  const mark = simulation?.mark ?? null
  return mark === null ? 'validation accuracy' : `test accuracy (${mark})`
}

function testPhrase({ objective }: RunSummary): string {
  return objective === null ? 'test accuracy' : 'on the test split'
}

/** As a title: what a pipeline measures of its winner has the objective's scale, not its name. */
export function testTitle({ objective }: Pick<RunSummary, 'objective'>): string {
  return objective === null ? 'Test accuracy' : 'Test split'
}

function banners(summary: RunSummary, resumeCommand: string): HtmlValue {
  return [
    statusBanner(summary, resumeCommand),
    testBanner(summary),
    simulationBanners(summary),
    environmentBanners(summary),
  ]
}

function statusBanner(summary: RunSummary, resumeCommand: string): Html | null {
  const { status, abortCause, lastMs } = summary
  const resume = html`Continue it with <code>${resumeCommand}</code>`
  switch (status) {
    case 'finished':
      return null
    case 'aborted':
      return banner(
        'bad',
        'The run was ended by a failure',
        html`<p>${abortCause?.message}</p>${resume}`,
      )
    case 'interrupted':
      return banner('warn', 'The run was interrupted', html`Nothing measured is lost. ${resume}`)
    case 'running': {
      const last =
        lastMs === null ? 'It has no entry yet.' : `Its last entry is of ${timestamp(lastMs)}.`
      return banner(
        'calm',
        'The run had not ended when this page was made',
        html`${last} If no process works on it any more, nothing measured is lost. ${resume}`,
      )
    }
  }
}

function testBanner(summary: RunSummary): Html | null {
  const failure = testFailureOf(summary)
  if (failure === null) return null
  return banner('warn', 'The test split could not be measured', failure.message)
}

function tiles(summary: RunSummary): Html[] {
  const winner = winnerOf(summary)
  const { test, selected, random } = summary
  const items = [
    winner?.metrics != null &&
      tile(
        summary.objective?.metric ?? signalTitle(summary),
        valueWords(winner.metrics.valAccuracy, summary.objective),
        `trial ${integer(winner.trial)}${selected === null ? ', leading' : ', selected'}`,
      ),
    test !== null &&
      tile(testTitle(summary), valueWords(test.testAccuracy, summary.objective), 'measured once'),
    winner?.metrics != null &&
      random !== null &&
      tile(
        'Over random',
        points(winner.metrics.valAccuracy - random.medianValAccuracy),
        `points over the median of ${integer(random.count)}`,
      ),
    winner?.counts != null &&
      tile(
        'Parameters',
        compact(winner.counts.parameterCount),
        winner.counts.multiplyAdds === undefined
          ? 'trainable'
          : `${compact(winner.counts.multiplyAdds)} multiply-adds`,
      ),
    trialsTile(summary),
    timeTile(summary),
    simulatedTile(summary),
  ]
  return items.filter((item) => item !== false)
}

function trialsTile({ trials, stateCounts, budget }: RunSummary): Html {
  const completed = stateCounts.completed ?? 0
  const open = (stateCounts.running ?? 0) + (stateCounts.waiting ?? 0)
  const lost = trials.length - completed - open
  const limit = budget.find((use) => use.limit === 'trials')
  const parts = [
    `${integer(completed)} completed`,
    open > 0 && `${integer(open)} open`,
    lost > 0 && `${integer(lost)} without result`,
  ].filter((part) => part !== false)
  const value =
    limit === undefined || limit.allowed === trials.length
      ? integer(trials.length)
      : `${integer(trials.length)} of ${integer(limit.allowed)}`
  return tile('Trials', value, parts.join(', '))
}

function timeTile({ durations, budget, epochsRun }: RunSummary): Html {
  const limit = budget.find((use) => use.limit === 'seconds')
  const allowed = limit === undefined ? '' : ` of ${duration(limit.allowed)}`
  return tile(
    'Searching time',
    duration(durations.searchSeconds),
    `${allowed === '' ? '' : `${allowed.trim()}, `}${plural(epochsRun, 'epoch')} trained`,
  )
}

/** The clock of the costs, beside the real one of the search. */
function simulatedTile(summary: RunSummary): Html | false {
  const { simulation, durations } = summary
  if (!simulation?.hasSeconds) return false
  return tile(
    'Simulated time',
    duration(simulation.seconds),
    `${duration(durations.evaluationSeconds)} of training on ${plural(simulation.workers, 'worker')}`,
  )
}

function tile(name: string, value: string, note: string): Html {
  return html`<div class="tile"><dt>${name}</dt><dd class="value">${value}</dd><dd class="note-text">${note}</dd></div>`
}
