/** How good a search is all along, in one number. */
import { centralInterval, resampledMeans } from '#src/stats/resampling.ts'
import type { CellSummary, IncumbentCurve } from '../study.ts'
import type { ResamplingSource } from './curves.ts'
import { type CellGroup, type Measure, regretOf, valuesOf } from './measure.ts'

export type AnytimeAxis = 'trials' | 'seconds'

export interface AnytimeScore {
  readonly method: string
  /** Seeds that it shares with random search. */
  readonly pairCount: number
  /** Area under the mean regret over the logarithm of the place, that of random search being 1. */
  readonly ratio: number
  /** 95% interval by bootstrapping pairs. */
  readonly low: number
  readonly high: number
}

export interface Anytime {
  readonly axis: AnytimeAxis
  /** The part of the axis on which every run has an incumbent and none has ended. */
  readonly from: number
  readonly to: number
  readonly scores: readonly AnytimeScore[]
}

/**
 * Areas under regret over log time, relative to random search: below 1 is better than random search
 * over the whole course.
 *
 * @returns null without random search, or where the runs share no part of the axis
 */
export function anytimeScores(
  groups: readonly CellGroup[],
  axis: AnytimeAxis,
  {
    control,
    measure,
    resamplingOf,
  }: {
    readonly control: string
    readonly measure: Measure
    readonly resamplingOf: ResamplingSource
  },
): Anytime | null {
  const searching = groups.filter(({ cells }) =>
    cells.every(({ incumbents }) => incumbents.trials.length > 0),
  )
  const cells = searching.flatMap((group) => group.cells)
  const from = Math.max(...cells.map(({ incumbents }) => placesOf(incumbents, axis)[0] ?? 0))
  const to = Math.min(...cells.map((cell) => (axis === 'trials' ? cell.endedCount : cell.seconds)))
  const base = searching.find(({ method }) => method === control)
  if (base === undefined || !(from > 0 && to > from)) return null
  const area = (cell: CellSummary) => logArea(cell.incumbents, axis, { measure, from, to })
  const controlAreas = new Map(base.cells.map((cell) => [cell.key.seed, area(cell)]))
  const scores = searching.flatMap(({ method, cells: own }): AnytimeScore[] => {
    const pairs = own.flatMap((cell): [number, number][] => {
      const other = controlAreas.get(cell.key.seed)
      return other === undefined ? [] : [[area(cell), other]]
    })
    if (pairs.length === 0) return []
    const owns = pairs.map(([value]) => value)
    const others = pairs.map(([, value]) => value)
    const resampling = resamplingOf(pairs.length)
    const bottoms = resampledMeans(others, resampling)
    const ratios = resampledMeans(owns, resampling).map((top, draw) => top / (bottoms[draw] ?? 0))
    return [
      {
        method,
        pairCount: pairs.length,
        ratio: sum(owns) / sum(others),
        ...centralInterval(ratios),
      },
    ]
  })
  return { axis, from, to, scores }
}

/**
 * The area under the regret of one search, over the natural logarithm of the place, exactly: regret
 * is constant between two incumbents.
 */
export function logArea(
  incumbents: IncumbentCurve,
  axis: AnytimeAxis,
  { measure, from, to }: { readonly measure: Measure; readonly from: number; readonly to: number },
): number {
  const places = placesOf(incumbents, axis)
  const values = valuesOf(incumbents, measure.metric)
  let area = 0
  for (const [index, value] of values.entries()) {
    const begin = Math.max(from, places[index] ?? to)
    const end = Math.min(to, places[index + 1] ?? to)
    if (end > begin) area += regretOf(value, measure) * Math.log(end / begin)
  }
  return area
}

function placesOf(incumbents: IncumbentCurve, axis: AnytimeAxis): ArrayLike<number> {
  return axis === 'trials' ? incumbents.endedCounts : incumbents.seconds
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
