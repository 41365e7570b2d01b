import { z } from 'zod'
import type { ForestSettings } from '#src/predictor/random-forest.ts'

export const SmacSettings = z.strictObject({
  /** Whose defaults hold where a setting below is absent: SMAC3's for hyperparameters, or for algorithms. */
  facade: z.enum(['hyperparameters', 'algorithms']).default('hyperparameters'),
  /** Trials of the initial design: a number for each parameter, */
  initialTrialsPerParameter: z.int().min(0).max(1000).default(10),
  /** but at most so many. SMAC3 takes a quarter of the budget, which an optimizer does not know. */
  initialTrialsMax: z.int().min(1).max(100_000).default(40),
  /** `latin-hypercube` puts a point into each of as many equal parts of every parameter. */
  initialDesign: z.enum(['latin-hypercube', 'random']).default('latin-hypercube'),
  treeCount: z.int().min(1).max(1000).default(10),
  /** Share of the parameters that a split looks at: 1 (hyperparameters), 5/6 (algorithms). */
  featureRatio: z.number().positive().max(1).optional(),
  /** Trials that a node must have to be split: 2, 3. */
  minSplit: z.int().min(2).max(1000).optional(),
  /** Trials on either side of a split: 1, 3. */
  minLeaf: z.int().min(1).max(1000).optional(),
  /** 2^20, 20. */
  maxDepth: z
    .int()
    .min(1)
    .max(2 ** 20)
    .optional(),
  /** Whether the model learns logarithms of scaled costs: yes, no. */
  logCosts: z.boolean().optional(),
  /** Probability of a random configuration in place of a challenger: 0.2, 0.5. */
  randomProbability: z.number().min(0).max(1).optional(),
  /** Random configurations among which an acquisition is maximized. */
  challengers: z.int().min(1).max(1_000_000).default(10_000),
  /** Local searches from the best evaluated configurations, and as many from the best random ones. */
  localSearches: z.int().min(0).max(1000).default(10),
  /** Proposals before the model is fitted again. */
  retrainAfter: z.int().min(1).max(1000).default(8),
  /**
   * What becomes of a configuration that is no architecture: the model learns that it costs as much as
   * a failure, or it is only passed over. Neither costs a trial.
   */
  invalid: z.enum(['tell', 'redraw']).default('tell'),
  /** Random draws of one ask until one is new. */
  maxDraws: z.int().min(1).max(10_000).default(200),
})
export type SmacSettings = z.infer<typeof SmacSettings>

/** Settings with nothing left open. */
export interface SmacRules {
  readonly forest: ForestSettings
  readonly randomProbability: number
}

/** @see SMAC3 2 `smac/facade/hyperparameter_optimization_facade.py`, `algorithm_configuration_facade.py`. */
const published = {
  hyperparameters: {
    featureRatio: 1,
    minSplit: 2,
    minLeaf: 1,
    maxDepth: 2 ** 20,
    logCosts: true,
    randomProbability: 0.2,
  },
  algorithms: {
    featureRatio: 5 / 6,
    minSplit: 3,
    minLeaf: 3,
    maxDepth: 20,
    logCosts: false,
    randomProbability: 0.5,
  },
} as const

export function smacRules(settings: SmacSettings): SmacRules {
  const rules = published[settings.facade]
  return {
    randomProbability: settings.randomProbability ?? rules.randomProbability,
    forest: {
      treeCount: settings.treeCount,
      bootstrap: true,
      splitter: 'random',
      featureRatio: settings.featureRatio ?? rules.featureRatio,
      minSplit: settings.minSplit ?? rules.minSplit,
      minLeaf: settings.minLeaf ?? rules.minLeaf,
      maxDepth: settings.maxDepth ?? rules.maxDepth,
      logTargets: settings.logCosts ?? rules.logCosts,
    },
  }
}
