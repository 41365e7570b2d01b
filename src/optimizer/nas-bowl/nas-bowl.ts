import { addWlItem, wlItem } from '#src/predictor/wl-graphs.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { searchAcquisition } from '../acquisition-search.ts'
import { architectureLayers, layersMisfit } from '../architecture-layers.ts'
import { bayesianSearch } from '../bayesian-search.ts'
import type { Optimizer, OptimizerEntry } from '../optimizer.ts'
import { perHistory } from '../per-history.ts'
import { byCost, costOf, standardizedCosts } from '../surrogate-costs.ts'
import { NasBowlSettings } from './settings.ts'
import { likeliestSetting, useWlModel, type WlData, wlData } from './wl-model.ts'

interface Told {
  readonly data: WlData
  readonly costs: (number | null)[]
}

/**
 * Bayesian optimization with a Gaussian process on graphs, whose Weisfeiler-Lehman kernel counts the
 * neighbourhoods of layers that two architectures have in common.
 *
 * @remarks
 * - Of the first `initialTrials` trials, and while nothing has an accuracy, each is a new draw. Then a
 *   trial is the new architecture with the largest expected improvement among draws and mutants of the
 *   best; it names the told trial that it descends from, if any. Where no candidate is new, a draw
 *   follows, with the origin `fallback`.
 * - Rounds and noise are chosen by marginal likelihood from a fixed part of the history: the first
 *   `initialTrials`, then by `refitGrowth` more each time. So nothing is kept in the state, and no
 *   random number is spent on it.
 * - A failed trial counts as the worst that was told. What is under way counts as told, with the cost
 *   that the model expects, and is not proposed again.
 *
 * @see Ru et al. 2021, "Interpretable Neural Architecture Search via Bayesian Optimisation with
 *   Weisfeiler-Lehman Kernels", section 3.
 */
export function nasBowl(space: SearchSpace, settings: NasBowlSettings): Optimizer<null> {
  const graphsOf = architectureLayers(space)
  const toldOf = perHistory(
    (): Told => ({ data: wlData(settings.maxRounds, settings.variant), costs: [] }),
    ({ data, costs }, { architecture, valAccuracy }) => {
      addWlItem(data.graphs, wlItem(data.graphs, graphsOf(space.parse(architecture))))
      costs.push(valAccuracy === null ? null : costOf(valAccuracy, settings.target))
    },
  )

  return bayesianSearch<null, Told>(space, {
    name: 'nas-bowl',
    initialTrials: settings.initialTrials,
    start: null,
    toldOf,
    choose({ told: { data, costs }, targets, ask: { random, history, pending }, isNew }) {
      const itemOf = (architecture: unknown) => wlItem(data.graphs, graphsOf(architecture))
      const fitted = standardizedCosts(costs.slice(0, fitLength(costs.length, settings)))
      const conditions = {
        setting: likeliestSetting(data, fitted ?? targets),
        targets,
        pending: pending.map(({ architecture }) => itemOf(space.parse(architecture))),
      }
      return useWlModel(data, conditions, (worthOf) =>
        searchAcquisition(space, settings, {
          best: byCost(targets, history),
          worthOf: (architectures) => worthOf(architectures.map(itemOf)),
          isNew,
          random,
        }),
      )
    },
  })
}

export const nasBowlEntry: OptimizerEntry<typeof NasBowlSettings> = {
  name: 'nas-bowl',
  summary:
    'Bayesian optimization with a Gaussian process on graphs and the Weisfeiler-Lehman kernel',
  source:
    'Ru et al. 2021, "Interpretable Neural Architecture Search via Bayesian Optimisation with Weisfeiler-Lehman Kernels", section 3; NASLib gpwl.py',
  settings: NasBowlSettings,
  mayBlock: true,
  misfit: layersMisfit,
  create: nasBowl,
}

/** How many of the told trials decide on rounds and noise; at least one. */
function fitLength(toldCount: number, { initialTrials, refitGrowth }: NasBowlSettings): number {
  let length = Math.min(initialTrials, toldCount)
  for (;;) {
    const next = Math.max(length + 1, Math.ceil(length * (1 + refitGrowth)))
    if (next > toldCount) return length
    length = next
  }
}
