import { z } from 'zod'
import type { ParzenRules } from '#src/predictor/parzen.ts'

export const TpeSettings = z.strictObject({
  /**
   * Whose rules hold where a setting below is absent: those of hyperopt, or of Optuna 5, whose joint
   * density finds much better architectures.
   */
  rules: z.enum(['hyperopt', 'optuna']).default('optuna'),
  /** Trials drawn from the prior first, refused ones counting: 20 (hyperopt), 10 (Optuna). */
  startupTrials: z.int().min(1).max(100_000).optional(),
  /**
   * How many of n trials are good, at most 25: `sqrt` for a quarter of the root of n (hyperopt),
   * `linear` for a tenth of n (Optuna), rounded up.
   */
  gamma: z.enum(['sqrt', 'linear']).optional(),
  /** Draws from the good density, of which the best ratio is proposed. */
  candidates: z.int().min(1).max(100_000).default(24),
  /** Weight of the prior beside a young observation's 1. */
  priorWeight: z.number().positive().max(1000).default(1),
  /**
   * What is modelled together: `none`, each parameter by itself (hyperopt); `always-active`, the
   * parameters that every trial so far has (Optuna); `group`, in a conditional space each set of
   * parameters that come and go together (Optuna's group).
   */
  joint: z.enum(['none', 'always-active', 'group']).optional(),
  /** Widths of numeric kernels: see `BandwidthRule`; `with-prior` (hyperopt), `observations` (Optuna). */
  bandwidth: z.enum(['with-prior', 'observations', 'scott']).optional(),
  /** What is cut off at the ends of a range: see `ParzenRules`; `mixture` (hyperopt), `component` (Optuna). */
  truncation: z.enum(['mixture', 'component']).optional(),
  /** A categorical parameter by itself: see `ParzenRules`; `counts` (hyperopt), `rows` (Optuna). */
  categorical: z.enum(['counts', 'rows']).optional(),
  /** What is under way: counts among the bad (a constant liar), or is not looked at, as in hyperopt. */
  pending: z.enum(['bad', 'ignore']).default('bad'),
  /**
   * What becomes of a proposal that is no architecture of the space: the model is told that it is
   * worse than any accuracy, or it is only drawn again. Neither costs a trial.
   */
  invalid: z.enum(['tell', 'redraw']).default('tell'),
  /** Whether to draw again while the network was proposed before, from ever fewer candidates. */
  unique: z.boolean().default(false),
  /** Draws of one ask: after them a draw of the space itself, or a known network, is proposed. */
  maxDraws: z.int().min(1).max(10_000).default(200),
})
export type TpeSettings = z.infer<typeof TpeSettings>

/** Settings with nothing left open. */
export interface TpeRules extends ParzenRules {
  readonly startupTrials: number
  readonly gamma: 'sqrt' | 'linear'
  readonly joint: 'none' | 'always-active' | 'group'
}

type Open = 'startupTrials' | 'gamma' | 'joint' | 'bandwidth' | 'truncation' | 'categorical'

/** @see hyperopt `tpe.py`; Optuna `samplers/_tpe/sampler.py`. */
const published: Readonly<Record<TpeSettings['rules'], Pick<TpeRules, Open>>> = {
  hyperopt: {
    startupTrials: 20,
    gamma: 'sqrt',
    joint: 'none',
    bandwidth: 'with-prior',
    truncation: 'mixture',
    categorical: 'counts',
  },
  optuna: {
    startupTrials: 10,
    gamma: 'linear',
    joint: 'always-active',
    bandwidth: 'observations',
    truncation: 'component',
    categorical: 'rows',
  },
}

export function tpeRules(settings: TpeSettings): TpeRules {
  const rules = published[settings.rules]
  return {
    priorWeight: settings.priorWeight,
    startupTrials: settings.startupTrials ?? rules.startupTrials,
    gamma: settings.gamma ?? rules.gamma,
    joint: settings.joint ?? rules.joint,
    bandwidth: settings.bandwidth ?? rules.bandwidth,
    truncation: settings.truncation ?? rules.truncation,
    categorical: settings.categorical ?? rules.categorical,
  }
}

/** How many of the trials count as good. */
export function goodCount(gamma: TpeRules['gamma'], trials: number): number {
  return Math.min(Math.ceil(gamma === 'sqrt' ? 0.25 * Math.sqrt(trials) : 0.1 * trials), 25)
}
