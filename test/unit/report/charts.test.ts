import { expect, it } from 'vitest'
import { accuracyAxis, heightOf, isBelow, wholeAccuracyAxis } from '#src/report/accuracy-axis.ts'
import { linePath, plot, stepPath } from '#src/report/chart.ts'
import { curveFigure } from '#src/report/curve-chart.ts'
import { figure } from '#src/report/figure.ts'
import { markupOf } from '#src/report/html.ts'
import type { RunSummary } from '#src/report/run-summary.ts'
import { overTimeParts, overTrialsParts } from '#src/report/search-charts.ts'
import { sizeFigure } from '#src/report/size-chart.ts'
import { summarizeRun } from '#src/report/summary.ts'
import { thinned } from '#src/report/thin.ts'
import { type SyntheticOptions, syntheticRun } from '#test/fixtures/synthetic-run.ts'

function summaryOf(options: SyntheticOptions = {}, entryCount?: number): RunSummary {
  const { header, entries } = syntheticRun(options)
  return summarizeRun({ header, entries: () => entries.slice(0, entryCount).values() })
}

/** Marks of a class in the chart; the legend's do not count. */
function count(markup: string, mark: string): number {
  const [, chart = ''] = markup.split('<svg class="chart"')
  return chart.split(mark).length - 1
}

const whole = summaryOf()

it('draws one dot a measured trial and one cross a failed one, over trials and over time', () => {
  for (const item of [figure(overTrialsParts(whole)), figure(overTimeParts(whole))]) {
    const markup = markupOf(item)
    expect(count(markup, 'class="dot ')).toBe(56)
    expect(count(markup, 'class="failed"')).toBe(4)
    expect(count(markup, 'class="ring"')).toBe(1)
    expect(count(markup, 'class="best"')).toBe(1)
  }
})

it('tells random trials from others by shape', () => {
  const markup = markupOf(figure(overTrialsParts(whole)))
  const random = whole.trials.filter(
    ({ origin, metrics }) => origin === 'random' && metrics !== null,
  )
  expect(count(markup, 'dot hollow') + count(markup, 'dot low')).toBeGreaterThanOrEqual(
    random.length,
  )
})

it('marks where the run was interrupted, on the axis of time only', () => {
  expect(count(markupOf(figure(overTimeParts(whole))), 'class="gap"')).toBe(2)
  expect(count(markupOf(figure(overTrialsParts(whole))), 'class="gap"')).toBe(0)
})

it('keeps every coordinate inside the picture', () => {
  const figures = [
    figure(overTrialsParts(whole)),
    figure(overTimeParts(whole)),
    curveFigure(whole),
    sizeFigure(whole),
  ]
  for (const item of figures) {
    const markup = item === null ? '' : markupOf(item)
    expect(markup).not.toMatch(/NaN|Infinity|undefined/)
    for (const [, name, text] of markup.matchAll(/ (c?[xy][12]?)="([-\d.]+)"/g)) {
      const limit = name?.includes('x') ? 560 : 340
      expect(Number(text)).toBeGreaterThanOrEqual(0)
      expect(Number(text)).toBeLessThanOrEqual(limit)
    }
  }
})

it('names every chart for those who do not see it', () => {
  const figures = [
    figure(overTrialsParts(whole)),
    figure(overTimeParts(whole)),
    curveFigure(whole),
    sizeFigure(whole),
  ]
  for (const item of figures) {
    expect(item === null ? '' : markupOf(item)).toMatch(/role="img" aria-label="[^"]{20,}"/)
  }
})

it('draws the selected curve bold above the faint ones, training hidden in a layer of its own', () => {
  const markup = markupOf(curveFigure(whole) ?? expect.fail('no curves'))
  const curves = whole.trials.filter(({ curve }) => curve.length > 0).length
  expect(count(markup, 'class="curve"')).toBe(curves - 1)
  expect(count(markup, 'class="curve chosen"')).toBe(1)
  expect(count(markup, 'class="curve train"')).toBe(curves - 1)
  expect(markup.lastIndexOf('class="curve"')).toBeLessThan(markup.indexOf('class="curve chosen"'))
})

it('draws what a pipeline tells: validation alone, without a control for training', () => {
  const trials = whole.trials.map((trial) => ({
    ...trial,
    curve: trial.curve.map(({ epoch, valAccuracy, seconds }) => ({ epoch, valAccuracy, seconds })),
  }))
  const told = markupOf(curveFigure({ ...whole, trials }) ?? expect.fail('no curves'))
  expect(count(told, 'class="curve chosen"')).toBe(1)
  expect(count(told, 'class="curve train"')).toBe(0)
  expect(told).not.toContain('train-toggle')
  expect(told).toMatch(/The bold one ends at [0-9.]+% on validation data/)
})

it('draws no curves where there is nothing to join', () => {
  expect(curveFigure(summaryOf({ epochs: 1 }))).toBeNull()
  expect(curveFigure(summaryOf({}, 2))).toBeNull()
})

it('has a picture of a run without a single result', () => {
  const empty = summaryOf({}, 2)
  expect(markupOf(figure(overTrialsParts(empty)))).toContain('no trial has finished yet')
  expect(markupOf(figure(overTimeParts(empty)))).toContain('<svg class="chart"')
  expect(sizeFigure(empty)).toBeNull()
})

it('thins the dots of a large run, says so, and keeps every improvement', () => {
  const large = summaryOf({ trials: 5000, epochs: 1, trouble: false })
  const markup = markupOf(figure(overTrialsParts(large)))
  expect(count(markup, 'class="dot ')).toBeLessThan(2100)
  expect(markup).toMatch(/[\d,]+ of 5,000 trials drawn, every improvement among them/)
  for (const { trial } of large.best.overTrials) {
    expect(markup).toContain(`<title>Trial ${trial.toLocaleString('en-US')} ·`)
  }
})

it('ends the axis of accuracy above hopeless trials, and tells which those are', () => {
  const axis = accuracyAxis([0.1, 0.9, 0.91, 0.92, 0.93], 'Validation accuracy')
  expect(axis.scale.domain[0]).toBeGreaterThan(80)
  expect([isBelow(axis, 0.1), isBelow(axis, 0.9)]).toEqual([true, false])
  expect(heightOf(axis, 0.1)).toBe(plot.bottom)
})

it('keeps every value on the axis where none stands apart', () => {
  const values = [0.5, 0.6, 0.7, 0.8]
  const axis = accuracyAxis(values, 'Validation accuracy')
  expect(values.some((value) => isBelow(axis, value))).toBe(false)
})

it('has room for every point of a curve, however low it began', () => {
  const values = [0.1, 0.9, 0.91, 0.92, 0.93]
  const axis = wholeAccuracyAxis(values, 'Accuracy')
  expect(values.some((value) => isBelow(axis, value))).toBe(false)
  expect(heightOf(axis, 0.1)).toBeLessThan(plot.bottom)
})

it('joins points by lines, and by steps that hold until the next', () => {
  const points = [
    { x: 0, y: 10 },
    { x: 5, y: 4.26 },
  ]
  expect(linePath(points)).toBe('M0 10L5 4.3')
  expect(stepPath(points, 9)).toBe('M0 10H5V4.3H9')
  expect(stepPath([], 9)).toBe('')
})

it('thins evenly, in order, and never drops what must stay', () => {
  const items = Array.from({ length: 1000 }, (_, index) => index)
  const kept = thinned(items, 100, (item) => item === 777)
  expect(kept.length).toBe(101)
  expect(kept).toContain(777)
  expect(kept).toEqual(kept.toSorted((a, b) => a - b))
  expect(thinned(items, 1000, () => false)).toBe(items)
})
