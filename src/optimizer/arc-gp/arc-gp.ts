import { invariant } from '#src/errors.ts'
import {
  type ArcSetting,
  arcLogPosterior,
  centralSetting,
  maximizeArcSetting,
  sampleArcSettings,
} from '#src/predictor/arc-posterior.ts'
import type { Random } from '#src/random/random.ts'
import type { ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import { searchAcquisition } from '../acquisition-search.ts'
import { bayesianSearch } from '../bayesian-search.ts'
import type { Optimizer, OptimizerEntry } from '../optimizer.ts'
import { perHistory } from '../per-history.ts'
import { byCost, costOf } from '../surrogate-costs.ts'
import { type ArcData, addArcVector, arcData, useArcModel } from './arc-model.ts'
import { arcVectors } from './arc-vectors.ts'
import { ArcGpSettings } from './settings.ts'

// A type, not an interface: only types are assignable to Json.
export type ArcGpState = {
  /** Told trials when the hyperparameters were settled last; 0 for never. */
  readonly fittedTrials: number
  readonly settings: readonly (readonly number[])[]
}

interface Told {
  readonly data: ArcData
  readonly costs: (number | null)[]
}

/**
 * Bayesian optimization with a Gaussian process on the space's parameters, conditional ones included.
 *
 * @remarks
 * - Of the first `initialTrials` trials, and while nothing has an accuracy, each is a new draw. Then a
 *   trial is the new architecture with the largest expected improvement, averaged over settings of
 *   the hyperparameters, that `searchAcquisition` finds. It names the told trial that it descends
 *   from, if any. Where it finds none, a draw follows, with the origin `fallback`.
 * - The settings are the state. A chain of slice sampling goes on from the last of them, drawing from
 *   the stream of the ask that settles them.
 * - A failed trial counts as the worst that was told. What is under way counts as told, with the cost
 *   that the model expects, and is not proposed again.
 *
 * @see Swersky et al. 2013, "Raiders of the Lost Architecture", section 3; Snoek, Larochelle and
 *   Adams 2012, "Practical Bayesian Optimization of Machine Learning Algorithms", section 3.
 */
export function arcGp(space: SearchSpace, settings: ArcGpSettings): Optimizer<ArcGpState> {
  const { dimensions, vectorOf } = arcVectors(parametersOf(space))
  const toldOf = perHistory(
    (): Told => ({ data: arcData(dimensions, settings.kernel), costs: [] }),
    ({ data, costs }, { architecture, valAccuracy }) => {
      addArcVector(data, vectorOf(space.parse(architecture)))
      costs.push(valAccuracy === null ? null : costOf(valAccuracy, settings.target))
    },
  )

  return bayesianSearch<ArcGpState, Told>(space, {
    name: 'arc-gp',
    initialTrials: settings.initialTrials,
    start: { fittedTrials: 0, settings: [] },
    toldOf,
    refit: (state, { data }, targets, random) =>
      refitted(state, settings, { data, targets, random }),
    choose({ told, targets, state, ask: { random, history, pending }, isNew }) {
      const conditions = {
        settings: state.settings,
        targets,
        pending: pending.map(({ architecture }) => vectorOf(space.parse(architecture))),
      }
      return useArcModel(told.data, conditions, (worthOf) =>
        searchAcquisition(space, settings, {
          best: byCost(targets, history),
          worthOf: (architectures) => worthOf(architectures.map(vectorOf)),
          isNew,
          random,
        }),
      )
    },
  })
}

export const arcGpEntry: OptimizerEntry<typeof ArcGpSettings> = {
  name: 'arc-gp',
  mayBlock: true,
  summary:
    'Bayesian optimization with a Gaussian process whose kernel knows conditional parameters',
  source:
    'Swersky et al. 2013, "Raiders of the Lost Architecture: Kernels for Bayesian Optimization in Conditional Parameter Spaces", section 3',
  settings: ArcGpSettings,
  misfit: (space) =>
    space.encodings.parameters
      ? null
      : 'needs a parameter encoding, which the space does not offer',
  create: arcGp,
}

function parametersOf({ name, encodings }: SearchSpace): ParameterEncoding<unknown> {
  const { parameters } = encodings
  invariant(
    parameters !== undefined,
    `The optimizer arc-gp was made for the space ${name}, which has no parameter encoding; ask misfit first`,
  )
  return parameters
}

interface Fitting {
  readonly data: ArcData
  readonly targets: Float64Array
  readonly random: Random
}

/** The state with hyperparameters that fit what was told; the same one while that has hardly grown. */
function refitted(
  state: ArcGpState,
  { hyperparameters, samples, refitGrowth }: ArcGpSettings,
  { data, targets, random }: Fitting,
): ArcGpState {
  const toldCount = targets.length
  const due = Math.max(state.fittedTrials + 1, Math.ceil(state.fittedTrials * (1 + refitGrowth)))
  if (state.settings.length > 0 && toldCount < due) return state
  const start = state.settings.at(-1) ?? centralSetting(data.points.dimensions.length)
  const logPosterior = arcLogPosterior(data.points, targets)
  const found =
    hyperparameters === 'map'
      ? [maximizeArcSetting(start, logPosterior)]
      : sampleArcSettings(start, logPosterior, samples, random.split('hyperparameters'))
  return { fittedTrials: toldCount, settings: found.map(rounded) }
}

/** Three decimals are far finer than what the data tell apart, and keep the state small. */
function rounded(setting: ArcSetting): readonly number[] {
  // The angle stays inside its open range.
  const angle = Math.min(Math.max(setting.at(-1) ?? 0.5, 0.001), 0.999)
  return setting.with(-1, angle).map((entry) => Number(entry.toFixed(3)))
}
