import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import { decisionSequence } from '#src/optimizer/decision-sequence.ts'
import { categoricalPolicy, ReinforceSettings, reinforce } from '#src/optimizer/reinforce.ts'
import { rewardBaseline } from '#src/optimizer/reward-baseline.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { observe } from '#test/fixtures/observe.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { chiSquareLimit, chiSquareUniform } from '#test/fixtures/statistics.ts'

const cells = nasBench201({ cellsPerStage: 1, channels: 4 })
const settingsOf = (settings: unknown) => ReinforceSettings.parse(settings)
const sgd = settingsOf({})
const decision = (size: number) => ({
  name: 'one',
  values: Array.from({ length: size }, (_, index) => index),
  weights: null,
})

describe('the baseline', () => {
  it('is the published one: 0.9, 0.9210526, 0.9206642', () => {
    const baseline = rewardBaseline(0.9, 'update-first')
    const advantages = [0.9, 0.94, 0.92].map((reward) => baseline.advantage(reward))
    expect(advantages[0]).toBeCloseTo(0, 15)
    expect(advantages[1]).toBeCloseTo(0.0189474, 7)
    expect(advantages[2]).toBeCloseTo(-0.0006642, 7)
  })

  it('holds earlier rewards only when the advantage comes first', () => {
    const baseline = rewardBaseline(0.9, 'advantage-first')
    expect([0.9, 0.94, 0.92].map((reward) => baseline.advantage(reward))).toEqual([
      0,
      expect.closeTo(0.04, 12),
      expect.closeTo(0.92 - 0.9210526, 7),
    ])
  })

  it('is a mean of what it was told, so equal rewards have no advantage', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(50), (reward, count) => {
        const baseline = rewardBaseline(0.8, 'update-first')
        for (let index = 0; index < count; index++) baseline.advantage(reward)
        expect(baseline.advantage(reward)).toBeCloseTo(0, 12)
      }),
    )
  })
})

describe('the update', () => {
  it('gives the published logits', () => {
    const policy = categoricalPolicy([decision(3)], sgd)
    const baseline = rewardBaseline(0.9, 'update-first')
    policy.reinforce(Int32Array.of(0), baseline.advantage(0.9))
    policy.reinforce(Int32Array.of(1), baseline.advantage(0.94))
    const shares = policy.probabilities(0)
    expect(shares[0]).toBeCloseTo(0.333123, 6)
    expect(shares[1]).toBeCloseTo(0.333755, 6)
    expect(shares[2]).toBeCloseTo(0.333123, 6)
    // Differences of logits are logarithms of ratios: 0.00126316 + 0.00063158.
    expect(Math.log((shares[1] ?? 0) / (shares[0] ?? 0))).toBeCloseTo(0.00189474, 7)
  })

  it('follows the gradient of log-probability, as finite differences have it', () => {
    const policy = categoricalPolicy([decision(4)], settingsOf({ learningRate: 1e-6 }))
    policy.reinforce(Int32Array.of(2), 1e6)
    const before = policy.probabilities(0).map(Math.log)
    policy.reinforce(Int32Array.of(1), 1)
    const after = policy.probabilities(0).map(Math.log)
    const shares = before.map(Math.exp)
    // A step of size h along g = e_1 - p changes log p_j by h (g_j - Σ p g), to first order.
    const gradient = shares.map((share, index) => (index === 1 ? 1 : 0) - share)
    const center = gradient.reduce((sum, value, index) => sum + value * (shares[index] ?? 0), 0)
    for (const [index, value] of gradient.entries()) {
      const slope = ((after[index] ?? 0) - (before[index] ?? 0)) / 1e-6
      expect(slope).toBeCloseTo(value - center, 4)
    }
  })

  it('moves a logit by the learning rate at the first step of Adam', () => {
    const policy = categoricalPolicy(
      [decision(2)],
      settingsOf({ updateRule: 'adam', learningRate: 0.01 }),
    )
    policy.reinforce(Int32Array.of(1), 0.3)
    const [first = 0, second = 0] = policy.probabilities(0)
    expect(Math.log(second / first)).toBeCloseTo(0.02, 8)
  })

  it('leaves inactive decisions as they are, with either rule', () => {
    for (const updateRule of ['sgd', 'adam'] as const) {
      const policy = categoricalPolicy([decision(3), decision(3)], settingsOf({ updateRule }))
      policy.reinforce(Int32Array.of(0, 0), 0.5)
      const before = policy.probabilities(1)
      policy.reinforce(Int32Array.of(2, -1), 0.5)
      expect(policy.probabilities(1)).toEqual(before)
      expect(policy.probabilities(0)).not.toEqual(before)
    }
  })

  it('starts with the weights that a space gives its values', () => {
    const weighted = { ...decision(3), weights: [1, 2, 5] }
    const shares = categoricalPolicy([weighted], sgd).probabilities(0)
    for (const [index, share] of [0.125, 0.25, 0.625].entries()) {
      expect(shares[index]).toBeCloseTo(share, 12)
    }
  })

  it('leads a bandit with one rewarding value to it', () => {
    const policy = categoricalPolicy([decision(5)], settingsOf({ learningRate: 0.5 }))
    const baseline = rewardBaseline(0.9, 'advantage-first')
    const random = Random.named(1, 'bandit')
    for (let step = 0; step < 1000; step++) {
      const choice = policy.draw(0, random)
      policy.reinforce(Int32Array.of(choice), baseline.advantage(choice === 3 ? 1 : 0))
    }
    expect(policy.probabilities(0)[3]).toBeGreaterThan(0.95)
  })
})

describe('decisions', () => {
  it('come back from the architecture that they make', () => {
    const space = chain(ChainSettings.parse({ maxDepth: 4 }))
    for (const [anySpace, seed] of [
      [cells, 1],
      [space, 2],
    ] as const) {
      const sequence = decisionSequence(anySpace as typeof cells, 16)
      const random = Random.named(seed, 'decisions')
      for (let draw = 0; draw < 50; draw++) {
        const chosen = new Int32Array(sequence.decisions.length).fill(-1)
        const text = sequence.build((position) => {
          chosen[position] = random.int(sequence.decisions[position]?.values.length ?? 0)
          return chosen[position] ?? 0
        })
        expect(text).not.toBeNull()
        expect(sequence.choicesOf(text ?? '')).toEqual(chosen)
      }
    }
  })

  it('make no architecture of a matrix without a path', () => {
    const sequence = decisionSequence(nasBench101(NasBench101Settings.parse({})), 16)
    expect(sequence.decisions).toHaveLength(26)
    expect(sequence.build(() => 0)).toBeNull()
  })
})

describe('the search', () => {
  const play = (settings: unknown, accuracy: (text: string) => number | null, trials: number) =>
    playSearch({ optimizer: reinforce(cells, settingsOf(settings)), seed: 4, trials, accuracy })

  it('draws uniformly before it was told of a difference', () => {
    const played = play({}, () => 0.5, 3000)
    const sequence = decisionSequence(cells, 16)
    const counts = [0, 0, 0, 0, 0]
    for (const { proposal } of played) {
      for (const choice of sequence.choicesOf(proposal.architecture)) {
        counts[choice] = (counts[choice] ?? 0) + 1
      }
    }
    expect(chiSquareUniform(counts)).toBeLessThan(chiSquareLimit(4))
    expect(played.every(({ proposal }) => proposal.origin === 'policy')).toBe(true)
  })

  it('comes to propose what is rewarded', () => {
    const share = (text: string) => (text.match(/nor_conv_3x3/g)?.length ?? 0) / 6
    const played = play({ learningRate: 1 }, share, 600)
    const late = played.slice(-50).map(({ observation }) => observation.valAccuracy ?? 0)
    expect(Math.min(...late)).toBeGreaterThan(0.8)
  })

  it('learns from failures only when they have a reward', () => {
    const fails = (text: string) => (text.includes('none') ? null : 0.5)
    const share = (settings: unknown) => {
      const late = play({ learningRate: 0.5, ...(settings as object) }, fails, 800).slice(-200)
      return late.filter(({ observation }) => observation.valAccuracy === null).length / 200
    }
    // One of six edges is `none` with probability 1 - 0.8^6 = 0.738.
    expect(share({})).toBeLessThan(0.2)
    expect(share({ failureReward: null })).toBeGreaterThan(0.6)
  })

  it('asks the sampler, and says so, when no draw names an architecture', () => {
    const space = nasBench101(NasBench101Settings.parse({}))
    const optimizer = reinforce(space, settingsOf({ maxDraws: 1, learningRate: 100 }))
    const history = growingHistory()
    const origins = Array.from({ length: 60 }, (_, trial) => {
      const random = Random.named(2, 'ask', trial)
      const context = { trial, random, history, pending: [], fullFidelity: { epochs: 1 } }
      const [proposal] = optimizer.ask(optimizer.init(), context)
      history.append(observe(trial, proposal.architecture, 0.5))
      return proposal.origin
    })
    // 0.733 of uniform draws are cells.
    expect(new Set(origins)).toEqual(new Set(['policy', 'fallback']))
  })
})
