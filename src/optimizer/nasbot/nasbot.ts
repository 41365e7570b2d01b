import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import { layersMisfit } from '../architecture-layers.ts'
import { bayesianSearch } from '../bayesian-search.ts'
import type { Optimizer, OptimizerEntry } from '../optimizer.ts'
import { perHistory } from '../per-history.ts'
import { costOf } from '../surrogate-costs.ts'
import { evolveAcquisition } from './evolve-acquisition.ts'
import { type FittedFactor, likeliestSetting, nasbotModel } from './nasbot-model.ts'
import {
  measured,
  type NetworkDistances,
  networkDistances,
  networkReader,
  pairComparison,
} from './network-distances.ts'
import { NasbotSettings } from './settings.ts'

// A type, not an interface: only types are assignable to Json.
export type NasbotState = {
  /** Told trials when the hyperparameters were settled last; 0 for never. */
  readonly fittedTrials: number
  readonly setting: readonly number[]
}

interface Told {
  readonly distances: NetworkDistances
  readonly costs: (number | null)[]
  readonly fitted: FittedFactor
}

/**
 * Bayesian optimization with a Gaussian process on the optimal-transport distances of networks.
 *
 * @remarks
 * - Of the first `initialTrials` trials, and while nothing has an accuracy, each is a new draw. Then a
 *   trial is the new network with the largest expected improvement that an evolution of mutants of what
 *   was told finds; it names the told trial that it descends from. Where all mutants are known, a draw
 *   follows, with the origin `fallback`.
 * - The hyperparameters are the state. They are settled with draws from the stream of the ask that does
 *   it.
 * - A failed trial counts as the worst that was told. What is under way counts as told, with the cost
 *   that the model expects, and is not proposed again.
 *
 * @see Kandasamy et al. 2018, "Neural Architecture Search with Bayesian Optimisation and Optimal
 *   Transport", sections 3 and 4.
 */
export function nasbot(space: SearchSpace, settings: NasbotSettings): Optimizer<NasbotState> {
  const pairOf = pairComparison()
  const networkOf = networkReader(space, pairOf)
  const toldOf = perHistory(
    (): Told => ({ distances: networkDistances(), costs: [], fitted: { known: null } }),
    ({ distances, costs }, { architecture, valAccuracy }) => {
      distances.told.push(networkOf(distances, space.parse(architecture)))
      costs.push(valAccuracy === null ? null : costOf(valAccuracy, settings.target))
    },
  )

  return bayesianSearch<NasbotState, Told>(space, {
    name: 'nasbot',
    initialTrials: settings.initialTrials,
    start: { fittedTrials: 0, setting: [] },
    toldOf,
    refit: (state, told, targets, random) => refitted(state, settings, { told, targets, random }),
    choose({ told: { distances, fitted }, targets, state, ask, isNew }) {
      const { trial, random, history, pending } = ask
      const read = (architecture: unknown) => networkOf(distances, architecture)
      const told = distances.told.map((network) => measured(network, distances, pairOf))
      const underWay = pending.map(({ architecture }) => read(space.parse(architecture)))
      const worthOf = nasbotModel(told, { ...state, targets, pending: underWay, pairOf }, fitted)
      const evolved = evolveAcquisition(space, settings, {
        told: all(history),
        worths: worthOf(told),
        worthOf: (architectures) => worthOf(architectures.map(read)),
        evaluations: evaluationsAt(trial, settings),
        random,
      })
      return evolved.find(({ architecture }) => isNew(space.canonical(architecture))) ?? null
    },
  })
}

export const nasbotEntry: OptimizerEntry<typeof NasbotSettings> = {
  name: 'nasbot',
  summary:
    'Bayesian optimization with a Gaussian process on optimal-transport distances of networks',
  source:
    'Kandasamy et al. 2018, "Neural Architecture Search with Bayesian Optimisation and Optimal Transport", sections 3 and 4',
  settings: NasbotSettings,
  mayBlock: true,
  misfit: layersMisfit,
  create: nasbot,
}

interface Fitting {
  readonly told: Told
  readonly targets: Float64Array
  readonly random: Random
}

/** The state with hyperparameters that fit what was told; the same one between two fits. */
function refitted(
  state: NasbotState,
  { refitEvery, settingDraws }: NasbotSettings,
  { told, targets, random }: Fitting,
): NasbotState {
  const toldCount = targets.length
  const isFirst = state.setting.length === 0
  if (!isFirst && toldCount < state.fittedTrials + refitEvery) return state
  const setting = likeliestSetting(told.distances.told, targets, {
    start: isFirst ? null : state.setting,
    draws: settingDraws,
    random: random.split('hyperparameters'),
  })
  return { fittedTrials: toldCount, setting: setting.map((entry) => Number(entry.toFixed(4))) }
}

function evaluationsAt(
  trial: number,
  { evaluationFactor, evaluationsMin, evaluationsMax }: NasbotSettings,
): number {
  const wanted = Math.round(evaluationFactor * Math.sqrt(trial))
  return Math.min(Math.max(wanted, evaluationsMin), evaluationsMax)
}

function all(history: History) {
  return Array.from({ length: history.length }, (_, position) => history.at(position))
}
