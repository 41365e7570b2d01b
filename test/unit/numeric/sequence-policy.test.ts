import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLstm, lstmSize } from '#src/numeric/lstm.ts'
import {
  createSequencePolicy,
  type SequencePolicy,
  type SequencePolicyShape,
  sequencePolicySize,
  uniformPolicy,
} from '#src/numeric/sequence-policy.ts'
import { addEntropyGradient, crossEntropy, entropy, softmax } from '#src/numeric/softmax.ts'
import { Random } from '#src/random/random.ts'
import { gradientError } from '#test/fixtures/gradient-check.ts'

function normals(random: Random, length: number): Float64Array {
  return Float64Array.from({ length }, () => random.normal())
}

describe('softmax', () => {
  it('is the share of each exponential, however large, and 0 where masked', () => {
    const shares = new Float64Array(3)
    softmax(Float64Array.of(Math.log(1), Math.log(2), Math.log(5)), shares)
    expect(shares[0]).toBeCloseTo(0.125, 15)
    expect(shares[2]).toBeCloseTo(0.625, 15)
    softmax(Float64Array.of(1000, 1000, Number.NEGATIVE_INFINITY), shares)
    expect([...shares]).toEqual([0.5, 0.5, 0])
  })

  it('has an entropy of log k where all are equal, and of 0 where one is certain', () => {
    expect(entropy(Float64Array.of(0.25, 0.25, 0.25, 0.25))).toBeCloseTo(Math.log(4), 15)
    expect(entropy(Float64Array.of(0, 1, 0))).toBe(0)
  })

  it('has the gradients that finite differences have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(1000), (size, seed) => {
        const random = Random.named(seed, 'softmax')
        const logits = normals(random, size)
        const target = random.int(size)
        const gradient = new Float64Array(size)
        const ignored = new Float64Array(size)
        crossEntropy(logits, target, gradient)
        const loss = () => crossEntropy(logits, target, ignored)
        expect(gradientError(logits, gradient, loss)).toBeLessThan(1e-5)
        const shares = new Float64Array(size)
        softmax(logits, shares)
        const slopes = new Float64Array(size)
        addEntropyGradient(shares, 2, slopes)
        const value = () => {
          softmax(logits, ignored)
          return 2 * entropy(ignored)
        }
        expect(gradientError(logits, slopes, value)).toBeLessThan(1e-5)
      }),
      { numRuns: 30, seed: 5 },
    )
  })
})

describe('a layer of long short-term memory', () => {
  it('computes what its gates say', () => {
    // One unit, no recurrence: i = sigmoid(0) = f = o = 1/2, g = tanh(x).
    const weights = new Float64Array(lstmSize({ inputs: 1, hidden: 1 }))
    weights[7] = 1
    const lstm = createLstm({ inputs: 1, hidden: 1 }, weights, weights.slice(), 2)
    const first = lstm.forward(0, Float64Array.of(0.7))[0] ?? 0
    expect(first).toBeCloseTo(0.5 * Math.tanh(0.5 * Math.tanh(0.7)), 15)
    const cell = 0.5 * 0.5 * Math.tanh(0.7) + 0.5 * Math.tanh(-1)
    expect(lstm.forward(1, Float64Array.of(-1))[0]).toBeCloseTo(0.5 * Math.tanh(cell), 15)
  })

  it('has the gradient through time that finite differences have', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(1000),
        (inputs, hidden, length, seed) => {
          const random = Random.named(seed, 'lstm')
          const size = lstmSize({ inputs, hidden })
          const [weights, gradient] = [normals(random, size), new Float64Array(size)]
          const lstm = createLstm({ inputs, hidden }, weights, gradient, length)
          const x = normals(random, length * inputs)
          const wanted = Array.from({ length }, () => normals(random, hidden))
          const input = (step: number) => x.subarray(step * inputs, (step + 1) * inputs)
          const value = () =>
            wanted.reduce((sum, weight, step) => {
              const h = lstm.forward(step, input(step))
              return sum + weight.reduce((part, one, unit) => part + one * (h[unit] ?? 0), 0)
            }, 0)
          value()
          lstm.beginBackward()
          const dx = new Float64Array(length * inputs)
          for (let step = length - 1; step >= 0; step--) {
            lstm.backward(
              step,
              wanted[step] as Float64Array,
              dx.subarray(step * inputs, (step + 1) * inputs),
            )
          }
          lstm.addGradient(length)
          expect(gradientError(weights, gradient.slice(), value)).toBeLessThan(1e-5)
          expect(gradientError(x, dx, value)).toBeLessThan(1e-5)
        },
      ),
      { numRuns: 40, seed: 11 },
    )
  })
})

describe('a policy over sequences', () => {
  const shape: SequencePolicyShape = { choiceCounts: [3, 2, 4], hidden: 5, layers: 2 }
  const policyOf = (seed: number, own = shape, limit = 0.8): SequencePolicy =>
    createSequencePolicy(own, uniformPolicy(own, limit, Random.named(seed, 'policy')))

  it('is a distribution over all sequences', () => {
    const policy = policyOf(1)
    let total = 0
    for (let index = 0; index < 24; index++) {
      const choices = Int32Array.of(index % 3, Math.floor(index / 3) % 2, Math.floor(index / 6))
      total += Math.exp(policy.follow(choices))
    }
    expect(total).toBeCloseTo(1, 12)
  })

  it.each([1, 2, 3])('has the gradient of log-probability and entropy, %i layers', (layers) => {
    const own = { ...shape, layers }
    fc.assert(
      fc.property(fc.nat(1000), fc.boolean(), (seed, skips) => {
        const policy = policyOf(seed, own)
        const choices = Int32Array.of(seed % 3, skips ? -1 : seed % 2, seed % 4)
        const entropies = () => {
          policy.begin()
          let sum = 0
          for (const [position, choice] of choices.entries()) {
            if (choice < 0) continue
            sum += entropy(policy.step(position))
            policy.take(choice)
          }
          return sum
        }
        const value = () => -0.7 * policy.follow(choices) + 0.3 * entropies()
        policy.follow(choices)
        policy.backward(-0.7, 0.3)
        expect(gradientError(policy.weights, policy.gradient.slice(), value)).toBeLessThan(1e-5)
      }),
      { numRuns: 8, seed: 2 },
    )
  })

  it('gives the same numbers stepwise and as a whole', () => {
    const policy = policyOf(3)
    const choices = Int32Array.of(2, -1, 3)
    const whole = policy.follow(choices)
    policy.begin()
    let sum = Math.log(policy.step(0)[2] ?? 0)
    policy.take(2)
    sum += Math.log(policy.step(2)[3] ?? 0)
    expect(sum).toBe(whole)
  })

  it('has the size that its parts add up to', () => {
    // Embeddings (1 + 9) 5, two layers of 20 (1 + 5 + 5), heads 9 (1 + 5).
    expect(sequencePolicySize(shape)).toBe(50 + 440 + 54)
    expect(sequencePolicySize({ choiceCounts: [2], hidden: 35, layers: 2 })).toBe(
      105 + 2 * 140 * 71 + 72,
    )
  })

  it('is near uniform with small weights', () => {
    const policy = policyOf(4, shape, 0.08)
    policy.begin()
    for (const share of policy.step(2)) expect(share).toBeCloseTo(0.25, 1)
  })
})
