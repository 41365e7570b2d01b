/** Rewards of a policy gradient and the baseline that they are compared with. */
import type { Observation } from '#src/trial/observation.ts'

export interface RewardBaseline {
  /** Takes one reward; hands back how far it is above the baseline. */
  advantage(reward: number): number
}

/**
 * An exponential moving average of rewards, corrected for its start: `Σ μ^(t-i) R_i / Σ μ^(t-i)`.
 *
 * @param momentum - μ, 0 to below 1
 * @param order - whether a reward enters the average before it is compared with it (then the first
 *   advantage is 0) or after; the first reward of all has nothing to be compared with, and its
 *   advantage is 0 in both orders. Only with `advantage-first` is the gradient unbiased.
 * @see automl/nas_benchmarks `run_reinforce.py`: `update-first`, μ = 0.9.
 */
export function rewardBaseline(
  momentum: number,
  order: 'update-first' | 'advantage-first',
): RewardBaseline {
  let sum = 0
  let weight = 0
  return {
    advantage(reward) {
      const previous = weight > 0 ? sum / weight : reward
      sum = momentum * sum + (1 - momentum) * reward
      weight = momentum * weight + (1 - momentum)
      return reward - (order === 'update-first' ? sum / weight : previous)
    },
  }
}

/** An observation's reward; null where there is nothing to learn from. */
export function rewardOf(
  { valAccuracy }: Observation,
  failureReward: number | null,
  power = 1,
): number | null {
  const reward = valAccuracy ?? failureReward
  return reward === null ? null : reward ** power
}
