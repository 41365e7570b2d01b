/** What the values of candidates are worth to a search for the smallest. */
import { normalCdf } from '#src/numeric/normal.ts'
import { expectedImprovement } from '#src/predictor/expected-improvement.ts'
import type { Random } from '#src/random/random.ts'

export const acquisitions = ['its', 'ucb', 'ei', 'pi', 'ts', 'mean'] as const
export type Acquisition = (typeof acquisitions)[number]

/** What is believed of one candidate, in percent of error. */
export interface Belief {
  readonly mean: number
  /** Of the nets' answers, as a population. */
  readonly deviation: number
  /** What each net says. */
  readonly members: readonly number[]
}

/** Share of the deviation that is taken off by `ucb`. */
const explorationShare = 0.5
/** What `ei` divides deviations by. */
const calibration = 5

/**
 * The order in which candidates are to be evaluated, as indices; equally good ones keep their order.
 *
 * - `its`: independent Thompson sampling, a draw from each candidate's normal distribution
 * - `ucb`: mean less half a deviation
 * - `ei`: expected improvement on the best, with a fifth of the deviation
 * - `pi`: probability of improvement
 * - `ts`: what one net says, the same for all
 * - `mean`
 *
 * @param best - the smallest value so far
 * @see White et al. 2021, "BANANAS", section 4; naszilla `acquisition_functions.py`.
 */
export function rankCandidates(
  beliefs: readonly Belief[],
  acquisition: Acquisition,
  best: number,
  random: Random,
): readonly number[] {
  const value = worthOf(acquisition, best, random)
  const values = beliefs.map(value)
  return values
    .map((_, index) => index)
    .sort((one, other) => (values[one] ?? 0) - (values[other] ?? 0))
}

/** The smaller the better. */
function worthOf(
  acquisition: Acquisition,
  best: number,
  random: Random,
): (belief: Belief) => number {
  switch (acquisition) {
    case 'its':
      return ({ mean, deviation }) => mean + deviation * random.normal()
    case 'ucb':
      return ({ mean, deviation }) => mean - explorationShare * deviation
    case 'ei':
      return (belief) => -improvement(belief, best)
    case 'pi':
      return ({ mean, deviation }) => -normalCdf(standardized(best - mean, deviation))
    case 'ts': {
      const chosen = random.uniform()
      return ({ members }) => members[Math.floor(chosen * members.length)] ?? Number.NaN
    }
    case 'mean':
      return ({ mean }) => mean
  }
}

/** What is believed for certain improves by all that it is better. */
function improvement({ mean, deviation }: Belief, best: number): number {
  if (deviation === 0) return Math.max(best - mean, 0)
  return expectedImprovement(best, mean, (deviation / calibration) ** 2)
}

/** In deviations; without any, endlessly far, so that what is better for certain comes first. */
function standardized(difference: number, deviation: number): number {
  if (deviation > 0) return difference / deviation
  return difference > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}
