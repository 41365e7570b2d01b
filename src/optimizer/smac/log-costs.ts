import { quantile } from '#src/stats/quantile.ts'

/** Keeps the smallest cost away from the logarithm of 0. */
const leastDistance = 1e-10

/**
 * Logarithms of costs scaled to the range from a little below the smallest to the largest: what a
 * forest learns, so that it tells good ones apart.
 *
 * @returns at most 0 each; all 0 where all costs are equal
 * @see SMAC3 2 `smac/runhistory/encoder/log_scaled_encoder.py`.
 */
export function scaledLogCosts(costs: Float64Array): Float64Array {
  const least = costs.reduce((sofar, cost) => Math.min(sofar, cost), Number.POSITIVE_INFINITY)
  const most = costs.reduce((sofar, cost) => Math.max(sofar, cost), Number.NEGATIVE_INFINITY)
  if (!(least < most)) return new Float64Array(costs.length)
  const start = least - (quantile([...costs], 0.05) - least) - leastDistance
  return costs.map((cost) => Math.log((cost - start) / (most - start)))
}
