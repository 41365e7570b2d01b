import { z } from 'zod'
import { softmax } from '#src/numeric/softmax.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { type Decision, decisionMisfit, decisionSequence } from './decision-sequence.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'
import { perHistory } from './per-history.ts'
import { rewardBaseline, rewardOf } from './reward-baseline.ts'
import { weightedChoice } from './weighted-choice.ts'

export const ReinforceSettings = z.strictObject({
  /** Plain gradient ascent (nas_benchmarks), or Adam (NATS-Bench). */
  updateRule: z.enum(['sgd', 'adam']).default('sgd'),
  /** 0.1 with `sgd` in nas_benchmarks, 0.01 with `adam` for NATS-Bench. */
  learningRate: z.number().positive().max(100).default(0.1),
  /** Of the rewards' moving average. */
  baselineMomentum: z.number().min(0).lt(1).default(0.9),
  /** Whether a reward enters the average before it is compared with it, or after. */
  baselineOrder: z.enum(['update-first', 'advantage-first']).default('update-first'),
  /** Reward of a failed trial; null to learn nothing from it. */
  failureReward: z.number().min(0).max(1).nullable().default(0),
  /** Values that a number of many has, evenly over its scale. */
  grid: z.int().min(2).max(1000).default(16),
  /** Draws of one ask until one names an architecture. */
  maxDraws: z.int().min(1).max(100_000).default(1000),
})
export type ReinforceSettings = z.infer<typeof ReinforceSettings>

/**
 * Policy gradient over independent categorical distributions, one for each parameter.
 *
 * @remarks
 * - Every parameter has its logits, `log` of the space's own weights at first (zeros where they are
 *   equal). An active parameter's value is drawn from their softmax; what names no architecture is
 *   drawn again and not learnt from. After `maxDraws` such draws the space's sampler is asked, with
 *   the origin `fallback`.
 * - Each told trial is one update: `logit_j += rate · (R - b) · (1[j = chosen] - p_j)` for the active
 *   parameters alone, R the validation accuracy, b its moving average. With Adam, a parameter's
 *   moments and step count stand still while it is inactive.
 * - The policy follows from the told trials in order, so it is a cache and the state is empty. Where
 *   trials overlap, p is that of the policy at telling, not at asking.
 * - Repeats are proposed and learnt from: a converging policy repeats itself.
 *
 * @see Williams 1992, "Simple Statistical Gradient-Following Algorithms for Connectionist
 *   Reinforcement Learning", section 4; Ying et al. 2019, "NAS-Bench-101", section 4;
 *   automl/nas_benchmarks `run_reinforce.py`; Dong and Yang 2020, "NAS-Bench-201", section 5.
 */
export function reinforce(space: SearchSpace, settings: ReinforceSettings): Optimizer {
  const { baselineMomentum, baselineOrder, failureReward, grid, maxDraws } = settings
  const sequence = decisionSequence(space, grid)
  const policyOf = perHistory(
    () => ({
      policy: categoricalPolicy(sequence.decisions, settings),
      baseline: rewardBaseline(baselineMomentum, baselineOrder),
    }),
    ({ policy, baseline }, observation) => {
      const reward = rewardOf(observation, failureReward)
      if (reward === null) return
      policy.reinforce(sequence.choicesOf(observation.architecture), baseline.advantage(reward))
    },
  )
  return {
    name: 'reinforce',
    init: () => ({}),
    ask(state, { random, history, fullFidelity: fidelity }) {
      const { policy } = policyOf(history)
      for (let draw = 0; draw < maxDraws; draw++) {
        const architecture = sequence.build((position) => policy.draw(position, random))
        if (architecture !== null) return [{ architecture, fidelity, origin: 'policy' }, state]
      }
      const architecture = space.format(space.sample(random))
      return [{ architecture, fidelity, origin: 'fallback' }, state]
    },
    tell: (state) => state,
  }
}

export const reinforceEntry: OptimizerEntry<typeof ReinforceSettings> = {
  name: 'reinforce',
  summary: 'Policy gradient over independent distributions, one for each parameter',
  source: 'Ying et al. 2019, "NAS-Bench-101", section 4; automl/nas_benchmarks `run_reinforce.py`',
  settings: ReinforceSettings,
  misfit: decisionMisfit,
  create: reinforce,
}

export interface CategoricalPolicy {
  /** Probabilities of a decision's values. */
  probabilities(position: number): readonly number[]
  draw(position: number, random: Random): number
  /** One step along `advantage · ∇ log π(choices)`; a choice of -1 is inactive. */
  reinforce(choices: Int32Array, advantage: number): void
}

/** Decay rates and the addend of Kingma and Ba 2015, "Adam", section 2: those of PyTorch, too. */
const [firstDecay, secondDecay, epsilon] = [0.9, 0.999, 1e-8]

/** One decision's distribution and what Adam remembers of it. */
interface Head {
  readonly logits: Float64Array
  readonly shares: Float64Array
  readonly first: Float64Array
  readonly second: Float64Array
  stepCount: number
}

export function categoricalPolicy(
  decisions: readonly Decision[],
  { updateRule, learningRate }: Pick<ReinforceSettings, 'updateRule' | 'learningRate'>,
): CategoricalPolicy {
  const heads = decisions.map(firstHead)
  const headAt = (position: number) => heads[position] as Head
  return {
    probabilities: (position) => [...headAt(position).shares],
    draw: (position, random) => weightedChoice(headAt(position).shares, random),
    reinforce(choices, advantage) {
      for (let position = 0; position < choices.length; position++) {
        const choice = choices[position] as number
        if (choice < 0) continue
        const head = headAt(position)
        if (updateRule === 'adam') stepAdam(head, choice, advantage, learningRate)
        else stepPlain(head, choice, advantage * learningRate)
        softmax(head.logits, head.shares)
      }
    },
  }
}

function firstHead({ values, weights }: Decision): Head {
  const size = values.length
  const logits = Float64Array.from(values, (_, index) => Math.log(weights?.[index] ?? 1))
  const center = logits.reduce((sum, logit) => sum + logit, 0) / size
  const head = {
    logits: logits.map((logit) => logit - center),
    shares: new Float64Array(size),
    first: new Float64Array(size),
    second: new Float64Array(size),
    stepCount: 0,
  }
  softmax(head.logits, head.shares)
  return head
}

function stepPlain({ logits, shares }: Head, choice: number, amount: number): void {
  for (let index = 0; index < logits.length; index++) {
    const gradient = (index === choice ? 1 : 0) - (shares[index] as number)
    logits[index] = (logits[index] as number) + amount * gradient
  }
}

function stepAdam(head: Head, choice: number, advantage: number, learningRate: number): void {
  const { logits, shares, first, second } = head
  head.stepCount += 1
  const firstShare = 1 - firstDecay ** head.stepCount
  const secondShare = 1 - secondDecay ** head.stepCount
  for (let index = 0; index < logits.length; index++) {
    const gradient = advantage * ((index === choice ? 1 : 0) - (shares[index] as number))
    const mean = firstDecay * (first[index] as number) + (1 - firstDecay) * gradient
    const square = secondDecay * (second[index] as number) + (1 - secondDecay) * gradient ** 2
    first[index] = mean
    second[index] = square
    const step = mean / firstShare / (Math.sqrt(square / secondShare) + epsilon)
    logits[index] = (logits[index] as number) + learningRate * step
  }
}
