import { invariant } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import { quantile } from './quantile.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Confidence interval of a mean by the percentile bootstrap.
 *
 * @param values - one a run; runs are resampled
 * @param options - `resamples` at least 2,000 by default, `level` the share that the interval covers
 * @remarks With few runs percentile intervals are narrow: show the number of runs beside them.
 * @see Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
 */
export function bootstrapMean(
  values: readonly number[],
  random: Random,
  { resamples = 2_000, level = 0.95 } = {},
): Interval {
  invariant(values.length > 0, 'A bootstrap needs at least one value')
  const means = Array.from({ length: resamples }, () => {
    let sum = 0
    for (let draw = 0; draw < values.length; draw++) {
      sum += values[random.int(values.length)] as number
    }
    return sum / values.length
  })
  return percentiles(means, level)
}

/** The central `level` of a sample. */
export function percentiles(values: readonly number[], level: number): Interval {
  const outside = (1 - level) / 2
  return { low: quantile(values, outside), high: quantile(values, 1 - outside) }
}
