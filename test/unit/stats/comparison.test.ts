import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import {
  criticalDifference,
  friedman,
  indistinctGroups,
  studentizedRangeQuantile,
} from '#src/stats/friedman.ts'
import {
  holm,
  moments,
  pairedEffect,
  seedsNeeded,
  varghaDelaney,
  wilcoxonSignedRank,
} from '#src/stats/paired-test.ts'
import { ranks } from '#src/stats/ranks.ts'
import { chiSquaredTail, fTail, logGamma } from '#src/stats/special-functions.ts'

/** Errors of four optimizers on six tasks: the worked example of Demšar's procedure. */
const errors = [
  [0.1, 0.12, 0.2, 0.15],
  [0.3, 0.35, 0.33, 0.4],
  [0.05, 0.04, 0.09, 0.08],
  [0.5, 0.55, 0.6, 0.58],
  [0.21, 0.2, 0.3, 0.25],
  [0.4, 0.44, 0.47, 0.46],
] as const

function differences(first: number, second: number): number[] {
  return errors.map((row) => (row[first] ?? 0) - (row[second] ?? 0))
}

describe('tail probabilities', () => {
  // Expected values: SciPy 1.17.1.
  it.each([
    [13, 3, 0.0046366054380417195],
    [0.5, 1, 0.47950012218695337],
    [40, 10, 1.694474393006737e-5],
    [100, 3, 1.5541594313896026e-21],
  ])('chi-squared above %d with %d degrees of freedom', (x, freedom, expected) => {
    expect(chiSquaredTail(x, freedom) / expected).toBeCloseTo(1, 8)
  })

  it.each([
    [13, 3, 15, 0.00018939987138135063],
    [0.3, 2, 7, 0.7498865550474875],
    [5, 1, 100, 0.02756960066604542],
    [2.5, 15, 45, 0.009034552212195613],
  ])('F above %d with %d and %d', (x, first, second, expected) => {
    expect(fTail(x, first, second) / expected).toBeCloseTo(1, 9)
  })

  it.each([
    [0.1, 2.252712651734206],
    [0.5, 0.5723649429247],
    [1, 0],
    [10, 12.801827480081469],
    [171.5, 709.1431630309283],
  ])('log gamma of %d', (x, expected) => {
    expect(logGamma(x)).toBeCloseTo(expected, 10)
  })

  it('refuses what has no gamma function', () => {
    expect(() => logGamma(0)).toThrow('above 0, not 0')
  })
})

describe("Wilcoxon's signed-rank test", () => {
  it('gives the p-values of the worked example', () => {
    expect(wilcoxonSignedRank(differences(0, 2))).toMatchObject({ statistic: 0, pValue: 0.03125 })
    expect(wilcoxonSignedRank(differences(0, 1))).toMatchObject({ statistic: 3, pValue: 0.15625 })
  })

  it.each([
    [5, 0.0625],
    [6, 0.03125],
    [8, 0.0078125],
    [10, 0.001953125],
  ])('reaches no p-value below that of %d like signs', (count, expected) => {
    const like = Array.from({ length: count }, (_, index) => index + 1)
    expect(wilcoxonSignedRank(like).pValue).toBeCloseTo(expected, 12)
  })

  it('is exact with ties: it equals the enumeration of all signs', () => {
    const whole = fc.integer({ min: -4, max: 4 })
    fc.assert(
      fc.property(fc.array(whole, { minLength: 1, maxLength: 10 }), (values) => {
        const { pValue, statistic, pairCount } = wilcoxonSignedRank(values)
        const kept = values.filter((value) => value !== 0)
        expect(pairCount).toBe(kept.length)
        if (kept.length === 0) return
        const ranked = ranks(kept.map(Math.abs))
        let atMost = 0
        for (let signs = 0; signs < 2 ** kept.length; signs++) {
          const sum = ranked.reduce((total, rank, i) => total + ((signs >> i) & 1 ? rank : 0), 0)
          if (sum <= statistic + 1e-9) atMost += 1
        }
        expect(pValue).toBeCloseTo(Math.min(1, (2 * atMost) / 2 ** kept.length), 10)
      }),
    )
  })

  it('is normal with both corrections for many pairs', () => {
    // Drawn once, rounded to one decimal so that they tie; statistic and p-value: SciPy 1.17.1.
    const values = [
      0.4, 0.9, 0.4, -1.2, 1.0, 0.5, -0.4, 0.7, 0.5, 0.4, 0.1, 0.6, -0.6, -0.1, -0.4, 0.7, 0.1,
      -0.2, -0.7, -0.2, 0.1, -0.2, 1.4, 1.1, -2.6, -1.8, -0.1, -0.3, 0.3, 0.3, 2.2, -1.0, -0.3, 2.1,
      0.7, 0.8, -0.4, -1.5, 0.3, 0.2, -1.1, -0.6, 0.0, -0.8, 0.0, 0.2, 0.1, -0.4, 0.7, 1.0, 0.4,
      -0.7, 0.8, -0.4, 1.0, -1.0, 1.0, 0.1, -1.1, -0.2, 0.2, 0.4, -0.9, -1.0, 0.3, -0.4, 0.3, 0.9,
      -1.5, 0.4, 1.3, -0.2, -0.7, 0.9, 0.4, 1.0, -0.2, -1.4, -0.0, -0.3,
    ]
    const result = wilcoxonSignedRank(values)
    expect(result).toMatchObject({ pairCount: 77, statistic: 1401, isExact: false })
    expect(result.pValue).toBeCloseTo(0.6111774560427183, 3)
  })

  it('does not change when the two methods change places', () => {
    const finite = fc.double({ noNaN: true, min: -10, max: 10 })
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 70 }), (values) => {
        const there = wilcoxonSignedRank(values)
        const back = wilcoxonSignedRank(values.map((value) => -value))
        expect(back.pValue).toBeCloseTo(there.pValue, 10)
        expect(there.pValue).toBeGreaterThanOrEqual(0)
        expect(there.pValue).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('finds nothing where nothing differs, and refuses what is no number', () => {
    expect(wilcoxonSignedRank([0, 0]).pValue).toBe(1)
    expect(() => wilcoxonSignedRank([Number.NaN])).toThrow('finite differences')
  })
})

describe("Holm's correction", () => {
  it('multiplies by the number of hypotheses still open, and never falls', () => {
    const corrected = holm([0.01, 0.04, 0.03, 0.005])
    for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries()) {
      expect(corrected[index]).toBeCloseTo(expected, 12)
    }
    expect(holm([0.9, 0.8])).toEqual([1, 1])
    expect(holm([])).toEqual([])
  })

  it('lies between no correction and that of Bonferroni, in the same order', () => {
    const share = fc.double({ noNaN: true, min: 0, max: 1 })
    fc.assert(
      fc.property(fc.array(share, { minLength: 1 }), (values) => {
        const corrected = holm(values)
        for (const [index, value] of values.entries()) {
          expect(corrected[index]).toBeGreaterThanOrEqual(value)
          expect(corrected[index]).toBeLessThanOrEqual(Math.min(1, value * values.length) + 1e-12)
        }
      }),
    )
  })
})

describe('effects', () => {
  it("is Vargha and Delaney's A", () => {
    expect(varghaDelaney([2, 3, 4, 5], [1, 2, 3, 4])).toBe(0.71875)
    expect(varghaDelaney([1, 1], [1, 1])).toBe(0.5)
    expect(varghaDelaney([2], [1])).toBe(1)
  })

  it('counts the seeds that the observed difference needs', () => {
    // d = 0.5: (1.959964 + 0.841621)^2 / 0.25 = 31.396, over 3 / pi = 32.88.
    const values = [0.5 - Math.SQRT1_2, 0.5 + Math.SQRT1_2]
    expect(pairedEffect(values)).toBeCloseTo(0.5, 12)
    expect(seedsNeeded(values)).toBe(33)
    expect(seedsNeeded(values, 0.95)).toBeGreaterThan(33)
    expect(seedsNeeded([1, 1, 1])).toBe(6)
    expect(seedsNeeded([0, 0])).toBeNull()
    expect(seedsNeeded([-1, 1])).toBeNull()
  })

  it('finds the difference in about the promised share of experiments', () => {
    const random = Random.named('seeds needed')
    const needed = seedsNeeded([0.6 - Math.SQRT1_2, 0.6 + Math.SQRT1_2]) ?? 0
    let found = 0
    for (let experiment = 0; experiment < 1_000; experiment++) {
      const sample = Array.from({ length: needed }, () => 0.6 + random.normal())
      if (wilcoxonSignedRank(sample).pValue < 0.05) found += 1
    }
    // Four standard errors of a share of 0.8 in 1,000 are 0.05; the approximation takes 0.02 more.
    expect(Math.abs(found / 1_000 - 0.8)).toBeLessThan(0.07)
  })

  it('has moments with the divisor n - 1', () => {
    expect(moments([1, 2, 3, 4]).mean).toBe(2.5)
    expect(moments([1, 2, 3, 4]).deviation).toBeCloseTo(1.2909944487, 9)
    expect(moments([7])).toEqual({ mean: 7, deviation: 0 })
  })
})

describe("Friedman's test", () => {
  it('gives the figures of the worked example', () => {
    const result = friedman(errors)
    for (const [index, expected] of [1.3333, 1.8333, 3.6667, 3.1667].entries()) {
      expect(result.averageRanks[index]).toBeCloseTo(expected, 4)
    }
    expect(result.chiSquared).toBeCloseTo(13, 10)
    expect(result.f).toBeCloseTo(13, 10)
    expect(result.chiSquaredPValue).toBeCloseTo(0.004637, 6)
    expect(result.fPValue).toBeCloseTo(0.000189, 6)
  })

  it('finds nothing where every method does alike, and everything where all agree', () => {
    expect(friedman([[1, 1, 1]]).chiSquared).toBe(0)
    const agreed = friedman([
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(agreed).toMatchObject({ f: Number.POSITIVE_INFINITY, fPValue: 0 })
  })

  it('refuses blocks of unequal length', () => {
    expect(() => friedman([[1, 2], [1]])).toThrow('one value of each method')
    expect(() => friedman([])).toThrow('at least one block')
  })
})

describe("Nemenyi's critical difference", () => {
  const table = [1.96, 2.344, 2.569, 2.728, 2.85, 2.948, 3.031, 3.102, 3.164]
  const tableAt10 = [1.645, 2.052, 2.291, 2.46, 2.589, 2.693, 2.78, 2.855, 2.92]

  it('rests on the quantiles that are tabulated for 2 to 10 methods', () => {
    for (const [index, expected] of table.entries()) {
      const q = studentizedRangeQuantile(0.95, index + 2) / Math.SQRT2
      expect(Math.abs(q - expected)).toBeLessThan(0.001)
      const q10 = studentizedRangeQuantile(0.9, index + 2) / Math.SQRT2
      expect(Math.abs(q10 - (tableAt10[index] ?? 0))).toBeLessThan(0.001)
    }
  })

  it('goes on beyond the table', () => {
    // SciPy 1.17.1.
    expect(studentizedRangeQuantile(0.95, 16) / Math.SQRT2).toBeCloseTo(3.4260413793706097, 6)
    expect(studentizedRangeQuantile(0.95, 20) / Math.SQRT2).toBeCloseTo(3.5437991315177815, 6)
  })

  it.each([
    [4, 10, 1.4832],
    [5, 20, 1.364],
    [3, 10, 1.048],
    [4, 6, 1.9148],
  ])('of %d methods over %d blocks', (methods, blocks, expected) => {
    expect(Math.abs(criticalDifference(methods, blocks) - expected)).toBeLessThan(0.001)
  })

  it('groups what it cannot tell apart, each group once', () => {
    expect(indistinctGroups([1.3333, 1.8333, 3.6667, 3.1667], 1.9148)).toEqual([
      [0, 1, 3],
      [1, 3, 2],
    ])
    expect(indistinctGroups([1, 1.5, 2], 5)).toEqual([[0, 1, 2]])
    expect(indistinctGroups([1, 3, 5], 1)).toEqual([])
  })
})
