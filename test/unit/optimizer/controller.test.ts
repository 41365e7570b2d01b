import { describe, expect, it } from 'vitest'
import { createSequencePolicy, uniformPolicy } from '#src/numeric/sequence-policy.ts'
import type { Episode } from '#src/optimizer/controller-search.ts'
import {
  clippedObjective,
  clippedSlope,
  PpoControllerSettings,
  ppoController,
  proximalPolicy,
} from '#src/optimizer/ppo-controller.ts'
import { rewardBaseline } from '#src/optimizer/reward-baseline.ts'
import {
  policyGradient,
  RnnControllerSettings,
  rnnController,
} from '#src/optimizer/rnn-controller.ts'
import { weightedChoice } from '#src/optimizer/weighted-choice.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { gradientError } from '#test/fixtures/gradient-check.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { mean } from '#test/fixtures/statistics.ts'

const cells = nasBench201({ cellsPerStage: 1, channels: 4, mutation: 'edge' }) as SearchSpace
const shape = { choiceCounts: [3, 4, 2], hidden: 6, layers: 1 }
const policyOf = (seed: number, limit = 0.5) =>
  createSequencePolicy(shape, uniformPolicy(shape, limit, Random.named(seed, 'policy')))

/** What Adam without memory of other steps makes of a batch: it shows the gradient's signs. */
function movement(
  learn: (batch: readonly Episode[]) => void,
  weights: Float64Array,
  batch: Episode[],
) {
  const before = weights.slice()
  learn(batch)
  return weights.map((weight, index) => weight - (before[index] ?? 0))
}

const someBatch: Episode[] = [
  { choices: Int32Array.of(0, 1, 1), advantage: 0.4 },
  { choices: Int32Array.of(2, -1, 0), advantage: -0.3 },
  { choices: Int32Array.of(1, 3, 1), advantage: 0.1 },
]

describe('the clipped objective', () => {
  it.each([
    [1.3, 1, 1.2],
    [1.3, -1, -1.3],
    [0.7, 1, 0.7],
    [0.7, -1, -0.8],
  ])('of a ratio of %d and an advantage of %d is %d', (ratio, advantage, expected) => {
    expect(clippedObjective(ratio, advantage, 0.2)).toBeCloseTo(expected, 12)
  })

  it('has the slope that finite differences have, but at its kinks', () => {
    for (const advantage of [1, -1, 0.3, -2]) {
      for (const ratio of [0.5, 0.79, 0.81, 1, 1.19, 1.21, 3]) {
        const at = (log: number) => clippedObjective(Math.exp(log), advantage, 0.2)
        const log = Math.log(ratio)
        const difference = (at(log + 1e-6) - at(log - 1e-6)) / 2e-6
        expect(clippedSlope(ratio, advantage, 0.2)).toBeCloseTo(difference, 5)
      }
    }
  })

  it('has the slope of REINFORCE at a ratio of 1', () => {
    for (const advantage of [0.7, -0.7]) expect(clippedSlope(1, advantage, 0.2)).toBe(advantage)
  })
})

describe('an update', () => {
  const objective = (policy: ReturnType<typeof policyOf>) =>
    mean(someBatch.map(({ choices, advantage }) => advantage * policy.follow(choices)))

  it('goes along the mean of advantage times the gradient of log-probability', () => {
    const policy = policyOf(1)
    for (const { choices, advantage } of someBatch) {
      policy.follow(choices)
      policy.backward(advantage / 3, 0)
    }
    const gradient = policy.gradient.slice()
    expect(gradientError(policy.weights, gradient, () => objective(policy))).toBeLessThan(1e-5)
    const moved = movement(policyGradient(policy, 1e-3), policy.weights, someBatch)
    // Adam's first step is the learning rate along the sign.
    for (const [index, slope] of gradient.entries()) {
      if (Math.abs(slope) > 1e-5) expect(moved[index]).toBeCloseTo(1e-3 * Math.sign(slope), 5)
    }
  })

  it('of proximal policy optimization begins as that of REINFORCE', () => {
    const settings = { learningRate: 1e-3, epochs: 1, clip: 0.2, entropyWeight: 0 }
    const [one, other] = [policyOf(2), policyOf(2)]
    proximalPolicy(one, settings)(someBatch)
    policyGradient(other, 1e-3)(someBatch)
    for (const [index, weight] of one.weights.entries()) {
      expect(weight).toBeCloseTo(other.weights[index] ?? Number.NaN, 12)
    }
  })

  it('of proximal policy optimization stops where the clip holds', () => {
    const policy = policyOf(3)
    const batch = [{ choices: Int32Array.of(1, 1, 1), advantage: 1 }]
    const before = policy.follow(Int32Array.of(1, 1, 1))
    proximalPolicy(policy, { learningRate: 1e-3, epochs: 300, clip: 0.2, entropyWeight: 0 })(batch)
    const ratio = Math.exp(policy.follow(Int32Array.of(1, 1, 1)) - before)
    expect(ratio).toBeGreaterThan(1.2)
    // The momentum of Adam carries it on a little.
    expect(ratio).toBeLessThan(1.6)
    const free = policyOf(3)
    const settings = { learningRate: 1e-3, epochs: 300, clip: 0.999999, entropyWeight: 0 }
    proximalPolicy(free, settings)(batch)
    expect(Math.exp(free.follow(Int32Array.of(1, 1, 1)) - before)).toBeGreaterThan(1.8)
  })

  it('spreads the policy with a bonus on entropy alone', () => {
    const policy = policyOf(4, 3)
    const settings = { learningRate: 0.01, epochs: 200, clip: 0.2, entropyWeight: 1 }
    policy.begin()
    const before = Math.max(...policy.step(1))
    proximalPolicy(policy, settings)([{ choices: Int32Array.of(-1, 2, -1), advantage: 0 }])
    policy.begin()
    expect(before).toBeGreaterThan(0.5)
    expect(Math.max(...policy.step(1))).toBeLessThan(0.3)
  })

  it.each(['rnn', 'ppo'])('of %s leads a bandit to its one rewarding sequence', (kind) => {
    const policy = policyOf(5, 0.1)
    const learn =
      kind === 'rnn'
        ? policyGradient(policy, 0.02)
        : proximalPolicy(policy, { learningRate: 0.02, epochs: 4, clip: 0.2, entropyWeight: 1e-5 })
    const baseline = rewardBaseline(0.9, 'advantage-first')
    const random = Random.named(6, kind)
    for (let update = 0; update < 200; update++) {
      const batch = Array.from({ length: 10 }, (): Episode => {
        policy.begin()
        const choices = Int32Array.from([0, 1, 2], (position) => {
          const choice = weightedChoice(policy.step(position), random)
          policy.take(choice)
          return choice
        })
        const hits = Number(choices[0] === 2) + Number(choices[1] === 1) + Number(choices[2] === 0)
        return { choices, advantage: baseline.advantage(hits / 3) }
      })
      learn(batch)
    }
    expect(Math.exp(policy.follow(Int32Array.of(2, 1, 0)))).toBeGreaterThan(0.95)
  })
})

describe.each([
  [
    'rnn-controller',
    (space: SearchSpace, settings: unknown) =>
      rnnController(space, RnnControllerSettings.parse(settings)),
  ],
  [
    'ppo-controller',
    (space: SearchSpace, settings: unknown) =>
      ppoController(space, PpoControllerSettings.parse(settings)),
  ],
] as const)('%s', (name, make) => {
  const quick = { hidden: 12, batchSize: 5, learningRate: 0.03 }
  const play = (settings: object, accuracy: (text: string) => number | null, trials: number) =>
    playSearch({ optimizer: make(cells, { ...quick, ...settings }), seed: 4, trials, accuracy })

  it('has its own name, and proposes from its policy', () => {
    expect(make(cells, {}).name).toBe(name)
    const played = play({}, () => 0.5, 30)
    expect(new Set(played.map(({ proposal }) => proposal.origin))).toEqual(new Set(['policy']))
  })

  it('comes to propose what is rewarded', () => {
    const share = (text: string) => (text.match(/nor_conv_3x3/g)?.length ?? 0) / 6
    const rewards = play({}, share, 400).map(({ observation }) => observation.valAccuracy ?? 0)
    expect(mean(rewards.slice(0, 10))).toBeLessThan(0.45)
    expect(mean(rewards.slice(-50))).toBeGreaterThan(0.75)
  })

  it('learns choices that hang on earlier ones, as independent ones cannot', () => {
    // Rewarded: all six edges alike, whatever they are.
    const alike = (text: string) => {
      const edges = text.match(/[a-z_0-9]+(?=~)/g) ?? []
      return Math.max(...edges.map((edge) => edges.filter((other) => other === edge).length)) / 6
    }
    const rewards = play({}, alike, 500).map(({ observation }) => observation.valAccuracy ?? 0)
    expect(mean(rewards.slice(-50))).toBeGreaterThan(mean(rewards.slice(0, 50)) + 0.3)
  })

  it('starts from other weights with another seed, from the same with the same', () => {
    const seeds = (seed: number) =>
      playSearch({ optimizer: make(cells, quick), seed, trials: 5, accuracy: () => 0.5 })[4]?.state
    expect(seeds(1)).toEqual(seeds(1))
    expect(seeds(1)).not.toEqual(seeds(2))
    expect(JSON.stringify(seeds(1)).length).toBeLessThan(100)
  })

  it('goes on identically from the state and the history alone', () => {
    const accuracy = (text: string) => Random.named('worth', text).uniform()
    const whole = play({}, accuracy, 30)
    const optimizers = Array.from({ length: 30 }, () => make(cells, quick))
    // Another optimizer for every ask: each rebuilds its weights.
    let trial = 0
    const changing = {
      ...make(cells, quick),
      ask: ((state, context) => optimizers[trial++]?.ask(state, context)) as ReturnType<
        typeof make
      >['ask'],
    }
    const again = playSearch({ optimizer: changing, seed: 4, trials: 30, accuracy })
    expect(again.map(({ proposal }) => proposal)).toEqual(whole.map(({ proposal }) => proposal))
  })

  it('learns nothing from failures that have no reward', () => {
    const untouched = play({ failureReward: null }, () => null, 40)
    const other = play({ failureReward: null, learningRate: 1e-9 }, () => null, 40)
    expect(untouched).toEqual(other)
    const texts = (settings: object) =>
      play(settings, (text) => (text.includes('none') ? null : 0.5), 60).map(
        ({ proposal }) => proposal.architecture,
      )
    expect(texts({})).not.toEqual(texts({ failureReward: null }))
  })

  it('asks the sampler, and says so, when no draw names an architecture', () => {
    const space = nasBench101(NasBench101Settings.parse({})) as SearchSpace
    const optimizer = make(space, { ...quick, maxDraws: 1 })
    const played = playSearch({ optimizer, seed: 1, trials: 30, accuracy: () => 0.5 })
    expect(new Set(played.map(({ proposal }) => proposal.origin))).toEqual(
      new Set(['policy', 'fallback']),
    )
  })

  it('skips what is inactive', () => {
    const space = chain(ChainSettings.parse({ maxDepth: 4 })) as SearchSpace
    const depth = (text: string) => 1 - text.split('|').length / 10
    const played = playSearch({
      optimizer: make(space, quick),
      seed: 2,
      trials: 200,
      accuracy: depth,
    })
    const rewards = played.map(({ observation }) => observation.valAccuracy ?? 0)
    expect(mean(rewards.slice(-40))).toBeGreaterThan(mean(rewards.slice(0, 40)))
  })
})
