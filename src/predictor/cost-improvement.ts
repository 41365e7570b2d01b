import { normalCdf, normalPdf } from '#src/numeric/normal.ts'

/**
 * How much below the incumbent a normally distributed cost is expected to be, where it is below.
 *
 * @param incumbent - the cost to beat
 * @param mean - of the belief; smaller is better
 * @param variance - at least 0; 0 gives 0
 * @returns at least 0, in the costs' unit
 * @see Jones et al. 1998, "Efficient Global Optimization of Expensive Black-Box Functions",
 *   equation 15.
 */
export function expectedCostImprovement(incumbent: number, mean: number, variance: number): number {
  if (!(variance > 0)) return 0
  const deviation = Math.sqrt(variance)
  const distance = (incumbent - mean) / deviation
  return Math.max((incumbent - mean) * normalCdf(distance) + deviation * normalPdf(distance), 0)
}

/**
 * The same for a cost whose logarithm is believed to be normal; `incumbent` is a logarithm, too.
 *
 * @see Hutter et al. 2009, "An Experimental Investigation of Model-Based Parameter Optimisation: SPO
 *   and Beyond", section 5.2.
 */
export function expectedLogCostImprovement(
  incumbent: number,
  mean: number,
  variance: number,
): number {
  if (!(variance > 0)) return 0
  const deviation = Math.sqrt(variance)
  const distance = (incumbent - mean) / deviation
  const gain =
    Math.exp(incumbent) * normalCdf(distance) -
    Math.exp(mean + variance / 2) * normalCdf(distance - deviation)
  return Math.max(gain, 0)
}
