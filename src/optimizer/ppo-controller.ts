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

/** The defaults are those of Zoph et al. 2018, appendix A, where it gives them. */
export const PpoControllerSettings = z.strictObject({
  hidden: z.int().min(1).max(1000).default(100),
  layers: z.int().min(1).max(8).default(1),
  /** Of Adam. */
  learningRate: z.number().positive().max(1).default(3.5e-4),
  initialRange: z.number().positive().max(10).default(0.1),
  /** Children of one update. */
  batchSize: z.int().min(1).max(10_000).default(20),
  /** Steps that one update takes with its children. Not given by the paper. */
  epochs: z.int().min(1).max(1000).default(4),
  /** How far from 1 a ratio of probabilities still counts. Schulman et al. 2017, table 3. */
  clip: z.number().positive().lt(1).default(0.2),
  /** Weight of the mean entropy of a child's choices, each choice counted. */
  entropyWeight: z.number().min(0).max(100).default(1e-5),
  /** Of the rewards' moving average. */
  baselineMomentum: z.number().min(0).lt(1).default(0.95),
  /** The validation accuracy to this power is the reward. */
  rewardPower: z.number().positive().max(100).default(1),
  ...controllerSettings,
})
export type PpoControllerSettings = z.infer<typeof PpoControllerSettings>

/**
 * A recurrent controller that writes an architecture choice by choice, trained by proximal policy
 * optimization: the method behind NASNet.
 *
 * @remarks
 * - The controller is `controllerSearch`'s. A choice of an input has as many values as there are states
 *   then, so that none has to be masked out; the probability of a child is the product of its choices',
 *   and the ratio is one number a child.
 * - `batchSize` told trials are one update of `epochs` steps of Adam, each along the mean gradient of
 *   `min(r A, clip(r, 1 - ε, 1 + ε) A)` plus the entropy bonus. A is the reward less the moving average
 *   of those told before, not normalized.
 * - The old policy is the one before the update. Where trials overlap, some of the children were drawn
 *   from the one before that; they are treated alike.
 *
 * @see Zoph et al. 2018, "Learning Transferable Architectures for Scalable Image Recognition", section
 *   3.2 and appendix A; Schulman et al. 2017, "Proximal Policy Optimization Algorithms", equation 7.
 */
export function ppoController(
  space: SearchSpace,
  settings: PpoControllerSettings,
): Optimizer<ControllerState> {
  return controllerSearch('ppo-controller', space, settings, (policy) =>
    proximalPolicy(policy, settings),
  )
}

export const ppoControllerEntry: OptimizerEntry<typeof PpoControllerSettings> = {
  name: 'ppo-controller',
  summary:
    'A recurrent controller that writes architectures, trained by proximal policy optimization',
  source:
    'Zoph et al. 2018, "Learning Transferable Architectures for Scalable Image Recognition", section 3.2',
  settings: PpoControllerSettings,
  mayBlock: true,
  misfit: decisionMisfit,
  create: ppoController,
}

/** Several steps of Adam a batch, none of them far from the policy that the batch was met with. */
export function proximalPolicy(
  policy: SequencePolicy,
  settings: Pick<PpoControllerSettings, 'learningRate' | 'epochs' | 'clip' | 'entropyWeight'>,
): Learn {
  const { learningRate, epochs, clip, entropyWeight } = settings
  const adam = createAdam(policy.weights.length, { ...adamDefaults, learningRate })
  let made: PolicyBatch | null = null
  return (batch) => {
    made ??= createPolicyBatch(policy)
    const parts = made
    /** Log-probabilities under the old policy, which the first step still meets. */
    const before = new Float64Array(batch.length)
    for (let epoch = 0; epoch < epochs; epoch++) {
      policy.gradient.fill(0)
      for (let start = 0; start < batch.length; start += policyBatchSize) {
        const part = batch.slice(start, start + policyBatchSize)
        const sequences = part.map(({ choices }) => choices)
        const logs = parts.follow(policy.weights, sequences)
        if (epoch === 0) before.set(logs, start)
        const scales = Float64Array.from(part, ({ advantage }, index) => {
          const ratio = Math.exp((logs[index] ?? 0) - (before[start + index] ?? 0))
          // Downhill of the negative.
          return -clippedSlope(ratio, advantage, clip) / batch.length
        })
        parts.backward(scales, -entropyWeight / batch.length, policy.gradient)
      }
      adam.step(policy.weights, policy.gradient)
    }
  }
}

/** `min(r A, clip(r, 1 - ε, 1 + ε) A)`. */
export function clippedObjective(ratio: number, advantage: number, clip: number): number {
  const clipped = Math.min(Math.max(ratio, 1 - clip), 1 + clip)
  return Math.min(ratio * advantage, clipped * advantage)
}

/** Of the objective by the logarithm of the new probability; 0 where the clip holds. */
export function clippedSlope(ratio: number, advantage: number, clip: number): number {
  const isClipped = advantage > 0 ? ratio > 1 + clip : ratio < 1 - clip
  return isClipped ? 0 : ratio * advantage
}
