import { invariant } from '#src/errors.ts'

/**
 * The quantile of a sample by linear interpolation between order statistics.
 *
 * @param values - at least one finite number, in any order; left as it is
 * @param share - from 0 (smallest) to 1 (largest)
 * @see Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", definition 7.
 */
export function quantile(values: readonly number[], share: number): number {
  invariant(values.length > 0, 'A quantile needs at least one value')
  invariant(share >= 0 && share <= 1, `A quantile's share lies between 0 and 1, not at ${share}`)
  const sorted = Float64Array.from(values).sort()
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  return low + (position - below) * (high - low)
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
