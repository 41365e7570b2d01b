import { z } from 'zod'
import { acquisitions } from './acquisition.ts'

const ensembleSettings = {
  /** `standard`: five nets of ten layers of twenty units; `diverse`: five depths and widths. */
  ensemble: z.enum(['standard', 'diverse']).default('standard'),
  epochs: z.int().min(1).max(100_000).default(150),
  batchSize: z.int().min(1).max(32).default(32),
  learningRate: z.number().positive().max(1).default(0.01),
  /** Mean absolute error, or the one with a lower bound that is used on DARTS. */
  loss: z.enum(['mae', 'mape']).default('mae'),
  /** Of the validation error in percent; only used with `mape`. */
  lowerBound: z.number().min(0).max(100).default(4.5),
}

/** The defaults are those of naszilla, `nas_algorithms.py` and `params.py`. */
export const BananasSettings = z.strictObject({
  /** Random trials at first. */
  initialTrials: z.int().min(1).max(100_000).default(10),
  /** Trials chosen by one fit. */
  roundSize: z.int().min(1).max(64).default(10),
  /** Architectures whose mutants are candidates: the best so far. */
  parents: z.int().min(1).max(1000).default(1),
  /** Candidates of a round, and mutants drawn to get that many new ones. */
  candidates: z.int().min(1).max(100_000).default(100),
  maxMutants: z.int().min(1).max(1_000_000).default(500),
  /** What chooses among them; `random` is the ablation: no predictor, mutants as they were drawn. */
  acquisition: z.enum([...acquisitions, 'random']).default('its'),
  /** What the nets see; `auto`: paths where the space has them, else the adjacency, else parameters. */
  encoding: z.enum(['auto', 'path', 'adjacency', 'parameters']).default('auto'),
  /**
   * Leading numbers of the path encoding that are used: a count, `usual` for what the source of the
   * encoding uses, or `none` for all.
   */
  truncation: z.union([z.int().min(1), z.enum(['usual', 'none'])]).default('usual'),
  ...ensembleSettings,
})
export type BananasSettings = z.infer<typeof BananasSettings>
