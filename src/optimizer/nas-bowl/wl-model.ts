import { type CholeskyFactor, cholesky, extendCholesky } from '#src/numeric/cholesky.ts'
import { expectedImprovement } from '#src/predictor/expected-improvement.ts'
import { conditioned, type GaussianProcess } from '#src/predictor/gaussian-process.ts'
import {
  addWlItem,
  removeWlItem,
  type WlGraphs,
  type WlItem,
  wlCross,
  wlGraphs,
} from '#src/predictor/wl-graphs.ts'
import type { WlVariant } from '#src/predictor/wl-kernel.ts'

/** What the kernel hangs on. */
export interface WlSetting {
  readonly rounds: number
  /** Noise variance as a share of the latent function's. */
  readonly noise: number
}

/** All that was told, with what has been worked out for it. */
export interface WlData {
  readonly graphs: WlGraphs
  /** By the number of told trials that they were chosen from. */
  readonly settings: Map<number, WlSetting>
  /** Grows with the graphs while the setting stays. */
  factor: { readonly setting: WlSetting; readonly factor: CholeskyFactor } | null
}

export function wlData(maxRounds: number, variant: WlVariant): WlData {
  return { graphs: wlGraphs(maxRounds, variant), settings: new Map(), factor: null }
}

/** Noise variances that are tried, as shares of the latent function's. */
const noises = [1e-4, 1e-3, 1e-2, 3e-2, 1e-1] as const

/**
 * The setting under which the first targets are most likely, with the variance that suits it best.
 *
 * @param targets - standardised, of the first items
 */
export function likeliestSetting({ graphs, settings }: WlData, targets: Float64Array): WlSetting {
  const known = settings.get(targets.length)
  if (known) return known
  let best = { setting: { rounds: 0, noise: noises[0] as number }, value: Number.NEGATIVE_INFINITY }
  for (let rounds = 0; rounds <= graphs.rounds; rounds++) {
    for (const noise of noises) {
      const setting = { rounds, noise }
      const process = conditioned(factorOf(graphs, setting, targets.length), targets)
      const value = process.profileLogLikelihood
      if (value > best.value) best = { setting, value }
    }
  }
  settings.set(targets.length, best.setting)
  return best.setting
}

/** The expected improvement of each of some items. */
export type WlWorth = (items: readonly WlItem[]) => Float64Array

export interface WlConditions {
  readonly setting: WlSetting
  /** Standardised costs of all that was told. */
  readonly targets: Float64Array
  /** Under way: counts as if told, each with the cost that is expected of it. */
  readonly pending: readonly WlItem[]
}

/** Makes a model of what was told and what is under way, for as long as it is used. */
export function useWlModel<T>(
  data: WlData,
  { setting, targets, pending }: WlConditions,
  use: (worthOf: WlWorth) => T,
): T {
  const { graphs } = data
  const factor = grown(data, setting)
  const told = conditioned(factor, targets)
  const believed = pending.map(
    (item) => told.predict(wlCross(graphs, item, setting.rounds).at(-1) as Float64Array, 1).mean,
  )
  for (const item of pending) addWlItem(graphs, item)
  try {
    const costs = Float64Array.of(...targets, ...believed)
    const process =
      pending.length === 0 ? told : conditioned(extended(factor, graphs, setting), costs)
    const incumbent = costs.reduce((least, cost) => Math.min(least, cost))
    const { scale } = told
    return use((items) => improvements(items, { graphs, setting, process, incumbent, scale }))
  } finally {
    for (const _ of pending) removeWlItem(graphs)
  }
}

interface Model {
  readonly graphs: WlGraphs
  readonly setting: WlSetting
  readonly process: GaussianProcess
  readonly incumbent: number
  /** Variance of the latent function. */
  readonly scale: number
}

function improvements(items: readonly WlItem[], model: Model): Float64Array {
  const { graphs, setting, process, incumbent, scale } = model
  const n = process.size
  const crosses = new Float64Array(items.length * n)
  for (const [index, item] of items.entries()) {
    crosses.set(wlCross(graphs, item, setting.rounds).at(-1) as Float64Array, index * n)
  }
  const beliefs = process.predictAll(crosses, new Float64Array(items.length).fill(1))
  return Float64Array.from(beliefs, ({ mean, variance }) =>
    expectedImprovement(incumbent, mean, scale * variance),
  )
}

/** The factor of all that was told, kept while the setting stays. */
function grown(data: WlData, setting: WlSetting): CholeskyFactor {
  const { graphs, factor: known } = data
  const isKept = known?.setting.rounds === setting.rounds && known.setting.noise === setting.noise
  const factor = isKept
    ? extended(known.factor, graphs, setting)
    : factorOf(graphs, setting, graphs.items.length)
  data.factor = { setting, factor }
  return factor
}

function extended(factor: CholeskyFactor, graphs: WlGraphs, setting: WlSetting): CholeskyFactor {
  const rows = noisyRows(graphs, setting, graphs.items.length).slice(factor.size)
  return extendCholesky(factor, rows) ?? factorOf(graphs, setting, graphs.items.length)
}

function factorOf(graphs: WlGraphs, setting: WlSetting, count: number): CholeskyFactor {
  const matrix = new Float64Array(count * count)
  for (const [index, row] of noisyRows(graphs, setting, count).entries()) {
    matrix.set(row, index * count)
  }
  return cholesky(matrix, count)
}

function noisyRows(
  { rows }: WlGraphs,
  { rounds, noise }: WlSetting,
  count: number,
): readonly Float64Array[] {
  return (rows[rounds] ?? []).slice(0, count).map((row, index) => {
    const noisy = Float64Array.from(row)
    noisy[index] = (noisy[index] as number) + noise
    return noisy
  })
}
