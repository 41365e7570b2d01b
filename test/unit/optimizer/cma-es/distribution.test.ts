import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Distribution,
  drawPoint,
  firstDistribution,
  nextDistribution,
} from '#src/optimizer/cma-es/distribution.ts'
import { cmaStrategy } from '#src/optimizer/cma-es/strategy.ts'
import { Random } from '#src/random/random.ts'

function expectAll(found: ArrayLike<number>, expected: readonly number[], digits: number): void {
  expect(found).toHaveLength(expected.length)
  for (const [index, value] of expected.entries()) expect(found[index]).toBeCloseTo(value, digits)
}

/** Minimizes from the middle of the cube with deviation 0.3; the best value found. */
function minimize(
  size: number,
  loss: (point: Float64Array) => number,
  evaluations: number,
  seed = 1,
): number {
  const strategy = cmaStrategy(size, null)
  const random = Random.named(seed, 'points')
  let now = firstDistribution(new Float64Array(size).fill(0.5), 0.3)
  let best = Number.POSITIVE_INFINITY
  for (let done = 0; done < evaluations; done += strategy.populationSize) {
    const points = Array.from({ length: strategy.populationSize }, () => drawPoint(now, random))
    const ranked = points.toSorted((a, b) => loss(a) - loss(b))
    best = Math.min(best, loss(ranked[0] ?? new Float64Array(size)))
    now = nextDistribution(strategy, now, ranked, new Float64Array(size))
  }
  return best
}

describe('the constants', () => {
  it('of ten dimensions are known', () => {
    const strategy = cmaStrategy(10, null)
    expect(strategy).toMatchObject({ populationSize: 10, parentCount: 5 })
    expectAll(strategy.weights.slice(0, 5), [0.456273, 0.270753, 0.162231, 0.085234, 0.02551], 6)
    expect(strategy.effectiveCount).toBeCloseTo(3.167299, 6)
    expect(strategy.rankOneRate).toBeCloseTo(0.01528382, 8)
    expect(strategy.rankMuRate).toBeCloseTo(0.02015428, 8)
    expect(strategy.stepRate).toBeCloseTo(0.2844286, 7)
    expect(strategy.stepDamping).toBeCloseTo(1.2844286, 7)
    expect(strategy.pathRate).toBeCloseTo(0.2949904, 7)
    expect(strategy.normalLength).toBeCloseTo(3.0847266, 7)
  })

  it('of three dimensions are those of the cmaes package, negative weights included', () => {
    const weights = [
      0.585645106509765, 0.2928225532548825, 0.12153234023535245, 0, -0.4241269418431741,
      -0.7706638857059224, -1.0636566969842556,
    ]
    expectAll(cmaStrategy(3, null).weights, weights, 12)
  })

  it('weigh the better more, the parents to 1 together, the others against', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 4, max: 60 }),
        (size, lambda) => {
          const { weights, parentCount } = cmaStrategy(size, lambda)
          const parents = weights.subarray(0, parentCount)
          expect(parents.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
          for (const [rank, weight] of weights.entries()) {
            if (rank > 0) expect(weight).toBeLessThan(weights[rank - 1] ?? 0)
            if (rank > lambda / 2) expect(weight).toBeLessThan(0)
          }
        },
      ),
    )
  })
})

describe('an update', () => {
  it('moves mean, step and covariance as the cmaes package does', () => {
    // cmaes 0.13.1, CMA(mean, sigma=0.3), told the same four generations of seven points.
    const strategy = cmaStrategy(3, null)
    let now = firstDistribution(Float64Array.of(0.5, 0.4, 0.6), 0.3)
    for (let generation = 0; generation < 4; generation++) {
      const points = Array.from({ length: 7 }, (_, i) =>
        Float64Array.from(
          { length: 3 },
          (_entry, j) => 0.5 + 0.3 * Math.sin(1.7 * (7 * generation + i) + j * 2.1),
        ),
      )
      const loss = ([x = 0, y = 0, z = 0]: Float64Array) =>
        (x - 0.2) ** 2 + 3 * (y - 0.7) ** 2 + x * z
      const ranked = points.toSorted((a, b) => loss(a) - loss(b))
      now = nextDistribution(strategy, now, ranked, new Float64Array(3))
      if (generation === 0) {
        expectAll(now.mean, [0.3553555740995835, 0.7335395325755045, 0.4088413793187863], 12)
        expect(now.deviation).toBeCloseTo(0.303904198978958, 12)
      }
    }
    expectAll(now.mean, [0.30698292829563956, 0.7140408887201801, 0.4769016539134108], 9)
    expect(now.deviation).toBeCloseTo(0.1780322890229403, 8)
    const covariance = [
      0.6069571708659254, 0.2360358240910572, 0.03206178694931791, 0.2360358240910572,
      0.6117748909346901, 0.034393791232312766, 0.03206178694931785, 0.03439379123231277,
      0.8111149322248454,
    ]
    expectAll(now.covariance, covariance, 7)
  })

  it('turns with the points', () => {
    const strategy = cmaStrategy(2, 6)
    const [cosine, sine] = [Math.cos(0.7), Math.sin(0.7)]
    const turn = ([x = 0, y = 0]: Float64Array) =>
      Float64Array.of(cosine * x - sine * y, sine * x + cosine * y)
    const random = Random.named(1, 'points')
    let one: Distribution = firstDistribution(Float64Array.of(0.2, 0.3), 0.3)
    let other: Distribution = firstDistribution(turn(one.mean), 0.3)
    for (let generation = 0; generation < 5; generation++) {
      const points = Array.from({ length: 6 }, () => drawPoint(one, random))
      one = nextDistribution(strategy, one, points, new Float64Array(2))
      other = nextDistribution(strategy, other, points.map(turn), new Float64Array(2))
    }
    expectAll(other.mean, [...turn(one.mean)], 9)
    expect(other.deviation).toBeCloseTo(one.deviation, 9)
    expectAll(other.lengths.toSorted(), [...one.lengths.toSorted()], 8)
  })

  it('keeps every coordinate as wide as asked', () => {
    const strategy = cmaStrategy(3, null)
    const random = Random.named(2, 'points')
    let now = firstDistribution(new Float64Array(3).fill(0.5), 0.3)
    for (let generation = 0; generation < 60; generation++) {
      const points = Array.from({ length: strategy.populationSize }, () => drawPoint(now, random))
      const ranked = points.toSorted((a, b) => Math.hypot(...a) - Math.hypot(...b))
      now = nextDistribution(strategy, now, ranked, Float64Array.of(0.1, 0.05, 0))
    }
    const wide = [0, 1, 2].map((i) => now.deviation * Math.sqrt(now.covariance[4 * i] ?? 0))
    expect(wide[0]).toBeGreaterThanOrEqual(0.1 - 1e-12)
    expect(wide[1]).toBeGreaterThanOrEqual(0.05 - 1e-12)
    expect(wide[2]).toBeLessThan(0.05)
  })
})

describe('a minimization', () => {
  it('goes to the bottom of a sphere, and of a narrow ellipsoid turned by 45 degrees', () => {
    const sphere = (point: Float64Array) => point.reduce((sum, x) => sum + (x - 0.3) ** 2, 0)
    const ellipsoid = (point: Float64Array) => {
      const [x = 0, y = 0, ...rest] = [...point].map((entry) => entry - 0.3)
      return 1e6 * (x + y) ** 2 + (x - y) ** 2 + rest.reduce((sum, z) => sum + z * z, 0)
    }
    expect(minimize(10, sphere, 2000)).toBeLessThan(1e-8)
    expect(minimize(6, ellipsoid, 4000)).toBeLessThan(1e-8)
  })
})
