import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPolicyBatch } from '#src/numeric/policy-batch.ts'
import { createSequencePolicy, uniformPolicy } from '#src/numeric/sequence-policy.ts'
import { Random } from '#src/random/random.ts'

const shapes = fc.record({
  choiceCounts: fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 1, maxLength: 6 }),
  hidden: fc.integer({ min: 1, max: 9 }),
  layers: fc.integer({ min: 1, max: 3 }),
})

function sequencesOf(choiceCounts: readonly number[], count: number, random: Random): Int32Array[] {
  return Array.from({ length: count }, () =>
    Int32Array.from(choiceCounts, (choices) => (random.bernoulli(0.25) ? -1 : random.int(choices))),
  )
}

describe('a batch of sequences', () => {
  it('has the log-probabilities and the gradient of one sequence after the other', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 32 }), fc.nat(1e6), (shape, count, seed) => {
        const random = Random.named(seed, 'batch')
        const policy = createSequencePolicy(shape, uniformPolicy(shape, 0.7, random))
        const sequences = sequencesOf(shape.choiceCounts, count, random)
        const scales = Float64Array.from(sequences, () => random.normal())
        const entropyScale = random.bernoulli(0.5) ? 0 : 0.3
        const gradient = new Float64Array(policy.weights.length)
        const batch = createPolicyBatch(shape)
        const logs = batch.follow(policy.weights, sequences).slice()
        batch.backward(scales, entropyScale, gradient)
        for (const [index, sequence] of sequences.entries()) {
          expect(logs[index]).toBeCloseTo(policy.follow(sequence), 4)
          policy.backward(scales[index] ?? 0, entropyScale)
        }
        const largest = policy.gradient.reduce(
          (most, slope) => Math.max(most, Math.abs(slope)),
          0.01,
        )
        for (const [index, slope] of policy.gradient.entries()) {
          expect(Math.abs((gradient[index] ?? 0) - slope) / largest).toBeLessThan(1e-4)
        }
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  it('knows nothing of the batch before', () => {
    const shape = { choiceCounts: [3, 4, 2], hidden: 6, layers: 2 }
    const random = Random.named(1, 'before')
    const weights = uniformPolicy(shape, 0.5, random)
    const sequences = sequencesOf(shape.choiceCounts, 5, random)
    const answer = (batch: ReturnType<typeof createPolicyBatch>) => {
      const gradient = new Float64Array(weights.length)
      const logs = batch.follow(weights, sequences).slice()
      batch.backward(Float64Array.of(1, 2, 3, 4, 5), 0.1, gradient)
      return { logs, gradient }
    }
    const used = createPolicyBatch(shape)
    used.follow(uniformPolicy(shape, 2, random), sequencesOf(shape.choiceCounts, 32, random))
    used.backward(new Float64Array(32).fill(3), 1, new Float64Array(weights.length))
    expect(answer(used)).toEqual(answer(createPolicyBatch(shape)))
  })

  it('adds to the gradient that it is handed', () => {
    const shape = { choiceCounts: [2, 2], hidden: 3, layers: 1 }
    const weights = uniformPolicy(shape, 0.5, Random.named(2))
    const batch = createPolicyBatch(shape)
    const once = new Float64Array(weights.length)
    batch.follow(weights, [Int32Array.of(1, 0)])
    batch.backward(Float64Array.of(1), 0, once)
    const more = new Float64Array(weights.length).fill(5)
    batch.follow(weights, [Int32Array.of(1, 0)])
    batch.backward(Float64Array.of(1), 0, more)
    for (const [index, slope] of more.entries()) expect(slope).toBe(5 + (once[index] ?? 0))
  })

  it('refuses more than it can hold', () => {
    const shape = { choiceCounts: [2], hidden: 1, layers: 1 }
    const weights = uniformPolicy(shape, 0.5, Random.named(2))
    const many = Array.from({ length: 33 }, () => Int32Array.of(0))
    expect(() => createPolicyBatch(shape).follow(weights, many)).toThrow('up to 32 sequences')
  })
})
