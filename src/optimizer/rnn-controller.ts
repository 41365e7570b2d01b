import { z } from 'zod'
import { adamDefaults, createAdam } from '#src/numeric/adam.ts'
import { createPolicyBatch, type PolicyBatch, policyBatchSize } from '#src/numeric/policy-batch.ts'
import type { SequencePolicy } from '#src/numeric/sequence-policy.ts'
import type { SearchSpace } from '#src/space/space.ts'
import {
  type ControllerState,
  controllerSearch,
  controllerSettings,
  type Learn,
} from './controller-search.ts'
import { decisionMisfit } from './decision-sequence.ts'
import type { Optimizer, OptimizerEntry } from './optimizer.ts'

/** The defaults are those of Zoph and Le 2017, section 4.1, where it gives them. */
export const RnnControllerSettings = z.strictObject({
  hidden: z.int().min(1).max(1000).default(35),
  layers: z.int().min(1).max(8).default(2),
  /** Of Adam. */
  learningRate: z.number().positive().max(1).default(6e-4),
  initialRange: z.number().positive().max(10).default(0.08),
  /** Children of one update. */
  batchSize: z.int().min(1).max(10_000).default(8),
  /** Of the rewards' moving average. */
  baselineMomentum: z.number().min(0).lt(1).default(0.95),
  /** The validation accuracy to this power is the reward. */
  rewardPower: z.number().positive().max(100).default(3),
  ...controllerSettings,
})
export type RnnControllerSettings = z.infer<typeof RnnControllerSettings>

/**
 * A recurrent controller that writes an architecture choice by choice, trained by REINFORCE.
 *
 * @remarks
 * - The controller is `controllerSearch`'s: what was chosen is the next input, each parameter has a
 *   softmax of its own.
 * - `batchSize` told trials are one step of Adam along the mean of `(R³ - b) ∇ log π(a)`, b the moving
 *   average of the rewards told before; the first reward of all has no advantage.
 * - Deviations: the paper's reward is the best accuracy of the last five epochs, cubed; an observation
 *   has one accuracy. Its skip connections are drawn by attention over anchors of earlier layers; here
 *   they are choices like others, since a space's parameters do not say which of them are skips. Its
 *   replicas of controllers, which exchange weights, are one controller; its depth schedule is left out.
 *
 * @see Zoph and Le 2017, "Neural Architecture Search with Reinforcement Learning", sections 3.1 to 3.3.
 */
export function rnnController(
  space: SearchSpace,
  settings: RnnControllerSettings,
): Optimizer<ControllerState> {
  return controllerSearch('rnn-controller', space, settings, (policy) =>
    policyGradient(policy, settings.learningRate),
  )
}

export const rnnControllerEntry: OptimizerEntry<typeof RnnControllerSettings> = {
  name: 'rnn-controller',
  summary: 'A recurrent controller that writes architectures, trained by REINFORCE',
  source: 'Zoph and Le 2017, "Neural Architecture Search with Reinforcement Learning", section 3',
  settings: RnnControllerSettings,
  mayBlock: true,
  misfit: decisionMisfit,
  create: rnnController,
}

/** One step of Adam a batch, along the mean of `advantage ∇ log π`. */
export function policyGradient(policy: SequencePolicy, learningRate: number): Learn {
  const adam = createAdam(policy.weights.length, { ...adamDefaults, learningRate })
  let made: PolicyBatch | null = null
  return (batch) => {
    made ??= createPolicyBatch(policy)
    const parts = made
    policy.gradient.fill(0)
    for (let start = 0; start < batch.length; start += policyBatchSize) {
      const part = batch.slice(start, start + policyBatchSize)
      const sequences = part.map(({ choices }) => choices)
      parts.follow(policy.weights, sequences)
      // Downhill of the negative.
      const scales = Float64Array.from(part, ({ advantage }) => -advantage / batch.length)
      parts.backward(scales, 0, policy.gradient)
    }
    adam.step(policy.weights, policy.gradient)
  }
}
