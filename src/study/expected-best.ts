/**
 * The exact expectation of random search, by summation over everything that a sampler draws.
 *
 * @see Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization"; Dodge et al. 2019,
 *   "Show Your Work", section 3.1, for the expected maximum of a finite sample.
 */
import { invariant } from '#src/errors.ts'
import type { ExpectedCurve } from './study.ts'

/** Everything that one draw can be: parallel columns. */
export interface DrawTable {
  /** Of each draw; sums to 1. */
  readonly probabilities: Float64Array
  /** What a search is told; NaN for a draw whose evaluation fails. */
  readonly valAccuracies: Float64Array
  /** Null without test. */
  readonly testAccuracies: Float64Array | null
}

/**
 * Expectation and deviation of the incumbent after n independent draws: the draw of highest
 * validation accuracy, of equals the first.
 *
 * @remarks
 * With draws sorted by validation accuracy and C_i the probability of all up to the i-th,
 * E[f(best of n)] = sum of f_i (C_i^n - C_(i-1)^n). Draws of equal validation accuracy are taken
 * together: any of them comes first in proportion to its probability. Draws that fail are the lowest;
 * the curve is the expectation given that not all failed.
 *
 * @param trials - rising numbers of draws, from 1
 */
export function expectedBest(table: DrawTable, trials: readonly number[]): ExpectedCurve {
  const { failing, groups } = groupDraws(table)
  invariant(groups.length > 0, 'Random search needs a draw that can be evaluated')
  const points = trials.map((n) => expectedAfter(n, failing, groups))
  checkFirst(points[0]?.[0], trials[0], groups)
  return {
    trials,
    valAccuracy: points.map(([val]) => val),
    valDeviation: points.map(([val, square]) => deviation(val, square)),
    testAccuracy: table.testAccuracies && points.map(([, , test]) => test),
    testDeviation:
      table.testAccuracies && points.map(([, , test, square]) => deviation(test, square)),
  }
}

/** Means of the incumbent's validation accuracy, its square, its test accuracy and its square. */
function expectedAfter(
  n: number,
  failing: number,
  groups: readonly Group[],
): readonly [val: number, valSquare: number, test: number, testSquare: number] {
  let [weights, vals, valSquares, tests, testSquares] = [0, 0, 0, 0, 0]
  let below = failing
  let belowPower = below ** n
  for (const { probability, val, test, testSquare } of groups) {
    below += probability
    const power = Math.min(1, below) ** n
    const weight = power - belowPower
    belowPower = power
    weights += weight
    vals += weight * val
    valSquares += weight * val * val
    tests += weight * test
    testSquares += weight * testSquare
  }
  return [vals / weights, valSquares / weights, tests / weights, testSquares / weights]
}

/**
 * One draw is worth the mean of the table. An engine once gave a whole curve's first points the value of
 * a later one; such a curve must not be stored.
 */
function checkFirst(
  val: number | undefined,
  trials: number | undefined,
  groups: readonly Group[],
): void {
  if (val === undefined || trials !== 1) return
  const weights = groups.reduce((sum, { probability }) => sum + probability, 0)
  const mean = groups.reduce((sum, group) => sum + group.probability * group.val, 0) / weights
  invariant(
    Math.abs(val - mean) < 1e-9,
    `The expected accuracy of one draw is ${val}, where the mean is ${mean}; compute the study again`,
  )
}

/** Draws of one validation accuracy; `test` and its square are means over them. */
interface Group {
  readonly probability: number
  readonly val: number
  readonly test: number
  readonly testSquare: number
}

function groupDraws({ probabilities, valAccuracies, testAccuracies }: DrawTable): {
  readonly failing: number
  readonly groups: readonly Group[]
} {
  const order = Uint32Array.from(valAccuracies, (_, index) => index)
  const value = (index: number) => valAccuracies[index] ?? Number.NaN
  const kept = order.filter((index) => !Number.isNaN(value(index)))
  kept.sort((a, b) => value(a) - value(b))
  const groups: Group[] = []
  let start = 0
  while (start < kept.length) {
    const val = value(kept[start] ?? 0)
    let [probability, test, square] = [0, 0, 0]
    let end = start
    for (; end < kept.length && value(kept[end] ?? 0) === val; end++) {
      const index = kept[end] ?? 0
      const weight = probabilities[index] ?? 0
      const own = testAccuracies?.[index] ?? Number.NaN
      probability += weight
      test += weight * own
      square += weight * own * own
    }
    if (probability > 0) {
      groups.push({ probability, val, test: test / probability, testSquare: square / probability })
    }
    start = end
  }
  const total = groups.reduce((sum, group) => sum + group.probability, 0)
  return { failing: Math.max(0, 1 - total), groups }
}

function deviation(mean: number, square: number): number {
  return Math.sqrt(Math.max(0, square - mean * mean))
}

/**
 * Numbers of trials for a curve: each up to the limit, or, of long searches, about two hundred
 * spread evenly on a logarithmic axis; wanted ones always.
 */
export function curveTrials(limit: number, wanted: readonly number[]): readonly number[] {
  const even =
    limit <= 500
      ? Array.from({ length: limit }, (_, index) => index + 1)
      : Array.from({ length: 200 }, (_, index) => Math.round(limit ** (index / 199)))
  const all = [...even, ...wanted.filter((trials) => trials <= limit), limit]
  return [...new Set(all)].sort((a, b) => a - b)
}
