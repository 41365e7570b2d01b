/** How wide the normal kernels of a numeric dimension are. */

/**
 * - `with-prior`: the larger gap to the two neighbours, the prior's mean being one of them; hyperopt
 * - `observations`: the same among observations and the ends of the range; Optuna 5
 * - `scott`: one width, 0.2 n^(-1 / (d + 4)) of the range; Optuna 2 to 4 with several dimensions
 */
export type BandwidthRule = 'with-prior' | 'observations' | 'scott'

export interface BandwidthQuestion {
  readonly rule: BandwidthRule
  /** Means on the kernels' scale, rising. */
  readonly sorted: Float64Array
  readonly low: number
  readonly high: number
  /** Dimensions of the estimator. */
  readonly dimensionCount: number
}

/**
 * The standard deviations of the observations' kernels, in the order of `sorted`; the prior's own is
 * the whole range.
 *
 * @remarks
 * Kept between the range divided by min(100, 2 + n) and the range, so that equal observations never
 * make a spike.
 *
 * @see hyperopt `tpe.py` adaptive_parzen_normal; Optuna `samplers/_tpe/parzen_estimator.py`.
 */
export function bandwidths(question: BandwidthQuestion): Float64Array {
  const { rule, sorted, low, high, dimensionCount } = question
  const range = high - low
  const count = sorted.length
  const raw =
    rule === 'scott'
      ? new Float64Array(count).fill(
          0.2 * Math.max(count, 1) ** (-1 / (dimensionCount + 4)) * range,
        )
      : rule === 'with-prior'
        ? gapsWithPrior(sorted, low, high)
        : gapsAmongObservations(sorted, low, high)
  const least = range / Math.min(100, 2 + count)
  for (let i = 0; i < count; i++) raw[i] = Math.min(Math.max(raw[i] as number, least), range)
  return raw
}

function gapsWithPrior(sorted: Float64Array, low: number, high: number): Float64Array {
  const count = sorted.length
  // The source's own rule for a single observation.
  if (count === 1) return Float64Array.of((high - low) / 2)
  const prior = (low + high) / 2
  const gaps = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const here = sorted[i] as number
    let left = i > 0 ? (sorted[i - 1] as number) : -Infinity
    let right = i + 1 < count ? (sorted[i + 1] as number) : Infinity
    // The prior stands before an equal observation.
    if (prior <= here) left = Math.max(left, prior)
    else right = Math.min(right, prior)
    gaps[i] = largerGap(left, here, right)
  }
  return gaps
}

/** The one at an end of the row has a single neighbour. */
function largerGap(left: number, here: number, right: number): number {
  const before = left === -Infinity ? 0 : here - left
  const after = right === Infinity ? 0 : right - here
  return Math.max(before, after)
}

function gapsAmongObservations(sorted: Float64Array, low: number, high: number): Float64Array {
  const count = sorted.length
  const gaps = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const here = sorted[i] as number
    const before = here - (i > 0 ? (sorted[i - 1] as number) : low)
    const after = (i + 1 < count ? (sorted[i + 1] as number) : high) - here
    if (count > 1 && i === 0) gaps[i] = after
    else if (count > 1 && i === count - 1) gaps[i] = before
    else gaps[i] = Math.max(before, after)
  }
  return gaps
}
