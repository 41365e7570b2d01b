/** Accuracy against size, with the trade-offs that no other trial beats. */
import { paretoFront } from '#src/stats/pareto.ts'
import { spearman } from '#src/stats/ranks.ts'
import { accuracyAxis, heightOf } from './accuracy-axis.ts'
import { type Axis, chart, dots, type LegendItem, plot, ring, stepPath } from './chart.ts'
import { figure } from './figure.ts'
import { compact, integer, plural } from './format.ts'
import { type Html, html } from './html.ts'
import type { RunSummary, TrialSummary } from './run-summary.ts'
import { linearScale, logScale, type Scale } from './scale.ts'
import { trialDot } from './search-charts.ts'
import { signalTitle } from './simulation.ts'
import { thinned } from './thin.ts'
import { trialTip } from './trial-words.ts'

const dotLimit = 2000
/** Sizes that differ by more than this factor are drawn on a logarithmic axis. */
const logFactor = 8

interface Sized {
  readonly trial: TrialSummary
  /** Parameters. */
  readonly cost: number
  /** Validation accuracy. */
  readonly gain: number
}

/** Validation accuracy over parameter count; null when no trial has both. */
export function sizeFigure(summary: RunSummary): Html | null {
  const sized = summary.trials.flatMap((trial): Sized[] => {
    const { counts, metrics } = trial
    if (counts === null || metrics === null) return []
    return [{ trial, cost: counts.parameterCount, gain: metrics.valAccuracy }]
  })
  if (sized.length === 0) return null
  const front = paretoFront(sized)
  const onFront = new Set(front)
  const shown = thinned(sized, dotLimit, (item) => onFront.has(item))
  const scale = sizeScale(sized.map(({ cost }) => cost))
  const x: Axis = { scale, title: 'Parameters', format: sizeTick }
  const y = accuracyAxis(
    sized.map(({ gain }) => gain),
    signalTitle(summary),
  )
  const layers = [
    dots(shown.map(({ trial, cost }) => trialDot(trial, scale.at(cost), y))),
    frontLine(front, x, y),
    winner(summary, sized, x, y),
  ]
  return figure({
    title: 'Accuracy and size',
    caption: captionOf(sized, front, shown.length),
    legend: legendOf(summary, sized),
    chart: chart({
      label: `${signalTitle(summary)} over parameter count of ${plural(sized.length, 'trial')}, ${front.length} of them unbeaten trade-offs`,
      x,
      y,
      layers,
    }),
  })
}

function sizeScale(sizes: readonly number[]): Scale {
  const low = sizes.reduce((least, size) => Math.min(least, size), Number.POSITIVE_INFINITY)
  const high = sizes.reduce((most, size) => Math.max(most, size), 0)
  const range = [plot.left + 8, plot.right - 8] as const
  if (low > 0 && high / low > logFactor) return logScale([low, high], range)
  return linearScale([low, high], range)
}

/** `30 k` instead of `30.0 k`: a tick is a round number. */
function sizeTick(size: number): string {
  return compact(size).replace(/\.0+(?= )|(\.\d*[1-9])0+(?= )/, '$1')
}

function frontLine(front: readonly Sized[], x: Axis, y: Axis): Html {
  const points = front.map(({ cost, gain }) => ({ x: x.scale.at(cost), y: heightOf(y, gain) }))
  const marks = front.map(
    ({ trial }, index) =>
      html`<circle class="front-dot" cx="${points[index]?.x ?? 0}" cy="${points[index]?.y ?? 0}" r="3.5"><title>${trialTip(trial)}</title></circle>`,
  )
  return html`<path class="best" d="${stepPath(points, plot.right)}"/>${marks}`
}

function winner(summary: RunSummary, sized: readonly Sized[], x: Axis, y: Axis): Html | null {
  const index = summary.selected ?? summary.leader
  const found = sized.find(({ trial }) => trial.trial === index)
  if (found === undefined) return null
  const point = { x: x.scale.at(found.cost), y: heightOf(y, found.gain) }
  return ring(point, trialTip(found.trial))
}

function captionOf(sized: readonly Sized[], front: readonly Sized[], shown: number): string {
  const agreement = spearman(
    sized.map(({ cost }) => cost),
    sized.map(({ gain }) => gain),
  )
  const words =
    agreement === null
      ? ''
      : ` Spearman’s rank correlation is ${agreement.toFixed(2).replace('-', '−')}.`
  const drawn =
    shown < sized.length ? `${integer(shown)} of ${plural(sized.length, 'trial')} drawn. ` : ''
  const unbeaten = front.length === 1 ? 'One trial is' : `${integer(front.length)} trials are`
  return `${drawn}${unbeaten} beaten by none in both size and accuracy.${words}`
}

function legendOf({ selected }: RunSummary, sized: readonly Sized[]): LegendItem[] {
  const items: readonly (LegendItem | false)[] = [
    { sign: 'best', words: 'best trade-offs' },
    sized.some(({ trial }) => trial.origin !== 'random') && { sign: 'filled', words: 'trial' },
    sized.some(({ trial }) => trial.origin === 'random') && {
      sign: 'hollow',
      words: 'random trial',
    },
    { sign: 'ring', words: selected === null ? 'leader' : 'selected' },
  ]
  return items.filter((item) => item !== false)
}
