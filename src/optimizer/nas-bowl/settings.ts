import { z } from 'zod'
import { wlVariants } from '#src/predictor/wl-kernel.ts'
import { acquisitionSearchSettings } from '../acquisition-search.ts'
import { CostScale } from '../surrogate-costs.ts'

/** The defaults are those of NASLib, `predictors/gp/gpwl.py`, and of the paper, section 3. */
export const NasBowlSettings = z.strictObject({
  /** Random trials at first. */
  initialTrials: z.int().min(1).max(100_000).default(10),
  /** Rounds of the kernel at most; how many is chosen by marginal likelihood. */
  maxRounds: z.int().min(0).max(10).default(3),
  /** What graphs have in common of a label: the product of its counts, or the smaller count. */
  variant: z.enum(wlVariants).default('sum'),
  /** Rounds and noise are chosen anew when the told trials have grown by this share. */
  refitGrowth: z.number().min(0).max(10).default(0.25),
  /** What the process explains. */
  target: CostScale.default('log-error'),
  randomCandidates: acquisitionSearchSettings.randomCandidates.default(100),
  mutantCandidates: acquisitionSearchSettings.mutantCandidates.default(100),
  parents: acquisitionSearchSettings.parents.default(10),
  climbSteps: acquisitionSearchSettings.climbSteps.default(5),
})
export type NasBowlSettings = z.infer<typeof NasBowlSettings>
