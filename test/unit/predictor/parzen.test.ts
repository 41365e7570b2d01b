import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalCdf, normalPdf } from '#src/numeric/normal.ts'
import {
  ageWeights,
  fitParzen,
  type ParzenEstimator,
  type ParzenRules,
} from '#src/predictor/parzen.ts'
import { type BandwidthRule, bandwidths } from '#src/predictor/parzen-bandwidth.ts'
import {
  type NumericDimension,
  type ParzenDimension,
  toScale,
} from '#src/predictor/parzen-dimension.ts'
import type { ObservedColumn } from '#src/predictor/parzen-kernel.ts'
import { Random } from '#src/random/random.ts'
import { chiSquare, chiSquareLimit } from '#test/fixtures/statistics.ts'

const optuna: ParzenRules = {
  priorWeight: 1,
  bandwidth: 'observations',
  truncation: 'component',
  categorical: 'rows',
}
const hyperopt: ParzenRules = {
  priorWeight: 1,
  bandwidth: 'with-prior',
  truncation: 'mixture',
  categorical: 'counts',
}
const unit: NumericDimension = { kind: 'numeric', low: 0, high: 1, log: false, isInteger: false }
const three: ParzenDimension = { kind: 'categorical', prior: [1 / 3, 1 / 3, 1 / 3] }

function column(values: readonly number[], dimension?: ParzenDimension): ObservedColumn {
  const order = Int32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const onScale = (value: number) =>
    dimension?.kind === 'numeric' ? toScale(dimension, value) : value
  return { values: Float64Array.from(values, onScale), order }
}

/** An estimator from columns of observations, all of weight 1, the prior, too. */
function estimate(
  dimensions: readonly ParzenDimension[],
  columns: readonly (readonly number[])[],
  rules: ParzenRules,
): ParzenEstimator {
  const rows = Int32Array.from(columns[0]?.keys() ?? [])
  const weights = new Float64Array(rows.length + 1).fill(1)
  const observed = columns.map((values, place) => column(values, dimensions[place]))
  return fitParzen({ dimensions, columns: observed, rows, weights }, rules)
}

const density = (estimator: ParzenEstimator, ...point: number[]) =>
  Math.exp(estimator.logDensity(Float64Array.from(point)))

describe('age weights', () => {
  it('rise evenly from 1 / n among all but the newest 25, and the prior has its own', () => {
    const thirty = ageWeights(30, 3)
    expect([...thirty.subarray(0, 5)].map((weight) => Number(weight.toFixed(6)))).toEqual([
      0.033333, 0.275, 0.516667, 0.758333, 1,
    ])
    expect([...thirty.subarray(5, 30)]).toEqual(Array(25).fill(1))
    expect([...thirty.subarray(30)]).toEqual([3])
    expect(ageWeights(26, 1)[0]).toBeCloseTo(0.038462, 6)
    expect([...ageWeights(26, 1).subarray(1)]).toEqual(Array(26).fill(1))
    expect([...ageWeights(25, 1)]).toEqual(Array(26).fill(1))
    expect([...ageWeights(0, 2)]).toEqual([2])
  })
})

describe('bandwidths', () => {
  const widths = (rule: BandwidthRule, ...sorted: number[]) =>
    [
      ...bandwidths({
        rule,
        sorted: Float64Array.from(sorted),
        low: 0,
        high: 1,
        dimensionCount: 1,
      }),
    ].map((width) => Number(width.toFixed(9)))

  it('are the published ones', () => {
    expect(widths('observations', 0.2, 0.5, 0.9)).toEqual([0.3, 0.4, 0.4])
    expect(widths('with-prior', 0.2, 0.5, 0.9)).toEqual([0.3, 0.4, 0.4])
  })

  it('tell the versions apart where the prior lies in a gap', () => {
    expect(widths('with-prior', 0.1, 0.9)).toEqual([0.4, 0.4])
    expect(widths('observations', 0.1, 0.9)).toEqual([0.8, 0.8])
  })

  it('of one observation are half the range, or reach to the farther end', () => {
    expect(widths('with-prior', 0.2)).toEqual([0.5])
    expect(widths('observations', 0.2)).toEqual([0.8])
  })

  it('of equal observations are the smallest there are, never 0', () => {
    expect(widths('observations', 0.5, 0.5, 0.5)).toEqual([0.2, 0.2, 0.2])
    const many = widths('with-prior', ...Array<number>(200).fill(0.7))
    expect(many.at(-1)).toBe(0.01)
  })

  it('follow the rule of Scott where it is asked for', () => {
    expect(widths('scott', 0.2, 0.8)[0]).toBeCloseTo(Math.max(0.2 * 2 ** -0.2, 0.25), 9)
  })
})

describe('a numeric density', () => {
  const good = estimate([unit], [[0.2, 0.25]], optuna)
  const bad = estimate([unit], [[0.5, 0.9, 0.7]], optuna)

  it.each([
    [0.2, 1.628196, 0.437992, 1.313028],
    [0.5, 1.060158, 1.187207, -0.113186],
    [0.8, 0.426223, 1.521088, -1.272218],
  ])('is known at %d', (x, l, g, logRatio) => {
    expect(density(good, x)).toBeCloseTo(l, 6)
    expect(density(bad, x)).toBeCloseTo(g, 6)
    const point = Float64Array.of(x)
    expect(good.logDensity(point) - bad.logDensity(point)).toBeCloseTo(logRatio, 6)
  })

  it('has the same bandwidths and, with each kernel cut off by itself, density by either rule', () => {
    const other = estimate([unit], [[0.2, 0.25]], { ...hyperopt, truncation: 'component' })
    expect(density(other, 0.2)).toBeCloseTo(1.628196, 6)
  })

  it('cuts the mixture off as a whole by the rules of hyperopt', () => {
    // hyperopt 0.3.0: adaptive_parzen_normal([0.05, 0.9, 0.7], 1, 0.5, 1), GMM1_lpdf on [0, 1].
    const estimator = estimate([unit], [[0.05, 0.9, 0.7]], hyperopt)
    expect(density(estimator, 0.1)).toBeCloseTo(0.50200537, 7)
    expect(density(estimator, 0.8)).toBeCloseTo(1.62698429, 7)
  })

  const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
  const rules = fc.constantFrom(optuna, hyperopt)

  it('integrates to 1', () => {
    fc.assert(
      fc.property(values, rules, (observed, rule) => {
        const estimator = estimate([unit], [observed], rule)
        const steps = 4000
        let sum = 0
        for (let i = 0; i < steps; i++) sum += density(estimator, (i + 0.5) / steps) / steps
        expect(sum).toBeCloseTo(1, 3)
      }),
      { numRuns: 40 },
    )
  })

  it('of a logarithmic dimension is that of a linear one between the logarithms', () => {
    const log: NumericDimension = { ...unit, low: 1e-3, high: 10, log: true }
    const linear: NumericDimension = { ...unit, low: Math.log(1e-3), high: Math.log(10) }
    fc.assert(
      fc.property(values, rules, (shares, rule) => {
        const logs = shares.map((share) => linear.low + share * (linear.high - linear.low))
        const one = estimate([log], [logs.map(Math.exp)], rule)
        const other = estimate([linear], [logs], rule)
        for (const x of [-6, -1, 0, 2]) {
          expect(density(one, Math.exp(x))).toBeCloseTo(density(other, x), 6)
        }
      }),
    )
  })

  it('of integers is the mass of a bin, and the masses sum to 1', () => {
    const linear: NumericDimension = { ...unit, low: 1, high: 9, isInteger: true }
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }),
        rules,
        fc.boolean(),
        (observed, rule, log) => {
          const estimator = estimate([{ ...linear, log }], [observed], rule)
          let sum = 0
          for (let value = 1; value <= 9; value++) sum += density(estimator, value)
          expect(sum).toBeCloseTo(1, 9)
        },
      ),
    )
  })

  it.each([
    ['floats', { ...unit, low: 2, high: 5 }, [2.1, 2.2, 4.9]],
    ['integers', { ...unit, low: 2, high: 5, isInteger: true }, [2, 2, 5]],
    ['logarithms', { ...unit, low: 1, high: 1000, log: true }, [1, 30, 31]],
  ] as const)('is what %s are drawn from', (_, dimension, observed) => {
    const estimator = estimate([dimension], [observed], hyperopt)
    const random = Random.named(1, 'draws')
    const bins = dimension.isInteger ? 4 : 10
    const scaled = (x: number) => (dimension.log ? Math.log(x) : x)
    const width = (scaled(dimension.high) - scaled(dimension.low)) / bins
    const counts = Array<number>(bins).fill(0)
    const draws = 20_000
    for (let draw = 0; draw < draws; draw++) {
      const x = estimator.sample(random)[0] ?? Number.NaN
      expect(x).toBeGreaterThanOrEqual(dimension.low)
      expect(x).toBeLessThanOrEqual(dimension.high)
      const place = dimension.isInteger
        ? x - dimension.low
        : Math.min(Math.floor((scaled(x) - scaled(dimension.low)) / width), bins - 1)
      counts[place] = (counts[place] ?? Number.NaN) + 1
    }
    const expected = counts.map((_count, place) => {
      if (dimension.isInteger) return draws * density(estimator, dimension.low + place)
      const parts = 200
      let mass = 0
      for (let part = 0; part < parts; part++) {
        const at = scaled(dimension.low) + width * (place + (part + 0.5) / parts)
        mass += (density(estimator, dimension.log ? Math.exp(at) : at) * width) / parts
      }
      return draws * mass
    })
    expect(chiSquare(counts, expected)).toBeLessThan(chiSquareLimit(bins - 1))
  })
})

describe('a categorical density', () => {
  it('is known for rows and for counts', () => {
    const rows = estimate([three], [[0, 0, 1]], optuna)
    const counts = estimate([three], [[0, 0, 1]], hyperopt)
    expect([0, 1, 2].map((value) => Number(density(rows, value).toFixed(6)))).toEqual([
      0.47619, 0.333333, 0.190476,
    ])
    expect([0, 1, 2].map((value) => Number(density(counts, value).toFixed(6)))).toEqual([
      0.5, 0.333333, 0.166667,
    ])
  })

  it('without observations is the prior', () => {
    const weighted: ParzenDimension = { kind: 'categorical', prior: [0.7, 0.2, 0.1] }
    for (const rules of [optuna, hyperopt]) {
      const estimator = estimate([weighted], [[]], rules)
      expect([0, 1, 2].map((value) => Number(density(estimator, value).toFixed(9)))).toEqual([
        0.7, 0.2, 0.1,
      ])
    }
  })

  it('is what is drawn from', () => {
    for (const rules of [optuna, hyperopt]) {
      const estimator = estimate([three], [[0, 2, 2, 2]], rules)
      const random = Random.named(2, 'draws')
      const counts = [0, 0, 0]
      for (let draw = 0; draw < 20_000; draw++) {
        const value = estimator.sample(random)[0] ?? Number.NaN
        counts[value] = (counts[value] ?? Number.NaN) + 1
      }
      const expected = [0, 1, 2].map((value) => 20_000 * density(estimator, value))
      expect(chiSquare(counts, expected)).toBeLessThan(chiSquareLimit(2))
    }
  })
})

describe('a joint density', () => {
  const pair = [unit, three]

  it('is a mixture of products: it sums and integrates to 1, and sees what goes together', () => {
    const estimator = estimate(
      pair,
      [
        [0.1, 0.15, 0.85, 0.9],
        [0, 0, 2, 2],
      ],
      optuna,
    )
    let sum = 0
    for (let i = 0; i < 2000; i++) {
      for (const value of [0, 1, 2]) sum += density(estimator, (i + 0.5) / 2000, value) / 2000
    }
    expect(sum).toBeCloseTo(1, 4)
    expect(density(estimator, 0.1, 0)).toBeGreaterThan(2 * density(estimator, 0.1, 2))
    expect(density(estimator, 0.9, 2)).toBeGreaterThan(2 * density(estimator, 0.9, 0))
  })

  it('without observations is the product of the priors', () => {
    const estimator = estimate(pair, [[], []], optuna)
    const alone = estimate([unit], [[]], optuna)
    expect(density(estimator, 0.3, 1)).toBeCloseTo(density(alone, 0.3) / 3, 12)
  })

  it('of many dimensions neither overflows nor vanishes', () => {
    const many = Array.from({ length: 400 }, () => three)
    const observed = many.map(() => Array.from({ length: 30 }, (_, trial) => trial % 3))
    const estimator = estimate(many, observed, optuna)
    const logDensity = estimator.logDensity(Float64Array.from(many, () => 1))
    expect(logDensity).toBeGreaterThan(400 * Math.log(1 / 3))
    expect(logDensity).toBeLessThan(0)
  })

  it('draws members of one component together', () => {
    const estimator = estimate(pair, [Array(50).fill(0.02), Array(50).fill(2)], optuna)
    const random = Random.named(3, 'draws')
    const draws = Array.from({ length: 300 }, () => estimator.sample(random))
    const together = draws.filter(([x = 1, value]) => x < 0.1 && value === 2)
    expect(together.length).toBeGreaterThan(270)
  })

  const rate: NumericDimension = { ...unit, low: 1e-5, high: 1, log: true }
  const width: NumericDimension = { ...unit, low: 16, high: 512, log: true, isInteger: true }
  const depth: NumericDimension = { ...unit, low: 1, high: 8, isInteger: true }
  const dimensions = [rate, width, three, depth]

  /** Observations in clusters, so that kernels are narrow here and wide there. */
  function observations(count: number, seed: number): readonly (readonly number[])[] {
    const random = Random.named(seed, 'observations')
    const rows = Array.from({ length: count }, () => {
      const spread = random.bernoulli(0.8) ? 0.03 : 1
      return [
        10 ** (-3 + 2 * spread * (random.uniform() - 0.5)),
        Math.round(16 * 32 ** (0.5 + spread * (random.uniform() - 0.5))),
        random.int(3),
        Math.round(4.5 + 7 * spread * (random.uniform() - 0.5)),
      ]
    })
    return dimensions.map((_, place) => rows.map((row) => row[place] ?? Number.NaN))
  }

  it.each([3, 40, 600])('is the sum over all %d observations and the prior', (count) => {
    const columns = observations(count, 1)
    const estimator = estimate(dimensions, columns, optuna)
    const points = observations(30, 2)
    for (let i = 0; i < 30; i++) {
      const point = points.map((column) => column[i] ?? Number.NaN)
      const expected = plainDensity(dimensions, columns, point)
      expect(density(estimator, ...point) / expected).toBeCloseTo(1, 8)
    }
  })

  it('says of a density that is more than enough no less than that', () => {
    const estimator = estimate(dimensions, observations(600, 1), optuna)
    const points = observations(30, 2)
    for (let i = 0; i < 30; i++) {
      const point = Float64Array.from(points, (column) => column[i] ?? Number.NaN)
      const exact = estimator.logDensity(point)
      expect(estimator.logDensity(point, exact + 0.01)).toBe(exact)
      expect(estimator.logDensity(point, exact - 0.01)).toBeGreaterThan(exact - 0.01)
    }
  })
})

/** The same from the definition: every kernel, every dimension, every shape of the range's end. */
function plainDensity(
  dimensions: readonly ParzenDimension[],
  columns: readonly (readonly number[])[],
  point: readonly number[],
): number {
  const count = columns[0]?.length ?? 0
  const kernels = dimensions.map((dimension, place) => {
    const observed = columns[place] ?? []
    const x = point[place] ?? Number.NaN
    if (dimension.kind === 'categorical') {
      const share = dimension.prior.length / (count + 1)
      return [...observed.map((value) => (share / 3 + Number(value === x)) / (share + 1)), 1 / 3]
    }
    const half = dimension.isInteger ? 0.5 : 0
    const scale = (value: number) => (dimension.log ? Math.log(value) : value)
    const [low, high] = [scale(dimension.low - half), scale(dimension.high + half)]
    const means = observed.map(scale)
    const order = [...means.keys()].sort((a, b) => (means[a] ?? 0) - (means[b] ?? 0))
    const sorted = Float64Array.from(order, (position) => means[position] ?? Number.NaN)
    const widths = bandwidths({
      rule: 'observations',
      sorted,
      low,
      high,
      dimensionCount: dimensions.length,
    })
    const deviations: number[] = []
    for (const [rank, position] of order.entries()) deviations[position] = widths[rank] ?? NaN
    return [...means, (low + high) / 2].map((mean, kernel) => {
      const deviation = kernel < count ? (deviations[kernel] ?? Number.NaN) : high - low
      const cdf = (value: number) => normalCdf((value - mean) / deviation)
      const mass = cdf(high) - cdf(low)
      if (dimension.isInteger) return (cdf(scale(x + 0.5)) - cdf(scale(x - 0.5))) / mass
      return normalPdf((scale(x) - mean) / deviation) / deviation / mass
    })
  })
  let sum = 0
  for (let kernel = 0; kernel <= count; kernel++) {
    sum += kernels.reduce((product, densities) => product * (densities[kernel] ?? Number.NaN), 1)
  }
  return sum / (count + 1)
}
