/** The search itself: every trial and the best so far, over trials and over time. */
import { accuracyAxis, heightOf, isBelow } from './accuracy-axis.ts'
import {
  type Axis,
  chart,
  type Dot,
  dots,
  type LegendItem,
  pixel,
  plot,
  referenceLine,
  ring,
  stepPath,
} from './chart.ts'
import type { FigureParts } from './figure.ts'
import { duration, integer, percent, plural } from './format.ts'
import { type Html, html } from './html.ts'
import type { BestStep, RunSummary, TrialSummary } from './run-summary.ts'
import { exactScale, roundStep, timeScale, timeTick } from './scale.ts'
import { signalTitle, simulatedWords } from './simulation.ts'
import { thinned } from './thin.ts'
import { trialTip } from './trial-words.ts'

/** Dots a chart draws: beyond some thousands they only hide each other. */
const dotLimit = 2000
const failureLimit = 300

/** Best validation accuracy over trial index, all trials as dots. */
export function overTrialsParts(summary: RunSummary): FigureParts {
  const last = Math.max(1, summary.trials.length - 1)
  const step = Math.max(1, roundStep(last / 6))
  const x: Axis = {
    scale: exactScale([0, last], [plot.left + 6, plot.right - 6], step),
    title: 'Trial',
    format: integer,
  }
  return searchParts(summary, {
    title: 'Best so far, over trials',
    x,
    steps: summary.best.overTrials,
    stepAt: ({ trial }) => trial,
    trialAt: ({ trial }) => trial,
    gaps: [],
    note: '',
  })
}

/** Best validation accuracy over searching time, interruptions cut out. */
export function overTimeParts(summary: RunSummary): FigureParts {
  const scale = timeScale(summary.durations.searchSeconds, [plot.left + 6, plot.right - 6])
  const x: Axis = { scale, title: 'Searching time', format: (tick) => timeTick(tick, scale) }
  const { interruptions, durations } = summary
  const cut =
    interruptions.length === 0
      ? ''
      : ` ${plural(interruptions.length, 'interruption')}, ${duration(durations.interruptedSeconds)} in all, cut out.`
  return searchParts(summary, {
    title: 'Best so far, over time',
    x,
    steps: summary.best.overTime,
    stepAt: ({ seconds }) => seconds,
    trialAt: ({ endedSeconds }) => endedSeconds ?? 0,
    gaps: interruptions.map(({ atSeconds }) => atSeconds),
    note: cut,
  })
}

/** Best validation accuracy over simulated time; null for a run that has none. */
export function overSimulatedParts(summary: RunSummary): FigureParts | null {
  const { simulation } = summary
  if (!simulation?.hasSeconds) return null
  const scale = timeScale(simulation.seconds, [plot.left + 6, plot.right - 6])
  const x: Axis = { scale, title: 'Simulated time', format: (tick) => timeTick(tick, scale) }
  return searchParts(summary, {
    title: 'Best so far, over simulated time',
    x,
    steps: simulation.best,
    stepAt: ({ seconds }) => seconds,
    trialAt: ({ trial }) => simulation.endSeconds[trial] ?? simulation.seconds,
    gaps: [],
    note: ` ${simulatedWords(summary)}.`,
  })
}

interface SearchView {
  readonly title: string
  readonly x: Axis
  readonly steps: readonly BestStep[]
  readonly stepAt: (step: BestStep) => number
  readonly trialAt: (trial: TrialSummary) => number
  /** Where a run was interrupted. */
  readonly gaps: readonly number[]
  readonly note: string
}

function searchParts(summary: RunSummary, view: SearchView): FigureParts {
  const measured = summary.trials.filter(({ metrics }) => metrics !== null)
  const improved = new Set(view.steps.map(({ trial }) => trial))
  const shown = thinned(measured, dotLimit, ({ trial }) => improved.has(trial))
  const y = accuracyAxis(measured.map(accuracyOf), signalTitle(summary))
  const failed = failedTrials(summary)
  const layers = [
    gapLines(view),
    randomLine(summary, y),
    dots(shown.map((trial) => trialDot(trial, view.x.scale.at(view.trialAt(trial)), y))),
    failureMarks(failed, view),
    bestLine(view, y),
    winnerRing(summary, view, y),
  ]
  const below = measured.filter((trial) => isBelow(y, accuracyOf(trial))).length
  const caption = [
    shown.length < measured.length &&
      `${integer(shown.length)} of ${plural(measured.length, 'trial')} drawn, every improvement among them. `,
    below > 0 && `${plural(below, 'trial')} below the axis, marked on its edge. `,
    failed.length > 0 && `${plural(failed.length, 'trial')} without a result, marked × below.`,
    view.note,
  ]
  const label = `${view.title}: ${view.steps.length === 0 ? 'no trial has finished yet' : bestWords(view.steps)}`
  return {
    title: view.title,
    caption: caption.some((part) => part !== false && part !== '')
      ? caption
      : 'Every trial is drawn.',
    legend: legendOf(summary, view, measured, failed.length),
    chart: chart({ label, x: view.x, y, layers }),
  }
}

function accuracyOf(trial: TrialSummary): number {
  return trial.metrics?.valAccuracy ?? 0
}

function bestWords(steps: readonly BestStep[]): string {
  const [first, last] = [steps[0], steps.at(-1)]
  return `accuracy rises from ${percent(first?.valAccuracy ?? 0)} to ${percent(last?.valAccuracy ?? 0)} in ${plural(steps.length, 'step')}`
}

/** The dot of a measured trial: hollow where it was drawn at random, a triangle below the axis. */
export function trialDot(trial: TrialSummary, x: number, y: Axis): Dot {
  const accuracy = accuracyOf(trial)
  const look = isBelow(y, accuracy) ? 'low' : trial.origin === 'random' ? 'hollow' : 'filled'
  return { x, y: heightOf(y, accuracy), look, tip: trialTip(trial) }
}

function failedTrials({ trials }: RunSummary): TrialSummary[] {
  return trials.filter(({ metrics, state }) => {
    return metrics === null && state !== 'running' && state !== 'waiting'
  })
}

function failureMarks(failed: readonly TrialSummary[], view: SearchView): Html {
  const marks = thinned(failed, failureLimit, () => false).map((trial) => {
    const x = pixel(view.x.scale.at(view.trialAt(trial)) - 3)
    const d = `M${x} ${plot.bottom - 8}l6 6m0 -6l-6 6`
    return html`<path class="failed" d="${d}"><title>${trialTip(trial)}</title></path>`
  })
  return html`<g>${marks}</g>`
}

function gapLines(view: SearchView): Html {
  return html`${view.gaps.map((gap) => {
    const x = pixel(view.x.scale.at(gap))
    return html`<path class="gap" d="M${x} ${plot.top}V${plot.bottom}"><title>Interrupted here and resumed</title></path>`
  })}`
}

function randomLine({ random }: RunSummary, y: Axis): Html | null {
  if (random === null) return null
  const words = `random median ${percent(random.medianValAccuracy)}`
  return referenceLine(heightOf(y, random.medianValAccuracy), words, 'below')
}

function bestLine(view: SearchView, y: Axis): Html | null {
  if (view.steps.length === 0) return null
  const points = view.steps.map((step) => ({
    x: view.x.scale.at(view.stepAt(step)),
    y: heightOf(y, step.valAccuracy),
  }))
  return html`<path class="best" d="${stepPath(points, plot.right)}"/>`
}

function winnerRing(summary: RunSummary, view: SearchView, y: Axis): Html | null {
  const winner = summary.trials[summary.selected ?? summary.leader ?? -1]
  if (winner === undefined) return null
  const point = { x: view.x.scale.at(view.trialAt(winner)), y: heightOf(y, accuracyOf(winner)) }
  return html`${ring(point, trialTip(winner))}
<text class="note strong end" x="${plot.right}" y="${pixel(point.y - 9)}">${percent(accuracyOf(winner))}</text>`
}

function legendOf(
  { random, selected }: RunSummary,
  { gaps }: SearchView,
  measured: readonly TrialSummary[],
  failedCount: number,
): LegendItem[] {
  const items: readonly (LegendItem | false)[] = [
    { sign: 'best', words: 'best so far' },
    measured.some(({ origin }) => origin !== 'random') && { sign: 'filled', words: 'trial' },
    random !== null && { sign: 'hollow', words: 'random trial' },
    measured.length > 0 && { sign: 'ring', words: selected === null ? 'leader' : 'selected' },
    random !== null && {
      sign: 'reference',
      words: `median of ${plural(random.count, 'random trial')}`,
    },
    failedCount > 0 && { sign: 'failed', words: 'no result' },
    gaps.length > 0 && { sign: 'gap', words: 'interruption' },
  ]
  return items.filter((item) => item !== false)
}
