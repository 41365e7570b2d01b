/**
 * Searches of one method put together: on a common grid, each run counts with the value that it
 * holds there (the last one carried forward), never with one between two.
 */
import type { Random } from '#src/random/random.ts'
import {
  addRuns,
  centralInterval,
  type Resampling,
  resample,
  resampledMeans,
  sortedQuantile,
} from '#src/stats/resampling.ts'
import type { CellSummary, StudyBenchmark } from '../study.ts'
import { type CellGroup, isTimed, type Metric, valuesOf } from './measure.ts'

/** What a curve runs over: told trials, simulated seconds, or those and the optimizer's own. */
export type CurveAxis = 'trials' | 'seconds' | 'secondsWithOverhead'

/**
 * Accuracies, shares, one a place of the grid. A place is NaN before every run has an incumbent and
 * after the first run has ended: nothing is averaged over runs that are not there.
 */
export interface AggregateCurve {
  readonly method: string
  readonly runCount: number
  readonly mean: Float64Array
  /** 95% interval of the mean by the percentile bootstrap over runs. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly median: Float64Array
  readonly lowerQuartile: Float64Array
  readonly upperQuartile: Float64Array
}

export interface CurveSet {
  readonly axis: CurveAxis
  /** Rising, spread evenly on a logarithmic axis. */
  readonly grid: Float64Array
  readonly curves: readonly AggregateCurve[]
}

/** Places of a grid: some two a pixel row of a printed figure would be no finer. */
const gridSize = 90

/** Null where the axis says nothing, such as seconds where none are simulated. */
export function aggregateCurves(
  groups: readonly CellGroup[],
  axis: CurveAxis,
  {
    benchmark,
    metric,
    resamplingOf,
  }: {
    readonly benchmark: Pick<StudyBenchmark, 'checkpoints' | 'hasSeconds'>
    readonly metric: Metric
    readonly resamplingOf: ResamplingSource
  },
): CurveSet | null {
  if (axis !== 'trials' && !benchmark.hasSeconds) return null
  if (axis === 'secondsWithOverhead' && !groups.some(isTimed)) return null
  const spans = groups.flatMap(({ method, cells }) => {
    const runs = cells.map((cell) => runOf(cell, axis, metric))
    const from = Math.max(...runs.map(({ places }) => places[0] ?? Number.POSITIVE_INFINITY))
    const to = Math.min(...runs.map(({ end }) => end))
    return Number.isFinite(from) && from > 0 && to >= from ? [{ method, runs, from, to }] : []
  })
  if (spans.length === 0) return null
  const low = Math.min(...spans.map(({ from }) => from))
  const high = Math.max(...spans.map(({ to }) => to))
  const wanted =
    axis === 'trials' ? benchmark.checkpoints.trials : benchmark.checkpoints.costSeconds
  const grid = logGrid([low, high], axis === 'trials', wanted)
  return {
    axis,
    grid,
    curves: spans.map((span) => aggregate(span, grid, resamplingOf(span.runs.length))),
  }
}

/** The resampling for a number of runs; the same one whenever it is asked for. */
export type ResamplingSource = (runCount: number) => Resampling

export function resamplingSource(random: Random): ResamplingSource {
  const known = new Map<number, Resampling>()
  return (runCount) => {
    const made = known.get(runCount) ?? resample(runCount, random.split(runCount))
    known.set(runCount, made)
    return made
  }
}

/** One search as a step function. */
interface Run {
  readonly places: ArrayLike<number>
  readonly values: Float64Array
  /** Where it ended. */
  readonly end: number
}

function runOf(cell: CellSummary, axis: CurveAxis, metric: Metric): Run {
  const { incumbents, endedCount, seconds, ask, tell } = cell
  const values = valuesOf(incumbents, metric)
  switch (axis) {
    case 'trials':
      return { places: incumbents.endedCounts, values, end: endedCount }
    case 'seconds':
      return { places: incumbents.seconds, values, end: seconds }
    case 'secondsWithOverhead':
      return {
        places: incumbents.secondsWithOverhead,
        values,
        end: seconds + ask.total + tell.total,
      }
  }
}

/** About ninety places, both ends and the wanted places among them. */
export function logGrid(
  [low, high]: readonly [number, number],
  isWhole: boolean,
  wanted: readonly number[] = [],
): Float64Array {
  const even = Array.from({ length: gridSize }, (_, index) => {
    // The ends are themselves, not what rounding makes of them.
    if (index === 0) return low
    if (index === gridSize - 1) return high
    return low * (high / low) ** (index / (gridSize - 1))
  })
  const inside = wanted.filter((place) => place >= low && place <= high)
  const places = [...(isWhole ? even.map(Math.round) : even), ...inside]
  return Float64Array.from(new Set(places)).sort()
}

interface Span {
  readonly method: string
  readonly runs: readonly Run[]
  readonly from: number
  readonly to: number
}

function aggregate(
  { method, runs, from, to }: Span,
  grid: Float64Array,
  resampling: Resampling,
): AggregateCurve {
  const blank = () => new Float64Array(grid.length).fill(Number.NaN)
  const curve = {
    method,
    runCount: runs.length,
    mean: blank(),
    low: blank(),
    high: blank(),
    median: blank(),
    lowerQuartile: blank(),
    upperQuartile: blank(),
  }
  const walk = startWalk(runs, resampling)
  for (const [index, place] of grid.entries()) {
    if (place < from || place > to) continue
    const { mean, interval, sorted } = walk(place)
    curve.mean[index] = mean
    curve.low[index] = interval.low
    curve.high[index] = interval.high
    curve.median[index] = sortedQuantile(sorted, 0.5)
    curve.lowerQuartile[index] = sortedQuantile(sorted, 0.25)
    curve.upperQuartile[index] = sortedQuantile(sorted, 0.75)
  }
  return curve
}

/**
 * Goes along the grid with every run; to be called with rising places. Runs change rarely, so that
 * only what changed is added to the resampled means.
 */
function startWalk(runs: readonly Run[], resampling: Resampling) {
  const positions = new Int32Array(runs.length).fill(-1)
  const current = new Float64Array(runs.length)
  let means: Float64Array | null = null
  let seen = { mean: 0, interval: { low: 0, high: 0 }, sorted: current }
  return (place: number) => {
    const change = advance(runs, place, { positions, current })
    if (means !== null && change.runs.length === 0) return seen
    if (means === null) means = resampledMeans(current, resampling)
    else addRuns(means, resampling, change)
    seen = {
      mean: current.reduce((sum, value) => sum + value, 0) / runs.length,
      interval: centralInterval(means),
      sorted: current.toSorted(),
    }
    return seen
  }
}

/** Takes every run to a place; returns which changed, and by how much of the mean. */
function advance(
  runs: readonly Run[],
  place: number,
  { positions, current }: { readonly positions: Int32Array; readonly current: Float64Array },
): { readonly runs: readonly number[]; readonly amounts: readonly number[] } {
  const changed: number[] = []
  const amounts: number[] = []
  for (const [run, { places, values }] of runs.entries()) {
    const before = positions[run] ?? -1
    const after = lastAtOrBefore(places, place, before)
    if (after === before) continue
    const value = values[after] ?? Number.NaN
    changed.push(run)
    amounts.push((value - (current[run] ?? 0)) / runs.length)
    positions[run] = after
    current[run] = value
  }
  return { runs: changed, amounts }
}

function lastAtOrBefore(places: ArrayLike<number>, place: number, from: number): number {
  let found = from
  while (found + 1 < places.length && (places[found + 1] ?? 0) <= place) found += 1
  return found
}
