import { z } from 'zod'
import { arcBases } from '#src/predictor/arc-kernel.ts'
import { acquisitionSearchSettings } from '../acquisition-search.ts'
import { CostScale } from '../surrogate-costs.ts'

export const ArcGpSettings = z.strictObject({
  /** Random trials at first. */
  initialTrials: z.int().min(1).max(100_000).default(10),
  /** The correlation in each dimension; the source has the squared exponential. */
  kernel: z.enum(arcBases).default('matern-5/2'),
  /**
   * `slice`: several settings of the hyperparameters, by slice sampling from their posterior, and the
   * mean of what they expect, as in the source; `map`: the one at its maximum, which costs a fifth.
   */
  hyperparameters: z.enum(['slice', 'map']).default('map'),
  /** Settings that are sampled. Snoek, Larochelle and Adams 2012, "Practical Bayesian Optimization". */
  samples: z.int().min(1).max(100).default(10),
  /** Hyperparameters are settled anew when the told trials have grown by this share. */
  refitGrowth: z.number().min(0).max(10).default(0.25),
  /** What the process explains. */
  target: CostScale.default('log-error'),
  randomCandidates: acquisitionSearchSettings.randomCandidates.default(100),
  mutantCandidates: acquisitionSearchSettings.mutantCandidates.default(100),
  parents: acquisitionSearchSettings.parents.default(5),
  climbSteps: acquisitionSearchSettings.climbSteps.default(10),
})
export type ArcGpSettings = z.infer<typeof ArcGpSettings>
