/** The plainest view of a study: mean and deviation of each method at each checkpoint. */
import type { CellSummary, IncumbentCurve, Study, StudyBenchmark } from './study.ts'
import { type Incumbent, incumbentAfter, incumbentAtSeconds } from './trajectory.ts'

/** Where a value is read off. */
export interface Checkpoint {
  readonly kind: 'trials' | 'costSeconds'
  readonly place: number
}

export interface TableValue {
  readonly checkpoint: Checkpoint
  /** Cells that had an incumbent by then. */
  readonly count: number
  /** Share; NaN without any cell. */
  readonly mean: number
  /** Sample standard deviation over seeds; NaN for fewer than two. */
  readonly deviation: number
}

export interface TableRow {
  readonly method: string
  /** Finished cells. */
  readonly cellCount: number
  readonly values: readonly TableValue[]
}

export interface StudyTable {
  readonly benchmark: string
  readonly mark: string | null
  /** What the values are of the incumbents. */
  readonly metric: 'testAccuracy' | 'valAccuracy'
  readonly checkpoints: readonly Checkpoint[]
  readonly rows: readonly TableRow[]
  /** Of random search, by summation; null where it could not be computed. */
  readonly expected: readonly TableValue[] | null
  readonly notApplicable: Readonly<Record<string, string>>
}

export function tabulateStudy(study: Study): readonly StudyTable[] {
  return study.benchmarks.map((benchmark) => {
    const checkpoints = checkpointsOf(benchmark)
    const metric = benchmark.hasTest ? 'testAccuracy' : 'valAccuracy'
    const cells = study.cells.filter(({ key }) => key.benchmark === benchmark.label)
    return {
      benchmark: benchmark.label,
      mark: benchmark.mark,
      metric,
      checkpoints,
      rows: benchmark.methods.map((label) => {
        const own = cells.filter(({ key }) => key.method === label)
        return {
          method: label,
          cellCount: own.length,
          values: valuesOf(own, checkpoints, metric),
        }
      }),
      expected: expectedValues(benchmark, checkpoints, metric),
      notApplicable: benchmark.notApplicable,
    }
  })
}

export function checkpointsOf({ checkpoints }: StudyBenchmark): readonly Checkpoint[] {
  return [
    ...checkpoints.trials.map((place) => ({ kind: 'trials' as const, place })),
    ...checkpoints.costSeconds.map((place) => ({ kind: 'costSeconds' as const, place })),
  ]
}

export function incumbentAtCheckpoint(
  curve: IncumbentCurve,
  { kind, place }: Checkpoint,
): Incumbent | null {
  return kind === 'trials' ? incumbentAfter(curve, place) : incumbentAtSeconds(curve, place)
}

function valuesOf(
  cells: readonly CellSummary[],
  checkpoints: readonly Checkpoint[],
  metric: StudyTable['metric'],
): readonly TableValue[] {
  return checkpoints.map((checkpoint) => {
    const found = cells.flatMap(({ incumbents }) => {
      const incumbent = incumbentAtCheckpoint(incumbents, checkpoint)
      return incumbent === null ? [] : [incumbent[metric]]
    })
    const mean = found.reduce((sum, value) => sum + value, 0) / found.length
    const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return {
      checkpoint,
      count: found.length,
      mean,
      deviation: found.length < 2 ? Number.NaN : Math.sqrt(squares / (found.length - 1)),
    }
  })
}

function expectedValues(
  { randomSearch }: StudyBenchmark,
  checkpoints: readonly Checkpoint[],
  metric: StudyTable['metric'],
): readonly TableValue[] | null {
  if (randomSearch === null) return null
  const isTest = metric === 'testAccuracy'
  const means = isTest ? randomSearch.testAccuracy : randomSearch.valAccuracy
  const deviations = isTest ? randomSearch.testDeviation : randomSearch.valDeviation
  return checkpoints.map((checkpoint) => {
    const index = checkpoint.kind === 'trials' ? randomSearch.trials.indexOf(checkpoint.place) : -1
    return {
      checkpoint,
      count: 0,
      mean: means?.[index] ?? Number.NaN,
      deviation: deviations?.[index] ?? Number.NaN,
    }
  })
}
