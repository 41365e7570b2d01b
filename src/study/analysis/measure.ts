/** What a comparison is about: which accuracy of the incumbent, and how far from the best there is. */
import type { CellSummary, IncumbentCurve, Study, StudyBenchmark } from '../study.ts'

export type Metric = 'testAccuracy' | 'valAccuracy'

export interface Measure {
  /** Test accuracy of the incumbent by validation, where the benchmark has one. */
  readonly metric: Metric
  /** Share; regret is the distance to it. */
  readonly optimum: number
  /** False where the best of the space is not known: then it is the best that any cell found. */
  readonly isOptimumKnown: boolean
}

/** Null where no cell has found anything yet and the optimum is not known. */
export function measureOf(
  benchmark: Pick<StudyBenchmark, 'hasTest' | 'optimum'>,
  cells: readonly CellSummary[],
): Measure | null {
  const metric: Metric = benchmark.hasTest ? 'testAccuracy' : 'valAccuracy'
  const known = benchmark.optimum[metric]
  if (known !== null) return { metric, optimum: known, isOptimumKnown: true }
  const measured = cells.flatMap(({ incumbents }) =>
    [...valuesOf(incumbents, metric)].filter((value) => !Number.isNaN(value)),
  )
  const best = measured.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  return Number.isFinite(best) ? { metric, optimum: best, isOptimumKnown: false } : null
}

/**
 * What the course of searches is drawn of: the measure of their ends, or, where not every incumbent
 * on the way was tested, what they were told. A run measures the test once, at its end.
 */
export function courseMeasureOf(
  benchmark: Pick<StudyBenchmark, 'hasTest' | 'optimum'>,
  cells: readonly CellSummary[],
): Measure | null {
  const isTested = cells.every(({ incumbents }) => !incumbents.testAccuracies.some(Number.isNaN))
  return measureOf({ ...benchmark, hasTest: benchmark.hasTest && isTested }, cells)
}

/** Distance to the optimum; means of equal values differ in the last digits, which is no regret. */
export function regretOf(value: number, { optimum }: Pick<Measure, 'optimum'>): number {
  const regret = optimum - value
  return Math.abs(regret) < 1e-9 ? 0 : regret
}

export function valuesOf(curve: IncumbentCurve, metric: Metric): Float64Array {
  return metric === 'testAccuracy' ? curve.testAccuracies : curve.valAccuracies
}

/** What a search ended with, inside its budget; NaN where it found nothing. */
export function finalValue(
  { incumbents }: CellSummary,
  { checkpoints }: Pick<StudyBenchmark, 'checkpoints'>,
  metric: Metric,
): number {
  const trialLimit = checkpoints.trials.at(-1) ?? Number.POSITIVE_INFINITY
  const secondLimit = checkpoints.costSeconds.at(-1) ?? Number.POSITIVE_INFINITY
  const values = valuesOf(incumbents, metric)
  for (let place = values.length - 1; place >= 0; place--) {
    const isInside =
      (incumbents.endedCounts[place] ?? 0) <= trialLimit &&
      (incumbents.seconds[place] ?? 0) <= secondLimit
    if (isInside) return values[place] ?? Number.NaN
  }
  return Number.NaN
}

/** Finished cells of one method on one benchmark, by seed. */
export interface CellGroup {
  readonly benchmark: string
  readonly method: string
  readonly cells: readonly CellSummary[]
}

/** In the order of the benchmarks, then of the study's methods; groups without a cell are left out. */
export function groupCells(study: Pick<Study, 'cells' | 'benchmarks'>): readonly CellGroup[] {
  const groups = Map.groupBy(study.cells, ({ key }) => JSON.stringify([key.benchmark, key.method]))
  return study.benchmarks.flatMap(({ label, methods }) =>
    methods.flatMap((method): CellGroup[] => {
      const cells = groups.get(JSON.stringify([label, method]))
      return cells === undefined ? [] : [{ benchmark: label, method, cells }]
    }),
  )
}

/** Whether the optimizer's own seconds are known: journals of runs do not keep them. */
export function isTimed({ cells }: Pick<CellGroup, 'cells'>): boolean {
  return cells.some(({ ask, tell }) => ask.total + tell.total > 0)
}
