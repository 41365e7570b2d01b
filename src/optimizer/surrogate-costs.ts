/** Accuracies as the costs that a model of them is fitted to: smaller is better. */
import { z } from 'zod'
import type { History, Observation } from '#src/trial/observation.ts'

/**
 * `log-error`: the logarithm of 1 - accuracy, so that 94 and 95 percent are as far apart as 10 and 25;
 * `error`: 1 - accuracy.
 */
export const CostScale = z.enum(['log-error', 'error'])
export type CostScale = z.infer<typeof CostScale>

/** An accuracy of 1 has this error, so that its logarithm exists. */
const leastError = 1e-6

export function costOf(valAccuracy: number, scale: CostScale): number {
  const error = 1 - valAccuracy
  return scale === 'error' ? error : Math.log(Math.max(error, leastError))
}

/**
 * Costs with mean 0 and variance 1.
 *
 * @param costs - of all told trials; null for those that have none, which count as the worst
 * @returns null while nothing has a cost
 */
export function standardizedCosts(costs: readonly (number | null)[]): Float64Array | null {
  const known = costs.filter((cost) => cost !== null)
  if (known.length === 0) return null
  const worst = known.reduce((most, cost) => Math.max(most, cost), Number.NEGATIVE_INFINITY)
  const filled = Float64Array.from(costs, (cost) => cost ?? worst)
  const mean = filled.reduce((sum, cost) => sum + cost, 0) / filled.length
  const variance = filled.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / filled.length
  const deviation = Math.sqrt(variance)
  return filled.map((cost) => (deviation > 0 ? (cost - mean) / deviation : 0))
}

/** The told trials, that of the lowest cost first; of equals the first told. */
export function byCost(costs: Float64Array, history: History): readonly Observation[] {
  return [...costs.keys()]
    .sort((one, other) => (costs[one] as number) - (costs[other] as number))
    .map((position) => history.at(position))
}
