import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectedImprovement, logExpectedImprovement } from '#src/predictor/expected-improvement.ts'
import { type ForestSettings, fitForest } from '#src/predictor/random-forest.ts'
import { Random } from '#src/random/random.ts'
import { mean } from '#test/fixtures/statistics.ts'

const facade: ForestSettings = {
  treeCount: 10,
  bootstrap: true,
  featureRatio: 1,
  minSplit: 2,
  minLeaf: 1,
  maxDepth: 2 ** 20,
  splitter: 'random',
  logTargets: false,
}
const single: ForestSettings = { ...facade, treeCount: 1, bootstrap: false }

/** A forest of points of one feature. */
function forestOf(
  xs: readonly number[],
  ys: readonly number[],
  settings: ForestSettings,
  seed = 1,
) {
  const inputs = xs.map((x) => Float64Array.of(x))
  return fitForest({ inputs, targets: Float64Array.from(ys) }, Random.named(seed, 'fit'), settings)
}
const at = (...xs: number[]) => Float64Array.from(xs)

const points = fc.array(
  fc.record({
    x: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
    y: fc.double({ min: -5, max: 5, noNaN: true }),
  }),
  { minLength: 1, maxLength: 40 },
)
const setOf = (drawn: readonly { x: readonly number[]; y: number }[]) => ({
  inputs: drawn.map(({ x }) => Float64Array.from(x)),
  targets: Float64Array.from(drawn, ({ y }) => y),
})

describe('one tree on all points', () => {
  it.each(['random', 'best'] as const)(
    'with %s thresholds repeats what it was shown',
    (splitter) => {
      const forest = forestOf([0, 1, 2, 3], [0, 0, 1, 1], { ...single, splitter })
      expect([0, 1, 2, 3].map((x) => forest.predict(at(x)).mean)).toEqual([0, 0, 1, 1])
    },
  )

  it('with the best threshold splits once, in the middle of the gap', () => {
    const forest = forestOf([0, 1, 2, 3], [0, 0, 1, 1], { ...single, splitter: 'best' })
    expect(forest.predict(at(1.49)).mean).toBe(0)
    expect(forest.predict(at(1.51)).mean).toBe(1)
  })

  it('keeps its leaves as large as asked, and its depth', () => {
    const xs = Array.from({ length: 16 }, (_, x) => x)
    const values = (settings: Partial<ForestSettings>) => {
      const forest = forestOf(xs, xs, { ...single, splitter: 'best', ...settings })
      return new Set(xs.map((x) => forest.predict(at(x)).mean)).size
    }
    expect(values({})).toBe(16)
    expect(values({ minLeaf: 4 })).toBe(4)
    expect(values({ maxDepth: 1 })).toBe(2)
    expect(values({ minSplit: 17 })).toBe(1)
  })

  it('of logarithms has the logarithm of the mean in a leaf', () => {
    const forest = forestOf([1, 1], [0, 2], { ...single, logTargets: true })
    expect(forest.predict(at(1)).mean).toBeCloseTo(Math.log((1 + Math.exp(2)) / 2), 12)
  })
})

describe('a forest', () => {
  it('of equal targets says that target, with the least variance', () => {
    fc.assert(
      fc.property(points, fc.double({ min: -5, max: 5, noNaN: true }), (drawn, y) => {
        const forest = fitForest(
          setOf(drawn.map(({ x }) => ({ x, y }))),
          Random.named(1, 'fit'),
          facade,
        )
        expect(forest.predict(at(0, 1, 2))).toEqual({ mean: y, variance: 1e-10 })
      }),
    )
  })

  it('stays between the smallest and the largest target', () => {
    fc.assert(
      fc.property(points, fc.boolean(), (drawn, logTargets) => {
        const set = setOf(drawn)
        const forest = fitForest(set, Random.named(2, 'fit'), { ...facade, logTargets })
        for (const x of [at(0, 0, 0), at(3, 1, 2), at(9, -9, 0)]) {
          const { mean: predicted, variance } = forest.predict(x)
          expect(predicted).toBeGreaterThanOrEqual(Math.min(...set.targets) - 1e-9)
          expect(predicted).toBeLessThanOrEqual(Math.max(...set.targets) + 1e-9)
          expect(variance).toBeGreaterThanOrEqual(1e-10)
        }
      }),
    )
  })

  it('is the same for the same stream, another for another, and predicts rows as points', () => {
    fc.assert(
      fc.property(points, (drawn) => {
        const set = setOf(drawn)
        const [one, again] = [1, 1].map((seed) => fitForest(set, Random.named(seed), facade))
        const rows = Float64Array.from([0, 1, 2, 3, 3, 3, 0, 0, 0])
        expect(one?.predictRows(rows, 3)).toEqual(again?.predictRows(rows, 3))
        for (const index of [0, 1, 2]) {
          const { means, variances } = one?.predictRows(rows, 3) ?? { means: [], variances: [] }
          expect(one?.predict(rows.slice(3 * index, 3 * index + 3))).toEqual({
            mean: means[index],
            variance: variances[index],
          })
        }
      }),
    )
    const xs = Array.from({ length: 30 }, (_, x) => x)
    const ys = xs.map((x) => Math.sin(x))
    const predictions = (seed: number) =>
      xs.map((x) => forestOf(xs, ys, facade, seed).predict(at(x)))
    expect(predictions(1)).not.toEqual(predictions(2))
  })

  it('is surer where it was shown something than elsewhere', () => {
    const random = Random.named(3, 'points')
    const shown = Array.from({ length: 60 }, () => random.uniform() * 0.5)
    const forest = forestOf(
      shown,
      shown.map((x) => Math.sin(20 * x)),
      { ...facade, treeCount: 50 },
    )
    const inside = mean(shown.map((x) => forest.predict(at(x)).variance))
    const between = mean(shown.map(() => forest.predict(at(random.uniform() * 0.5)).variance))
    expect(inside).toBeLessThan(between)
  })

  it('finds the features that matter among those that do not', () => {
    const random = Random.named(4, 'points')
    const inputs = Array.from({ length: 300 }, () =>
      Float64Array.from({ length: 6 }, () => random.int(5)),
    )
    const worth = (x: Float64Array) => (x[2] === 3 ? 1 : 0) + 0.2 * (x[4] as number)
    const targets = Float64Array.from(inputs, worth)
    const forest = fitForest({ inputs, targets }, Random.named(5, 'fit'), {
      ...facade,
      featureRatio: 5 / 6,
      minSplit: 3,
      minLeaf: 3,
    })
    const errors = Array.from({ length: 200 }, () => {
      const x = Float64Array.from({ length: 6 }, () => random.int(5))
      return (forest.predict(x).mean - worth(x)) ** 2
    })
    expect(mean(errors)).toBeLessThan(0.05)
  })

  it('refuses points without targets, and no points', () => {
    const none = { inputs: [], targets: new Float64Array(0) }
    expect(() => fitForest(none, Random.named(1), facade)).toThrow('needs at least one point')
    const uneven = { inputs: [at(1), at(1, 2)], targets: Float64Array.of(1, 2) }
    expect(() => fitForest(uneven, Random.named(1), facade)).toThrow('points of one length')
  })
})

describe('expected improvement', () => {
  it('is known', () => {
    expect(expectedImprovement(0, 0, 1)).toBeCloseTo(0.398942, 6)
    expect(expectedImprovement(0, -1, 0.25)).toBeCloseTo(1.004245, 6)
    expect(expectedImprovement(0.1, 0.2, 0.04)).toBeCloseTo(0.0395593, 7)
    expect(logExpectedImprovement(0, 0, 1)).toBeCloseTo(0.238422, 6)
    expect(logExpectedImprovement(-1, -0.5, 0.09)).toBeCloseTo(0.0019668, 7)
  })

  it('is never negative, falls with the mean, and is nothing for what is certain', () => {
    const number = fc.double({ min: -20, max: 20, noNaN: true })
    fc.assert(
      fc.property(number, number, fc.double({ min: 1e-6, max: 9, noNaN: true }), (eta, m, v) => {
        for (const improvement of [expectedImprovement, logExpectedImprovement]) {
          expect(improvement(eta, m, v)).toBeGreaterThanOrEqual(0)
          expect(improvement(eta, m + 0.1, v)).toBeLessThanOrEqual(improvement(eta, m, v))
          expect(improvement(eta, m, 0)).toBe(0)
        }
      }),
    )
  })
})
