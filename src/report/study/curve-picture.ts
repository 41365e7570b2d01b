/** Regret and best-so-far of all methods of a benchmark over trials or simulated time. */
import type { BenchmarkAnalysis } from '#src/study/analysis/analysis.ts'
import type { AggregateCurve, CurveAxis, CurveSet } from '#src/study/analysis/curves.ts'
import { regretOf } from '#src/study/analysis/measure.ts'
import { type Axis, chart, type Frame, linePath, type Point, pixel } from '../chart.ts'
import { integer } from '../format.ts'
import { type Html, html } from '../html.ts'
import { exactLogScale, exactScale, roundStep } from '../scale.ts'
import { type EndLabel, endLabels, labelHeight, leaderLength, stroke } from './end-labels.ts'
import { plotMark } from './marks.ts'
import type { Picture } from './picture-file.ts'
import { expectedLook, type SeriesLook } from './series.ts'

/** What is drawn of a method's runs. */
export type Aggregate = 'mean' | 'median'
export type CurveMeasure = 'regret' | 'accuracy'

export interface CurveView {
  readonly axis: CurveAxis
  readonly measure: CurveMeasure
  readonly aggregate: Aggregate
}

export interface CurveChoice {
  /** Methods that are drawn, in the order of the layers, and their looks. */
  readonly looks: ReadonlyMap<string, SeriesLook>
  readonly marks: readonly string[]
  /** Without its ending. */
  readonly name: string
  /** What a method is called beside its curve; its label by default. */
  readonly wordsOf?: (method: string) => string
}

const axisTitles: Readonly<Record<CurveAxis, string>> = {
  trials: 'Evaluations',
  seconds: 'Simulated time',
  secondsWithOverhead: 'Simulated time with the optimizer’s own',
}

const pageWidth = 1084

/** Null where the benchmark has no such curves. */
export function curvePicture(
  analysis: BenchmarkAnalysis,
  view: CurveView,
  { looks, marks, name, wordsOf = (method) => method }: CurveChoice,
): Picture | null {
  const set = analysis.curves.find(({ axis }) => axis === view.axis)
  const { course } = analysis
  const drawn = set?.curves.filter(({ method }) => looks.has(method)) ?? []
  if (set === undefined || course === null || drawn.length === 0) return null
  const expected = expectedPoints(analysis, view)
  const lines = drawn.map((curve) => lineOf(curve, set, view, course.optimum))
  const frame = frameFor([
    ...[...looks.keys()].map(wordsOf),
    ...(expected === null ? [] : [expectedWords]),
  ])
  const x = placeAxis(set, frame)
  const y = valueAxis(view, lines, { frame, expected })
  const layers = [
    html`<g class="bands${lines.length > 9 && ' many'}">${lines.map((line) => band(line, { x, y, look: looks.get(line.method) }))}</g>`,
    expected !== null && path(expectedWords, place(expected, x, y), expectedLook),
    lines.map((line) => path(line.method, place(line.points, x, y), looks.get(line.method))),
    labels(lines, { x, y, frame, looks, expected, wordsOf }),
    plotMark(marks, frame.width - 2),
  ]
  const words = view.measure === 'regret' ? 'Regret' : 'Accuracy of the incumbent'
  const label = `${words} on ${analysis.benchmark.label} over ${axisTitles[view.axis].toLowerCase()}: ${view.aggregate} of ${drawn.length} methods`
  return {
    name: `${name}-${view.measure}-${axisNames[view.axis]}${view.aggregate === 'median' ? '-median' : ''}`,
    width: frame.width,
    height: frame.height,
    chart: chart({ label, x, y, layers, frame }),
  }
}

const axisNames: Readonly<Record<CurveAxis, string>> = {
  trials: 'evaluations',
  seconds: 'time',
  secondsWithOverhead: 'time-with-overhead',
}

const expectedWords = 'random search, exact'

/** Room on the right for the longest label, of at most 30 letters; high enough for all of them. */
function frameFor(words: readonly string[]): Frame {
  const right = pageWidth - leaderLength - 6 - Math.round(6.7 * letterCount(words))
  const bottom = Math.max(420, 40 + words.length * labelHeight)
  return { width: pageWidth, height: bottom + 44, plot: { left: 58, right, top: 34, bottom } }
}

function letterCount(words: readonly string[]): number {
  return Math.min(30, Math.max(8, ...words.map(({ length }) => length)))
}

/** A curve in the units of the axis, percent or percentage points; places without runs left out. */
interface Line {
  readonly method: string
  readonly runCount: number
  readonly points: readonly Point[]
  readonly low: readonly Point[]
  readonly high: readonly Point[]
}

function lineOf(
  curve: AggregateCurve,
  { axis, grid }: CurveSet,
  { measure, aggregate }: CurveView,
  optimum: number,
): Line {
  const unit = (value: number) =>
    100 * (measure === 'regret' ? regretOf(value, { optimum }) : value)
  const { size } = unitOf(axis, grid)
  const pointsOf = (values: Float64Array) =>
    [...values.entries()].flatMap(([index, value]): Point[] =>
      Number.isNaN(value) ? [] : [{ x: (grid[index] ?? 0) / size, y: unit(value) }],
    )
  const isMean = aggregate === 'mean'
  const [low, high] = [
    isMean ? curve.low : curve.lowerQuartile,
    isMean ? curve.high : curve.upperQuartile,
  ]
  return {
    method: curve.method,
    runCount: curve.runCount,
    points: pointsOf(isMean ? curve.mean : curve.median),
    low: pointsOf(measure === 'regret' ? high : low),
    high: pointsOf(measure === 'regret' ? low : high),
  }
}

/** The exact expectation of random search is over trials, and of means. */
function expectedPoints(
  { benchmark, course }: BenchmarkAnalysis,
  view: CurveView,
): readonly Point[] | null {
  const { randomSearch } = benchmark
  if (randomSearch === null || course === null) return null
  if (view.axis !== 'trials' || view.aggregate !== 'mean') return null
  const values =
    course.metric === 'testAccuracy' ? randomSearch.testAccuracy : randomSearch.valAccuracy
  return (values ?? []).map((value, index) => ({
    x: randomSearch.trials[index] ?? 0,
    y: 100 * (view.measure === 'regret' ? regretOf(value, course) : value),
  }))
}

function placeAxis({ axis, grid }: CurveSet, { plot }: Frame): Axis {
  const { size, name } = unitOf(axis, grid)
  const ends = [(grid[0] ?? 1) / size, (grid.at(-1) ?? 1) / size] as const
  return {
    scale: exactLogScale(ends, [plot.left, plot.right]),
    title: name === '' ? axisTitles[axis] : `${axisTitles[axis]} (${name})`,
    format: (tick) => (tick >= 1000 ? integer(tick) : String(Number(tick.toPrecision(3)))),
  }
}

const timeUnits = [
  { size: 86_400, name: 'days' },
  { size: 3600, name: 'hours' },
  { size: 60, name: 'minutes' },
]

/** The largest unit of which the whole axis has at least three. */
function unitOf(
  axis: CurveAxis,
  grid: Float64Array,
): { readonly size: number; readonly name: string } {
  if (axis === 'trials') return { size: 1, name: '' }
  const end = grid.at(-1) ?? 1
  return timeUnits.find(({ size }) => end >= 3 * size) ?? { size: 1, name: 'seconds' }
}

function valueAxis(
  { measure }: CurveView,
  lines: readonly Line[],
  { frame, expected }: { readonly frame: Frame; readonly expected: readonly Point[] | null },
): Axis {
  const { plot } = frame
  const range = [plot.bottom, plot.top] as const
  const centers = [...lines.flatMap(({ points }) => points), ...(expected ?? [])].map(({ y }) => y)
  if (measure === 'accuracy') return accuracyAxisOf(centers, lines, range)
  const positive = centers.filter((value) => value > 0)
  const top = Math.max(...positive, 1e-9)
  // Four decades are enough: below them a difference is noise, and zero has no logarithm.
  const bottom = Math.max(Math.min(...positive, top), top / 1e4)
  return {
    scale: exactLogScale([bottom / 1.25, top * 1.12], range),
    title: 'Regret (percentage points)',
    format: (tick) => String(Number(tick.toPrecision(3))),
  }
}

/** From where the first methods stand at a third of the axis: what was before is not the question. */
function accuracyAxisOf(
  centers: readonly number[],
  lines: readonly Line[],
  range: readonly [number, number],
): Axis {
  const early = lines.map(({ points }) => points[Math.floor(points.length / 3)]?.y ?? 100)
  const high = Math.max(...centers)
  const low = Math.min(...early, high)
  const padding = Math.max(0.05, 0.06 * (high - low))
  return {
    scale: exactScale([low - padding, high + padding], range, roundStep((high - low) / 6)),
    title: 'Accuracy of the incumbent (%)',
    format: (tick) => String(Number(tick.toFixed(3))),
  }
}

interface Axes {
  readonly x: Axis
  readonly y: Axis
}

/** Pixels; points below the axis are left out, but for zeros of a logarithmic one at its end. */
function place(points: readonly Point[], x: Axis, y: Axis): readonly Point[] {
  const [low] = y.scale.domain
  return points
    .filter(({ y: value }, index) => value >= low || index === points.length - 1 || value <= 0)
    .map((point) => ({ x: x.scale.at(point.x), y: y.scale.at(point.y) }))
}

function band({ low, high }: Line, { x, y, look }: Axes & { look: SeriesLook | undefined }): Html {
  const shown = (points: readonly Point[]) =>
    simplified(points.map((point) => ({ x: x.scale.at(point.x), y: y.scale.at(point.y) })))
  const outline = [...shown(high), ...shown(low).toReversed()]
  return html`<path class="band" d="${linePath(outline)}Z" fill="${look?.color ?? 'none'}"/>`
}

function path(words: string, points: readonly Point[], look: SeriesLook | undefined): Html | null {
  if (look === undefined) return null
  return html`<path class="series" d="${linePath(simplified(points))}"${stroke(look)}><title>${words}</title></path>`
}

/** Without points inside a level stretch: a third of the bytes. */
function simplified(points: readonly Point[]): readonly Point[] {
  return points.filter(({ y }, index) => {
    const [before, after] = [points[index - 1], points[index + 1]]
    if (before === undefined || after === undefined) return true
    return pixel(before.y) !== pixel(y) || pixel(after.y) !== pixel(y)
  })
}

function labels(
  lines: readonly Line[],
  {
    x,
    y,
    frame,
    looks,
    expected,
    wordsOf,
  }: Axes & {
    readonly frame: Frame
    readonly looks: ReadonlyMap<string, SeriesLook>
    readonly expected: readonly Point[] | null
    readonly wordsOf: (method: string) => string
  },
): Html {
  const end = (points: readonly Point[]) => points.at(-1) ?? { x: 0, y: 0 }
  const ends = lines.flatMap(({ method, points }) => {
    const look = looks.get(method)
    return look === undefined ? [] : [{ words: wordsOf(method), look, last: end(points) }]
  })
  if (expected !== null)
    ends.push({ words: expectedWords, look: expectedLook, last: end(expected) })
  const items = ends.map(({ words, look, last }): EndLabel => {
    return { words, look, x: x.scale.at(last.x), y: y.scale.at(last.y) }
  })
  const { top, bottom, right } = frame.plot
  return endLabels(items, {
    x: right,
    low: top + 2,
    high: bottom - 2,
    letterCount: letterCount(ends.map(({ words }) => words)),
  })
}
