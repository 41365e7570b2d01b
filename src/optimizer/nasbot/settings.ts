import { z } from 'zod'
import { CostScale } from '../surrogate-costs.ts'

/**
 * The defaults are those of the source's code, `opt/gp_bandit.py` and `opt/ga_optimiser.py`, where
 * nothing else is said.
 */
export const NasbotSettings = z.strictObject({
  /** Random trials at first, in place of the source's hand-made networks. */
  initialTrials: z.int().min(1).max(100_000).default(10),
  /** Told trials after which the hyperparameters are settled anew. */
  refitEvery: z.int().min(1).max(10_000).default(7),
  /** Settings that are tried each time; the likeliest is taken. */
  settingDraws: z.int().min(1).max(100_000).default(60),
  /** What the process explains. */
  target: CostScale.default('log-error'),
  /** Networks looked at in trial t: this times the root of t, within the two ends; 25 in the source. */
  evaluationFactor: z.number().positive().max(1000).default(6),
  evaluationsMin: z.int().min(1).max(100_000).default(50),
  evaluationsMax: z.int().min(1).max(100_000).default(500),
  /** Mutants an epoch of the evolution that maximises the acquisition. */
  epochMutants: z.int().min(1).max(10_000).default(50),
})
export type NasbotSettings = z.infer<typeof NasbotSettings>
