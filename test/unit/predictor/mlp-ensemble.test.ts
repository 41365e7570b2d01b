import { describe, expect, it } from 'vitest'
import { meanAbsoluteError } from '#src/numeric/loss.ts'
import {
  bananasAdam,
  diverseMembers,
  mlpEnsemble,
  standardMembers,
} from '#src/predictor/mlp-ensemble.ts'
import { Random } from '#src/random/random.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { readAccuracies } from '#test/fixtures/nas-bench-101-accuracy.ts'
import { tableMissing } from '#test/fixtures/nas-bench-101-table.ts'
import { mean } from '#test/fixtures/statistics.ts'

const settings = {
  members: standardMembers,
  epochs: 150,
  batchSize: 32,
  loss: meanAbsoluteError,
  adam: bananasAdam,
}
const quick = { ...settings, members: [[8, 8], [8, 8], [4]], epochs: 30 }

function pointsOf(seed: number, count: number) {
  const random = Random.named(seed, 'points')
  const inputs = Array.from({ length: count }, () =>
    Float64Array.from({ length: 6 }, () => Number(random.bernoulli(0.4))),
  )
  return { inputs, targets: Float64Array.from(inputs, ([a = 0, b = 0]) => 6 + 2 * a - b) }
}

describe('an ensemble of nets', () => {
  it('has the published forms', () => {
    expect(standardMembers).toEqual(Array(5).fill(Array(10).fill(20)))
    expect(diverseMembers.map((hidden) => [hidden.length, hidden[0]])).toEqual([
      [10, 20],
      [5, 5],
      [5, 30],
      [30, 5],
      [30, 30],
    ])
  })

  it('has the mean and the variance of its members', () => {
    const fitted = mlpEnsemble(quick)(pointsOf(1, 30), Random.named(1))
    const input = Float64Array.of(1, 0, 1, 0, 1, 0)
    const members = [...fitted.members(input)]
    const { mean: center, variance } = fitted.predict(input)
    expect(members).toHaveLength(3)
    expect(new Set(members).size).toBe(3)
    expect(center).toBeCloseTo(mean(members), 12)
    expect(variance).toBeCloseTo(mean(members.map((one) => (one - center) ** 2)), 12)
  })

  it('is a pure function of points and stream', () => {
    const input = Float64Array.of(1, 1, 1, 0, 0, 0)
    const train = mlpEnsemble(quick)
    const once = train(pointsOf(1, 30), Random.named(1)).predict(input)
    const other = train(pointsOf(2, 40), Random.named(1)).predict(input)
    expect(train(pointsOf(1, 30), Random.named(1)).predict(input)).toEqual(once)
    expect(mlpEnsemble(quick)(pointsOf(1, 30), Random.named(1)).predict(input)).toEqual(once)
    expect(other).not.toEqual(once)
    expect(train(pointsOf(1, 30), Random.named(2)).predict(input)).not.toEqual(once)
  })

  it('does not change when others are fitted after it', () => {
    const train = mlpEnsemble(quick)
    const input = Float64Array.of(0, 1, 1, 0, 0, 0)
    const fitted = train(pointsOf(1, 30), Random.named(1))
    const before = fitted.predict(input)
    train(pointsOf(3, 30), Random.named(3))
    expect(fitted.predict(input)).toEqual(before)
  })

  it('learns what the points have in common', () => {
    const fitted = mlpEnsemble(settings)(pointsOf(4, 140), Random.named(4))
    const { inputs, targets } = pointsOf(5, 200)
    const errors = inputs.map((input, row) =>
      Math.abs(fitted.predict(input).mean - (targets[row] ?? Number.NaN)),
    )
    expect(mean(errors)).toBeLessThan(0.4)
  })

  it('refuses points that do not belong together', () => {
    const train = mlpEnsemble(quick)
    const { inputs, targets } = pointsOf(1, 3)
    const refused = (points: Parameters<typeof train>[0]) => () => train(points, Random.named(1))
    expect(refused({ inputs: [], targets: Float64Array.of() })).toThrow('not to 0 with 0')
    expect(refused({ inputs, targets: targets.slice(1) })).toThrow('not to 3 with 2')
    expect(refused({ inputs: [...inputs.slice(1), Float64Array.of(1)], targets })).toThrow(
      'Points have 6 numbers as the first has, not 1',
    )
  })
})

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-101 (${tableMissing ?? 'table present'})`,
  () => {
    it('predicts within 1% after 200 points, as published', () => {
      const space = nasBench101(NasBench101Settings.parse({}))
      const accuracyOf = readAccuracies()
      const draw = (seed: string, count: number) => {
        const random = Random.named(seed)
        const cells = Array.from({ length: count }, () => space.sample(random))
        return {
          inputs: cells.map((cell) =>
            Float64Array.from(space.encodings.path?.encode(cell).slice(0, 40) ?? []),
          ),
          targets: Float64Array.from(
            cells,
            (cell) => 100 * (1 - accuracyOf(space.canonical(cell))),
          ),
        }
      }
      const fitted = mlpEnsemble(settings)(draw('train', 200), Random.named('fit'))
      const { inputs, targets } = draw('test', 400)
      const errors = inputs.map((input, row) =>
        Math.abs(fitted.predict(input).mean - (targets[row] ?? Number.NaN)),
      )
      expect(mean(errors)).toBeLessThan(1)
      // The mean of all points alone is off by 2%.
      const center = mean([...targets])
      expect(mean([...targets].map((target) => Math.abs(target - center)))).toBeGreaterThan(1.5)
    })
  },
)
