import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { curveTrials, type DrawTable, expectedBest } from '#src/study/expected-best.ts'

function tableOf(
  draws: readonly { readonly weight: number; readonly val: number; readonly test: number }[],
): DrawTable {
  const total = draws.reduce((sum, { weight }) => sum + weight, 0)
  return {
    probabilities: Float64Array.from(draws, ({ weight }) => weight / total),
    valAccuracies: Float64Array.from(draws, ({ val }) => val),
    testAccuracies: Float64Array.from(draws, ({ test }) => test),
  }
}

/** Mean and deviation of the incumbent over every sequence of n draws, one by one. */
function bySequences({ probabilities, valAccuracies, testAccuracies }: DrawTable, n: number) {
  const sums = { weight: 0, val: 0, valSquare: 0, test: 0, testSquare: 0 }
  const walk = (left: number, weight: number, best: number) => {
    if (left > 0) {
      for (const [draw, probability] of probabilities.entries()) {
        const value = valAccuracies[draw] ?? Number.NaN
        const leads = !Number.isNaN(value) && !(value <= (valAccuracies[best] ?? Number.NaN))
        walk(left - 1, weight * probability, leads ? draw : best)
      }
    } else if (best >= 0) {
      const val = valAccuracies[best] ?? Number.NaN
      const test = testAccuracies?.[best] ?? Number.NaN
      sums.weight += weight
      sums.val += weight * val
      sums.valSquare += weight * val * val
      sums.test += weight * test
      sums.testSquare += weight * test * test
    }
  }
  walk(n, 1, -1)
  const mean = (sum: number) => sum / sums.weight
  const deviation = (sum: number, square: number) =>
    Math.sqrt(Math.max(0, mean(square) - mean(sum) ** 2))
  return {
    val: mean(sums.val),
    test: mean(sums.test),
    valDeviation: deviation(sums.val, sums.valSquare),
    testDeviation: deviation(sums.test, sums.testSquare),
  }
}

const draw = fc.record({
  weight: fc.integer({ min: 1, max: 9 }),
  // Few values, so that equals are common; one of them stands for a failure.
  val: fc.constantFrom(0.1, 0.5, 0.7, 0.9, Number.NaN),
  test: fc.integer({ min: 0, max: 100 }).map((value) => value / 100),
})

describe('the expected best of n draws', () => {
  it('is the mean over every sequence of draws, for equal, unequal and failing ones', () => {
    fc.assert(
      fc.property(
        fc
          .array(draw, { minLength: 1, maxLength: 5 })
          .filter((draws) => draws.some(({ val }) => !Number.isNaN(val))),
        fc.integer({ min: 1, max: 4 }),
        (draws, n) => {
          const table = tableOf(draws)
          const curve = expectedBest(table, [n])
          const exact = bySequences(table, n)
          expect(curve.valAccuracy[0]).toBeCloseTo(exact.val, 10)
          expect(curve.testAccuracy?.[0]).toBeCloseTo(exact.test, 10)
          // A deviation of 0 is the root of a rounding error.
          expect(curve.valDeviation[0]).toBeCloseTo(exact.valDeviation, 6)
          expect(curve.testDeviation?.[0]).toBeCloseTo(exact.testDeviation, 6)
        },
      ),
      { numRuns: 200, seed: 4 },
    )
  })

  it('of one draw is the mean of the table, and tends to the best', () => {
    const table = tableOf([
      { weight: 1, val: 0.2, test: 0.3 },
      { weight: 1, val: 0.6, test: 0.5 },
      { weight: 2, val: 0.4, test: 0.9 },
    ])
    const curve = expectedBest(table, [1, 1000])
    expect(curve.valAccuracy[0]).toBeCloseTo(0.4, 12)
    expect(curve.valAccuracy[1]).toBeCloseTo(0.6, 12)
    // The test accuracy is that of the incumbent, not the best there is.
    expect(curve.testAccuracy?.[1]).toBeCloseTo(0.5, 12)
  })

  it('of equally likely, different values is the expected quantile n / (n + 1)', () => {
    const size = 20_000
    const table: DrawTable = {
      probabilities: new Float64Array(size).fill(1 / size),
      valAccuracies: Float64Array.from({ length: size }, (_, index) => (index + 0.5) / size),
      testAccuracies: null,
    }
    const curve = expectedBest(table, [1, 150])
    expect(curve.valAccuracy[0]).toBeCloseTo(0.5, 4)
    expect(curve.valAccuracy[1]).toBeCloseTo(0.993377, 4)
    expect(curve.testAccuracy).toBeNull()
  })

  it('refuses a table in which every draw fails', () => {
    const table = tableOf([{ weight: 1, val: Number.NaN, test: 0 }])
    expect(() => expectedBest(table, [1])).toThrow(/can be evaluated/)
  })
})

describe('the numbers of trials of a curve', () => {
  it('are all of them for short searches', () => {
    expect(curveTrials(4, [2, 9])).toEqual([1, 2, 3, 4])
  })

  it('thin out for long ones, but keep the wanted ones and both ends', () => {
    const trials = curveTrials(10_000, [123, 5000])
    expect(trials.length).toBeLessThan(210)
    expect(trials).toEqual([...trials].sort((a, b) => a - b))
    expect(trials).toEqual(expect.arrayContaining([1, 123, 5000, 10_000]))
  })
})
