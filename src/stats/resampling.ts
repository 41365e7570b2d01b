/**
 * One set of bootstrap draws for many statistics of the same runs: means at every place of a curve,
 * and ratios of means, whose parts must come from the same draw.
 */
import { invariant } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface Resampling {
  readonly runCount: number
  readonly resampleCount: number
  /** How often resample `b` draws run `r`, at `r * resampleCount + b`. */
  readonly counts: Uint16Array
}

/**
 * Draws runs with replacement, as many as there are, again and again.
 *
 * @param resampleCount - at least 2,000 for an interval of 95%
 * @see Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
 */
export function resample(runCount: number, random: Random, resampleCount = 2_000): Resampling {
  invariant(runCount > 0 && resampleCount > 0, 'A bootstrap needs at least one run and one draw')
  const counts = new Uint16Array(runCount * resampleCount)
  for (let draw = 0; draw < resampleCount; draw++) {
    for (let pick = 0; pick < runCount; pick++) {
      const place = random.int(runCount) * resampleCount + draw
      counts[place] = (counts[place] ?? 0) + 1
    }
  }
  return { runCount, resampleCount, counts }
}

/** The mean of each resample; `values` has one number a run. */
export function resampledMeans(values: ArrayLike<number>, resampling: Resampling): Float64Array {
  const { runCount, resampleCount } = resampling
  invariant(values.length === runCount, 'A resampling serves as many values as it has runs')
  const means = new Float64Array(resampleCount)
  const runs = Uint32Array.from({ length: runCount }, (_, run) => run)
  addRuns(means, resampling, { runs, amounts: Array.from(values, (value) => value / runCount) })
  return means
}

/**
 * Adds the shares of some runs to the mean of every resample. With the changes of their values over
 * the number of runs it turns the means of before into those of after.
 */
export function addRuns(
  means: Float64Array,
  { counts, resampleCount }: Resampling,
  { runs, amounts }: { readonly runs: ArrayLike<number>; readonly amounts: readonly number[] },
): void {
  const start = (index: number) => (runs[index] ?? 0) * resampleCount
  let index = 0
  // Four runs a sweep: what takes the time is going through the means.
  for (; index + 3 < runs.length; index += 4) {
    const [a, b, c, d] = [start(index), start(index + 1), start(index + 2), start(index + 3)]
    const [p = 0, q = 0, r = 0, s = 0] = amounts.slice(index, index + 4)
    for (let draw = 0; draw < resampleCount; draw++) {
      means[draw] =
        (means[draw] as number) +
        p * (counts[a + draw] as number) +
        q * (counts[b + draw] as number) +
        r * (counts[c + draw] as number) +
        s * (counts[d + draw] as number)
    }
  }
  for (; index < runs.length; index++) {
    const [from, amount] = [start(index), amounts[index] ?? 0]
    for (let draw = 0; draw < resampleCount; draw++) {
      means[draw] = (means[draw] as number) + amount * (counts[from + draw] as number)
    }
  }
}

/** The central `level` of the resampled statistics, by linear interpolation; leaves them as they are. */
export function centralInterval(statistics: Float64Array, level = 0.95): Interval {
  const values = statistics.slice()
  const outside = (1 - level) / 2
  return { low: selectQuantile(values, outside), high: selectQuantile(values, 1 - outside) }
}

/** As `quantile`, in linear time: reorders the values instead of sorting them. */
function selectQuantile(values: Float64Array, share: number): number {
  const position = share * (values.length - 1)
  const below = Math.floor(position)
  const low = select(values, below)
  if (position === below || below + 1 >= values.length) return low
  let high = Number.POSITIVE_INFINITY
  for (let place = below + 1; place < values.length; place++) {
    high = Math.min(high, values[place] as number)
  }
  return low + (position - below) * (high - low)
}

/**
 * Puts the value of a rank in its place, no larger ones before and no smaller ones after it.
 *
 * @see Hoare 1961, "Algorithm 65: Find".
 */
function select(values: Float64Array, rank: number): number {
  let start = 0
  let end = values.length - 1
  while (start < end) {
    const [left, right] = partition(values, values[rank] as number, start, end)
    if (right < rank) start = left
    if (rank < left) end = right
  }
  return values[rank] as number
}

/** Values up to the second place are at most the pivot, those from the first one at least. */
function partition(values: Float64Array, pivot: number, start: number, end: number) {
  let left = start
  let right = end
  while (left <= right) {
    while ((values[left] as number) < pivot) left += 1
    while (pivot < (values[right] as number)) right -= 1
    if (left > right) break
    const moved = values[left] as number
    values[left] = values[right] as number
    values[right] = moved
    left += 1
    right -= 1
  }
  return [left, right] as const
}

/**
 * The quantile of numbers that are sorted already, as `quantile` defines it.
 *
 * @param sorted - rising, at least one
 */
export function sortedQuantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  return low + (position - below) * (high - low)
}
