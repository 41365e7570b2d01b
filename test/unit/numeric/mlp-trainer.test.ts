import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adamDefaults, createAdam } from '#src/numeric/adam.ts'
import { type Loss, meanAbsoluteError, meanSquaredError } from '#src/numeric/loss.ts'
import { createMlp, glorotMlp } from '#src/numeric/mlp.ts'
import { createMlpTrainer } from '#src/numeric/mlp-trainer.ts'
import { Random } from '#src/random/random.ts'

const adam = { learningRate: 0.01, firstDecay: 0.9, secondDecay: 0.99, epsilon: 1e-7 }
const trainer = createMlpTrainer()

interface Example {
  readonly sizes: readonly number[]
  readonly rowCount: number
  readonly seed: number
  readonly loss: Loss
}

function dataOf({ sizes, rowCount, seed }: Example) {
  const random = Random.named(seed, 'data')
  const inputs = Array.from({ length: rowCount }, () =>
    Float64Array.from({ length: sizes[0] ?? 0 }, () => random.uniform()),
  )
  return { inputs, targets: Float64Array.from(inputs, () => 2 + random.normal()) }
}

/** The same training in double precision, all rows a step: their order makes no difference. */
function trainPlainly(example: Example, weights: Float64Array, steps: number): void {
  const { sizes, rowCount, loss } = example
  const { inputs, targets } = dataOf(example)
  const net = createMlp({ sizes, activation: 'relu' }, weights, rowCount)
  const optimizer = createAdam(weights.length, { ...adamDefaults, ...adam })
  const batch = new Float64Array(rowCount * (sizes[0] ?? 0))
  for (const [row, input] of inputs.entries()) batch.set(input, row * input.length)
  const slopes = new Float64Array(rowCount)
  for (let step = 0; step < steps; step++) {
    loss(net.forward(batch, rowCount), targets, rowCount, slopes)
    net.gradient.fill(0)
    net.backward(slopes)
    optimizer.step(weights, net.gradient)
  }
}

describe('training in WebAssembly', () => {
  it('takes the steps that the plain nets take, of any shape', () => {
    fc.assert(
      fc.property(
        fc.record({
          sizes: fc
            .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
            .map((sizes) => [...sizes, 1]),
          rowCount: fc.integer({ min: 1, max: 32 }),
          seed: fc.nat(1_000_000),
          loss: fc.constantFrom(meanSquaredError, meanAbsoluteError),
        }),
        (example) => {
          const first = glorotMlp(example.sizes, Random.named(example.seed, 'weights'))
          const [expected, trained] = [first.slice(), first.slice()]
          trainPlainly(example, expected, 4)
          const training = { ...example, epochs: 4, batchSize: 32, adam }
          trainer.train(training, dataOf(example), trained, Random.named(1, 'order'))
          const worst = expected.reduce(
            (most, weight, index) => Math.max(most, Math.abs(weight - (trained[index] ?? 0))),
            0,
          )
          // Single precision: 1e-7 a sum. A slope near 0 can differ in sign: Adam's step is 0.01.
          return worst < 1e-4
        },
      ),
      { numRuns: 200, seed: 3 },
    )
  })

  it('is a pure function of weights, data and stream, whatever was trained between', () => {
    const example = { sizes: [12, 8, 8, 1], rowCount: 50, seed: 2, loss: meanAbsoluteError }
    const run = (stream: string) => {
      const weights = glorotMlp(example.sizes, Random.named(2, 'weights'))
      const training = { ...example, epochs: 20, batchSize: 16, adam }
      trainer.train(training, dataOf(example), weights, Random.named(2, stream))
      return weights
    }
    const once = run('one')
    const wide = { sizes: [400, 30, 1], rowCount: 40, seed: 9, loss: meanSquaredError }
    const training = { ...wide, epochs: 2, batchSize: 32, adam }
    trainer.train(training, dataOf(wide), glorotMlp(wide.sizes, Random.named(1)), Random.named(1))
    expect(run('one')).toEqual(once)
    expect(run('two')).not.toEqual(once)
  })

  it('leaves the weights of inputs that are always 0 as they are', () => {
    const example = { sizes: [5, 4, 1], rowCount: 20, seed: 4, loss: meanSquaredError }
    const { inputs, targets } = dataOf(example)
    for (const input of inputs) input[2] = 0
    const weights = glorotMlp(example.sizes, Random.named(4, 'weights'))
    const before = weights.slice()
    const training = { ...example, epochs: 10, batchSize: 32, adam }
    trainer.train(training, { inputs, targets }, weights, Random.named(1, 'order'))
    const unused = [0, 1, 2, 3].map((unit) => unit * 6 + 3)
    for (const [index, weight] of weights.entries()) {
      if (unused.includes(index)) expect(weight).toBe(before[index])
      else expect(weight).not.toBe(Math.fround(before[index] ?? 0))
    }
  })

  it('fits what it is shown', () => {
    const example = { sizes: [6, 20, 20, 20, 1], rowCount: 100, seed: 6, loss: meanSquaredError }
    const { inputs } = dataOf(example)
    const targets = Float64Array.from(inputs, (input) => 3 + (input[0] ?? 0) - 2 * (input[5] ?? 0))
    const weights = glorotMlp(example.sizes, Random.named(6, 'weights'))
    const training = { ...example, epochs: 300, batchSize: 32, adam }
    trainer.train(training, { inputs, targets }, weights, Random.named(6, 'order'))
    const net = createMlp({ sizes: example.sizes, activation: 'relu' }, weights, 1)
    const errors = inputs.map((input, row) => (net.forward(input, 1)[0] ?? 0) - (targets[row] ?? 0))
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / 100)).toBeLessThan(0.05)
  })

  it('refuses batches and outputs that it cannot hold', () => {
    const example = { sizes: [2, 1], rowCount: 3, seed: 1, loss: meanSquaredError }
    const training = { ...example, epochs: 1, batchSize: 33, adam }
    const weights = glorotMlp([2, 1], Random.named(1))
    const train = (changed: object) => () =>
      trainer.train({ ...training, ...changed }, dataOf(example), weights, Random.named(1))
    expect(train({})).toThrow('A batch holds up to 32 rows, not 33')
    expect(train({ batchSize: 1, sizes: [2, 2] })).toThrow('one output, not 2')
  })
})
