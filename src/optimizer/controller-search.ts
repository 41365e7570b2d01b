/** What searches with a recurrent controller have in common: sampling, batches, the cache of weights. */
import { z } from 'zod'
import {
  createSequencePolicy,
  type SequencePolicy,
  uniformPolicy,
} from '#src/numeric/sequence-policy.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import { type DecisionSequence, decisionSequence } from './decision-sequence.ts'
import type { Optimizer } from './optimizer.ts'
import { perHistory } from './per-history.ts'
import { rewardBaseline, rewardOf } from './reward-baseline.ts'
import { weightedChoice } from './weighted-choice.ts'

/** Settings that every controller has. */
export const controllerSettings = {
  /** Reward of a failed trial; null to learn nothing from it. */
  failureReward: z.number().min(0).max(1).nullable().default(0),
  /** Values that a number of many has, evenly over its scale. */
  grid: z.int().min(2).max(1000).default(16),
  /** Draws of one ask until one names an architecture. */
  maxDraws: z.int().min(1).max(10_000).default(100),
}

export interface ControllerSettings {
  readonly hidden: number
  readonly layers: number
  /** First weights are uniform within plus or minus this. */
  readonly initialRange: number
  /** Trials of one update. */
  readonly batchSize: number
  readonly baselineMomentum: number
  /** The validation accuracy to this power is the reward. */
  readonly rewardPower: number
  readonly failureReward: number | null
  readonly grid: number
  readonly maxDraws: number
}

/** A told trial that the controller learns from. */
export interface Episode {
  /** The value of each decision; -1 where it was inactive. */
  readonly choices: Int32Array
  /** How far the reward was above the moving average of those told before. */
  readonly advantage: number
}

/** Takes a batch of episodes into the weights of a policy. */
export type Learn = (batch: readonly Episode[]) => void

// A type, not an interface: only types are assignable to Json.
export type ControllerState = {
  /** Names the stream of the first weights; null before the first ask, which gives it. */
  readonly seed: string | null
}

/** The weights that a history leads to, and what the next update needs. */
interface Controller {
  readonly policy: SequencePolicy
  readonly learn: Learn
  readonly baseline: ReturnType<typeof rewardBaseline>
  readonly batch: Episode[]
}

/**
 * A search whose proposals are drawn from a recurrent policy over the decisions of a space, in their
 * order; inactive ones are skipped.
 *
 * @remarks
 * The weights follow from the state's seed and the told trials in order, so they are a cache: each
 * `batchSize` told trials are one update. What names no architecture is drawn again and not learnt
 * from; after `maxDraws` the space's sampler is asked, with the origin `fallback`. Where trials
 * overlap, gradients are those of the weights at the update, not at asking.
 */
export function controllerSearch(
  name: string,
  space: SearchSpace,
  settings: ControllerSettings,
  learner: (policy: SequencePolicy) => Learn,
): Optimizer<ControllerState> {
  const sequence = decisionSequence(space, settings.grid)
  const controllerOf = controllers(sequence, settings, learner)
  return {
    name,
    init: () => ({ seed: null }),
    ask(state, { random, history, fullFidelity: fidelity }) {
      const seed = state.seed ?? random.split('controller').state.join('.')
      const { policy } = controllerOf(history, seed)
      for (let draw = 0; draw < settings.maxDraws; draw++) {
        const architecture = drawArchitecture(sequence, policy, random)
        if (architecture !== null) return [{ architecture, fidelity, origin: 'policy' }, { seed }]
      }
      const architecture = space.format(space.sample(random))
      return [{ architecture, fidelity, origin: 'fallback' }, { seed }]
    },
    tell: (state) => state,
  }
}

function drawArchitecture(
  sequence: DecisionSequence,
  policy: SequencePolicy,
  random: Random,
): string | null {
  policy.begin()
  return sequence.build((position) => {
    const choice = weightedChoice(policy.step(position), random)
    policy.take(choice)
    return choice
  })
}

function controllers(
  sequence: DecisionSequence,
  settings: ControllerSettings,
  learner: (policy: SequencePolicy) => Learn,
): (history: History, seed: string) => Controller {
  /** Of the search that was asked last; another one's is rebuilt. */
  let known: { readonly seed: string; readonly of: (history: History) => Controller } | null = null
  return (history, seed) => {
    if (known?.seed !== seed) {
      const make = () => firstController(sequence, settings, learner, seed)
      known = { seed, of: perHistory(make, takeIn) }
    }
    return known.of(history)
  }

  function takeIn({ batch, baseline, learn }: Controller, observation: Observation): void {
    const { failureReward, rewardPower, batchSize } = settings
    const reward = rewardOf(observation, failureReward, rewardPower)
    if (reward === null) return
    const choices = sequence.choicesOf(observation.architecture)
    batch.push({ choices, advantage: baseline.advantage(reward) })
    if (batch.length < batchSize) return
    learn(batch)
    batch.length = 0
  }
}

function firstController(
  { decisions }: DecisionSequence,
  { hidden, layers, initialRange, baselineMomentum }: ControllerSettings,
  learner: (policy: SequencePolicy) => Learn,
  seed: string,
): Controller {
  const shape = { choiceCounts: decisions.map(({ values }) => values.length), hidden, layers }
  const weights = uniformPolicy(shape, initialRange, Random.named(seed, 'weights'))
  const policy = createSequencePolicy(shape, weights)
  const baseline = rewardBaseline(baselineMomentum, 'advantage-first')
  return { policy, learn: learner(policy), baseline, batch: [] }
}
