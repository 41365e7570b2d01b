import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Activation, activations } from '#src/numeric/activation.ts'
import { adamDefaults, createAdam } from '#src/numeric/adam.ts'
import {
  type Loss,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
} from '#src/numeric/loss.ts'
import { createMlp, glorotMlp, mlpSize } from '#src/numeric/mlp.ts'
import { Random } from '#src/random/random.ts'
import { gradientError } from '#test/fixtures/gradient-check.ts'

const losses: readonly (readonly [string, Loss])[] = [
  ['mae', meanAbsoluteError],
  ['mse', meanSquaredError],
  ['mape', meanAbsolutePercentageError(4.5)],
]

function normals(random: Random, length: number): Float64Array {
  return Float64Array.from({ length }, () => random.normal())
}

describe('losses', () => {
  it('are what their formulas say', () => {
    const gradient = new Float64Array(2)
    const [p, y] = [Float64Array.of(6, 8), Float64Array.of(5.5, 9.5)]
    expect(meanAbsoluteError(p, y, 2, gradient)).toBe(1)
    expect([...gradient]).toEqual([0.5, -0.5])
    expect(meanSquaredError(p, y, 2, gradient)).toBe((0.25 + 2.25) / 2)
    expect([...gradient]).toEqual([0.5, -1.5])
  })

  it('give the published value of the loss with a lower bound', () => {
    const loss = meanAbsolutePercentageError(4.5)
    expect(loss(Float64Array.of(6), Float64Array.of(5.5), 1, new Float64Array(1))).toBe(0.5)
  })

  it('have no slope where prediction and target are equal', () => {
    const gradient = new Float64Array(1)
    for (const [, loss] of losses) {
      expect(loss(Float64Array.of(7), Float64Array.of(7), 1, gradient)).toBe(0)
      expect(gradient[0]).toBe(0)
    }
  })

  it.each(losses)('have the slope of %s that finite differences have', (_name, loss) => {
    const random = Random.named(1, 'losses')
    const predicted = Float64Array.from({ length: 9 }, () => 5 + 4 * random.uniform())
    const targets = Float64Array.from({ length: 9 }, () => 5 + 4 * random.uniform())
    const gradient = new Float64Array(9)
    const ignored = new Float64Array(9)
    loss(predicted, targets, 9, gradient)
    const value = () => loss(predicted, targets, 9, ignored)
    expect(gradientError(predicted, gradient, value)).toBeLessThan(1e-5)
  })
})

describe('a multi-layer perceptron', () => {
  it('has the published number of weights: 4,621 for 40 inputs', () => {
    expect(mlpSize([40, ...Array<number>(10).fill(20), 1])).toBe(4621)
  })

  it('computes what its weights say', () => {
    // Two relu units: 1 + 2a - b and -3a + b; then 0.5 - unit 1 + 2 unit 2.
    const weights = Float64Array.of(1, 2, -1, 0, -3, 1, 0.5, -1, 2)
    const net = createMlp({ sizes: [2, 2, 1], activation: 'relu' }, weights, 2)
    expect([...net.forward(Float64Array.of(1, 1, 0, 4), 2)]).toEqual([0.5 - 2, 0.5 + 8])
  })

  it.each(
    activations.flatMap((activation) => losses.map(([name, loss]) => ({ activation, name, loss }))),
  )('has the gradient of $name behind $activation that finite differences have', (example) => {
    const { activation, loss } = example
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        fc.nat(1000),
        (hidden, seed) => {
          const random = Random.named(seed, 'net')
          const sizes = [3, ...hidden, 2]
          const weights = normals(random, mlpSize(sizes))
          const net = createMlp({ sizes, activation }, weights, 4)
          const inputs = normals(random, 12)
          const targets = Float64Array.from({ length: 8 }, () => 5 + random.uniform())
          const slopes = new Float64Array(8)
          const ignored = new Float64Array(8)
          const value = () => loss(net.forward(inputs, 4), targets, 8, ignored)
          loss(net.forward(inputs, 4), targets, 8, slopes)
          net.backward(slopes)
          expect(gradientError(weights, net.gradient.slice(), value)).toBeLessThan(1e-5)
        },
      ),
      // A kink within a step of 1e-6 would be a false alarm: with this seed there is none.
      { numRuns: 10, seed: 7 },
    )
  })

  it('adds gradients up, and does not mind rows beyond the batch', () => {
    const sizes = [2, 3, 1]
    const net = createMlp(
      { sizes, activation: 'tanh' },
      glorotMlp(sizes, Random.named(1, 'add')),
      3,
    )
    const inputs = Float64Array.of(1, 2, 3, 4, 5, 6)
    const both = () => net.gradient.slice()
    net.forward(inputs, 2)
    net.backward(Float64Array.of(1, 1))
    const first = both()
    net.forward(inputs.subarray(4), 1)
    net.backward(Float64Array.of(1))
    const sum = both()
    net.gradient.fill(0)
    net.forward(inputs, 3)
    net.backward(Float64Array.of(1, 1, 1))
    for (const [index, slope] of net.gradient.entries()) {
      expect(sum[index]).toBeCloseTo(slope, 12)
      expect(first[index]).not.toBe(Number.NaN)
    }
  })
})

describe('first weights', () => {
  it('stay within the bound of Glorot and Bengio, spread over all of it, biases of 0', () => {
    const weights = glorotMlp([30, 20], Random.named(3, 'glorot'))
    const bound = Math.sqrt(6 / 50)
    const biases = weights.filter((_, index) => index % 31 === 0)
    const others = weights.filter((_, index) => index % 31 !== 0)
    expect(biases.every((bias) => bias === 0)).toBe(true)
    expect(Math.max(...others)).toBeLessThan(bound)
    expect(Math.max(...others)).toBeGreaterThan(0.98 * bound)
    expect(Math.min(...others)).toBeLessThan(-0.98 * bound)
    const variance = others.reduce((sum, weight) => sum + weight ** 2, 0) / others.length
    // Of a uniform distribution: bound² / 3; its standard error is 0.036 of it for 600 draws.
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 0)
  })
})

describe('Adam', () => {
  it('moves every weight by the learning rate at first, whatever the slope', () => {
    const weights = Float64Array.of(1, 1, 1)
    createAdam(3, { ...adamDefaults, learningRate: 0.1 }).step(
      weights,
      Float64Array.of(5, -0.01, 0),
    )
    expect(weights[0]).toBeCloseTo(0.9, 8)
    expect(weights[1]).toBeCloseTo(1.1, 6)
    expect(weights[2]).toBe(1)
  })

  it('takes decay off with the gradient, or apart from it', () => {
    const step = (isDecoupled: boolean) => {
      const weights = Float64Array.of(2)
      const settings = { ...adamDefaults, learningRate: 0.1, weightDecay: 0.5, isDecoupled }
      createAdam(1, settings).step(weights, Float64Array.of(0))
      return weights[0]
    }
    // With the gradient: a slope of 1, so a step of the learning rate.
    expect(step(false)).toBeCloseTo(1.9, 8)
    expect(step(true)).toBeCloseTo(2 * (1 - 0.05), 12)
  })

  it.each<Activation>(['relu', 'tanh', 'sigmoid'])(
    'fits a small function with %s',
    (activation) => {
      const sizes = [1, 16, 16, 1]
      const net = createMlp({ sizes, activation }, glorotMlp(sizes, Random.named(5, 'fit')), 32)
      const inputs = Float64Array.from({ length: 32 }, (_, index) => index / 16 - 1)
      const targets = inputs.map((x) => Math.sin(3 * x))
      const slopes = new Float64Array(32)
      const adam = createAdam(net.weights.length, { ...adamDefaults, learningRate: 0.01 })
      let loss = Number.NaN
      for (let step = 0; step < 1500; step++) {
        loss = meanSquaredError(net.forward(inputs, 32), targets, 32, slopes)
        net.gradient.fill(0)
        net.backward(slopes)
        adam.step(net.weights, net.gradient)
      }
      expect(loss).toBeLessThan(0.005)
    },
  )
})
