import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paretoFront } from '#src/stats/pareto.ts'
import { median, quantile } from '#src/stats/quantile.ts'
import { ranks, spearman } from '#src/stats/ranks.ts'

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })

describe('quantile', () => {
  it('interpolates between order statistics as definition 7 does', () => {
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75)
    expect(quantile([4, 1, 3, 2], 0)).toBe(1)
    expect(quantile([4, 1, 3, 2], 1)).toBe(4)
  })

  it('leaves its input as it is', () => {
    const values = [3, 1, 2]
    quantile(values, 0.5)
    expect(values).toEqual([3, 1, 2])
  })

  it('sorts by number, not by text', () => {
    expect(median([10, 9, 2])).toBe(9)
  })

  it('takes the mean of two middle values', () => {
    expect(median([1, 2, 3, 10])).toBe(2.5)
  })

  it('refuses an empty sample and a share outside 0 to 1', () => {
    expect(() => quantile([], 0.5)).toThrow('at least one value')
    expect(() => quantile([1], 1.5)).toThrow('between 0 and 1')
  })

  it('never falls as the share rises', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        const steps = [0, 0.1, 0.5, 0.9, 1].map((share) => quantile(values, share))
        for (const [index, value] of steps.slice(1).entries()) {
          expect(value).toBeGreaterThanOrEqual(steps[index] ?? Number.NaN)
        }
      }),
    )
  })
})

describe('ranks', () => {
  it('gives tied values the mean of their ranks', () => {
    expect(ranks([10, 20, 20, 5])).toEqual([2, 3.5, 3.5, 1])
  })

  it('always sums to n (n + 1) / 2', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (values) => {
        const sum = ranks(values).reduce((total, rank) => total + rank, 0)
        expect(sum).toBeCloseTo((values.length * (values.length + 1)) / 2)
      }),
    )
  })
})

describe('spearman', () => {
  it('is 1 for any rising relation and -1 for any falling one', () => {
    expect(spearman([1, 2, 3, 4], [1, 8, 27, 64])).toBeCloseTo(1)
    expect(spearman([1, 2, 3, 4], [9, 5, 1, 0])).toBeCloseTo(-1)
  })

  it('agrees with a value computed by hand, ties included', () => {
    // Ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4: 4.5 / sqrt(4.5 * 5).
    expect(spearman([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(4.5 / Math.sqrt(22.5))
  })

  it('has no value for a constant side or for fewer than three pairs', () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNull()
    expect(spearman([1, 2], [1, 2])).toBeNull()
  })
})

describe('paretoFront', () => {
  const point = fc.record({
    cost: fc.integer({ min: 0, max: 9 }),
    gain: fc.integer({ min: 0, max: 9 }),
  })
  type Point = { readonly cost: number; readonly gain: number }
  const beats = (a: Point, b: Point) =>
    a.cost <= b.cost && a.gain >= b.gain && (a.cost < b.cost || a.gain > b.gain)

  it('keeps exactly the values that no other point beats', () => {
    fc.assert(
      fc.property(fc.array(point), (points) => {
        const front = paretoFront(points).map((item) => `${item.cost},${item.gain}`)
        const expected = points
          .filter((item) => !points.some((other) => beats(other, item)))
          .map((item) => `${item.cost},${item.gain}`)
        expect(new Set(front)).toEqual(new Set(expected))
        expect(front.length).toBe(new Set(front).size)
      }),
    )
  })

  it('rises in cost and in gain', () => {
    const front = paretoFront([
      { cost: 3, gain: 1 },
      { cost: 1, gain: 1 },
      { cost: 2, gain: 5 },
      { cost: 2, gain: 4 },
    ])
    expect(front).toEqual([
      { cost: 1, gain: 1 },
      { cost: 2, gain: 5 },
    ])
  })
})
