/** Learning curves: all of them faint, the selected trial's bold. */
import { heightOf, wholeAccuracyAxis } from './accuracy-axis.ts'
import { type Axis, chart, linePath, plot } from './chart.ts'
import { figure } from './figure.ts'
import { integer, percent, plural } from './format.ts'
import { type Html, html } from './html.ts'
import { valueWords } from './objective.ts'
import type { RunSummary, TrialSummary } from './run-summary.ts'
import { exactScale, roundStep } from './scale.ts'
import { signalTitle } from './simulation.ts'
import { thinned } from './thin.ts'
import { trialTip } from './trial-words.ts'

const curveCountLimit = 250
/** Points of one curve that are drawn; the plot is some 500 pixels wide. */
const pointLimit = 120

type Measure = 'valAccuracy' | 'trainAccuracy'

/** Accuracy over epochs; null when no trial has a curve of two points. */
export function curveFigure(summary: RunSummary): Html | null {
  const withCurve = summary.trials.filter(({ curve }) => curve.length > 0)
  if (!withCurve.some(({ curve }) => curve.length > 1)) return null
  const chosen = withCurve.find(({ trial }) => trial === (summary.selected ?? summary.leader))
  const shown = thinned(withCurve, curveCountLimit, (trial) => trial === chosen)
  const x = epochAxis(shown)
  const values = shown.flatMap(({ curve }) =>
    curve.flatMap(({ valAccuracy, trainAccuracy }) => [valAccuracy, trainAccuracy ?? []].flat()),
  )
  const y = wholeAccuracyAxis(
    values,
    summary.objective === null ? 'Accuracy' : signalTitle(summary),
  )
  const hasTraining = shown.some(({ curve }) => curve.some(isTrained))
  const faint = shown.filter((trial) => trial !== chosen)
  const layers = [
    html`<g class="train">${faint.map((trial) => path(trial, 'trainAccuracy', x, y, 'curve train'))}</g>`,
    html`<g>${faint.map((trial) => path(trial, 'valAccuracy', x, y, 'curve'))}</g>`,
    chosen &&
      html`<g class="train">${path(chosen, 'trainAccuracy', x, y, 'curve chosen train')}</g>${path(chosen, 'valAccuracy', x, y, 'curve chosen')}`,
  ].filter((layer) => layer !== undefined)
  return figure({
    title: 'Learning curves',
    caption: captionOf(summary, withCurve.length, shown.length, chosen),
    legend: [
      { sign: 'best', words: `${summary.selected === null ? 'leader' : 'selected'}, validation` },
      { sign: 'curve', words: 'other trials' },
    ],
    ...(hasTraining && {
      control: html`<label class="toggle"><input type="checkbox" class="train-toggle"> Training accuracy</label>`,
    }),
    chart: chart({ label: labelOf(shown.length, chosen), x, y, layers }),
  })
}

function epochAxis(trials: readonly TrialSummary[]): Axis {
  const last = trials.reduce((most, { curve }) => Math.max(most, curve.at(-1)?.epoch ?? 1), 2)
  const step = Math.max(1, roundStep((last - 1) / 8))
  return {
    scale: exactScale([1, last], [plot.left + 6, plot.right - 6], step),
    title: 'Epoch',
    format: integer,
  }
}

/** Pipelines of others need not tell how well a network does on what it is trained on. */
function isTrained({ trainAccuracy }: TrialSummary['curve'][number]): boolean {
  return trainAccuracy !== undefined
}

function path(trial: TrialSummary, measure: Measure, x: Axis, y: Axis, look: string): Html | null {
  const last = trial.curve.at(-1)
  const points = thinned(trial.curve, pointLimit, (point) => point === last).flatMap((point) => {
    const value = point[measure]
    return value === undefined ? [] : [{ x: x.scale.at(point.epoch), y: heightOf(y, value) }]
  })
  if (points.length === 0) return null
  // A single point has no line; a round cap shows it as a dot.
  const d = points.length === 1 ? `${linePath(points)}h0.01` : linePath(points)
  const part = measure === 'valAccuracy' ? 'validation' : 'training'
  return html`<path class="${look}" d="${d}"><title>${trialTip(trial)}
${part}</title></path>`
}

function captionOf(
  summary: RunSummary,
  withCurve: number,
  shown: number,
  chosen: TrialSummary | undefined,
): string {
  const all = summary.trials.length
  const chosenBest = all > summary.curveLimit ? ', of the best ones' : ''
  const count =
    shown < withCurve || chosenBest !== ''
      ? `${integer(shown)} curves of ${plural(all, 'trial')} drawn${chosenBest}.`
      : `${plural(shown, 'curve')}.`
  const last = chosen?.curve.at(-1)
  if (last === undefined) return count
  const training =
    last.trainAccuracy === undefined ? '' : `${percent(last.trainAccuracy)} on training and `
  const gap = `${training}${valueWords(last.valAccuracy, summary.objective)} on validation data`
  return `${count} The bold one ends at ${gap}.`
}

function labelOf(count: number, chosen: TrialSummary | undefined): string {
  const end = chosen === undefined ? '' : `; trial ${chosen.trial} in bold`
  return `Learning curves of ${plural(count, 'trial')}: accuracy over epochs${end}`
}
