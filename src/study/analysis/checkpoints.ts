/** What a method had at each checkpoint, over seeds. */
import { moments } from '#src/stats/paired-test.ts'
import { centralInterval, resampledMeans, sortedQuantile } from '#src/stats/resampling.ts'
import type { StudyBenchmark } from '../study.ts'
import { type Checkpoint, checkpointsOf, incumbentAtCheckpoint } from '../table.ts'
import type { ResamplingSource } from './curves.ts'
import type { CellGroup, Metric } from './measure.ts'

/** Shares; null where no run had found anything. */
export interface Standing {
  readonly checkpoint: Checkpoint
  /** Runs that had an incumbent. */
  readonly runCount: number
  readonly mean: number
  /** Sample standard deviation over runs; 0 for one. */
  readonly deviation: number
  /** 95% interval of the mean by the percentile bootstrap over runs. */
  readonly low: number
  readonly high: number
  readonly median: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
}

export function standingsOf(
  { cells }: CellGroup,
  {
    benchmark,
    metric,
    resamplingOf,
  }: {
    readonly benchmark: StudyBenchmark
    readonly metric: Metric
    readonly resamplingOf: ResamplingSource
  },
): readonly (Standing | null)[] {
  return checkpointsOf(benchmark).map((checkpoint) => {
    const values = cells.flatMap(({ incumbents }) => {
      const incumbent = incumbentAtCheckpoint(incumbents, checkpoint)
      return incumbent === null ? [] : [incumbent[metric]]
    })
    if (values.length === 0) return null
    const sorted = values.toSorted((a, b) => a - b)
    return {
      checkpoint,
      runCount: values.length,
      ...moments(values),
      ...centralInterval(resampledMeans(values, resamplingOf(values.length))),
      median: sortedQuantile(sorted, 0.5),
      lowerQuartile: sortedQuantile(sorted, 0.25),
      upperQuartile: sortedQuantile(sorted, 0.75),
    }
  })
}
