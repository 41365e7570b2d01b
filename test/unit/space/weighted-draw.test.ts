import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { uniformBelow, weightedDraw } from '#src/space/weighted-draw.ts'

describe('weightedDraw', () => {
  it('draws each position in proportion to its weight, and none without one', () => {
    const random = Random.named(1, 'weights')
    const hits = [0, 0, 0, 0]
    for (let draw = 0; draw < 10_000; draw++) {
      const index = weightedDraw([1n, 0n, 7n, 2n], random)
      hits[index] = (hits[index] ?? Number.NaN) + 1
    }
    // Five standard deviations of a binomial at most: a false alarm of 1e-6.
    for (const [index, share] of [0.1, 0, 0.7, 0.2].entries()) {
      const spread = 5 * Math.sqrt(10_000 * share * (1 - share))
      expect(Math.abs((hits[index] ?? 0) - 10_000 * share)).toBeLessThanOrEqual(spread)
    }
  })

  it('takes weights that no double can tell apart', () => {
    const huge = 2n ** 200n
    const indices = Array.from({ length: 200 }, (_, seed) =>
      weightedDraw([huge, huge + 1n, 1n], Random.named(seed, 'huge')),
    )
    expect(new Set(indices)).toEqual(new Set([0, 1]))
  })
})

describe('uniformBelow', () => {
  it('reaches every integer below the bound and no other', () => {
    const random = Random.named(2, 'below')
    const seen = new Set(Array.from({ length: 400 }, () => uniformBelow(5n, random)))
    expect([...seen].toSorted()).toEqual([0n, 1n, 2n, 3n, 4n])
    expect(uniformBelow(1n, random)).toBe(0n)
  })
})
