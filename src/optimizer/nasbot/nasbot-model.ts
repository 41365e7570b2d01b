import { type CholeskyFactor, cholesky, extendCholesky } from '#src/numeric/cholesky.ts'
import { expectedImprovement } from '#src/predictor/expected-improvement.ts'
import { conditioned } from '#src/predictor/gaussian-process.ts'
import {
  drawSetting,
  moveSetting,
  noiseVarianceOf,
  type OtmannSetting,
  otmannKernels,
  projectPositive,
  selfKernel,
} from '#src/predictor/otmann-kernel.ts'
import type { Random } from '#src/random/random.ts'
import type { ComparedNetwork, ComparePair } from './network-distances.ts'

/** Settings near the one so far, of those that are tried. */
const nearShare = 0.5
/** What a kernel matrix may lack to be positive semidefinite, as a share of its diagonal. */
const positiveTolerance = 1e-8

/**
 * The likeliest of some settings: of the one so far, of moves of the best yet, and of draws from the
 * prior.
 *
 * @param told - each with its distances to all before it, at least
 * @param targets - standardised costs
 */
export function likeliestSetting(
  told: readonly ComparedNetwork[],
  targets: Float64Array,
  { start, draws, random }: { start: OtmannSetting | null; draws: number; random: Random },
): OtmannSetting {
  const likelihoodOf = (setting: OtmannSetting) => {
    const factor = extendCholesky(empty, noisyRows(told, setting, 0))
    return factor === null
      ? Number.NEGATIVE_INFINITY
      : conditioned(factor, targets).logMarginalLikelihood
  }
  const first = start ?? drawSetting(random)
  let best = { setting: first, value: likelihoodOf(first) }
  for (let draw = 1; draw < draws; draw++) {
    const isNear = random.bernoulli(nearShare)
    const setting = isNear ? moveSetting(best.setting, random) : drawSetting(random)
    const value = likelihoodOf(setting)
    if (value > best.value) best = { setting, value }
  }
  return best.setting
}

export interface NasbotConditions {
  readonly setting: OtmannSetting
  /** Told trials when the setting was chosen: up to there the kernel matrix is projected. */
  readonly fittedTrials: number
  /** Standardised costs of all that was told. */
  readonly targets: Float64Array
  /** Under way: counts as if told, each with the cost that is expected of it. */
  readonly pending: readonly ComparedNetwork[]
  readonly pairOf: ComparePair
}

/** The factor of the fitted trials, which stays until the next fit. */
export interface FittedFactor {
  known: { readonly name: string; readonly factor: CholeskyFactor } | null
}

/** The expected improvement of each of some networks. */
export type NasbotWorth = (networks: readonly ComparedNetwork[]) => Float64Array

export function nasbotModel(
  told: readonly ComparedNetwork[],
  { setting, fittedTrials, targets, pending, pairOf }: NasbotConditions,
  fitted: FittedFactor,
): NasbotWorth {
  const n = told.length
  const self = selfKernel(setting)
  const start = fittedFactor(told.slice(0, fittedTrials), setting, fitted)
  const factor = grown(start, told, setting)
  const process = conditioned(factor, targets)
  const believed = pending.map(
    ({ pairs }) => process.predict(otmannKernels(setting, pairs, n), self).mean,
  )
  const costs = Float64Array.of(...targets, ...believed)
  const incumbent = costs.reduce((least, cost) => Math.min(least, cost))
  /** With the distances to what is under way behind those to what was told. */
  const withPending = (network: ComparedNetwork, others: readonly ComparedNetwork[]) => {
    if (others.length === 0) return network
    return {
      ...network,
      pairs: [...network.pairs, ...others.flatMap((other) => pairOf(network, other))],
    }
  }
  const underWay = pending.map((network, index) => withPending(network, pending.slice(0, index)))
  const all = [...told, ...underWay]
  const whole = pending.length === 0 ? process : conditioned(grown(start, all, setting), costs)
  return (networks) => {
    const crosses = new Float64Array(networks.length * all.length)
    for (const [index, network] of networks.entries()) {
      const { pairs } = withPending(network, pending)
      crosses.set(otmannKernels(setting, pairs, all.length), index * all.length)
    }
    const beliefs = whole.predictAll(crosses, new Float64Array(networks.length).fill(self))
    return Float64Array.from(beliefs, ({ mean, variance }) =>
      expectedImprovement(incumbent, mean, variance),
    )
  }
}

const empty: CholeskyFactor = { size: 0, entries: new Float64Array(0), jitter: 0 }

/**
 * A factor of the kernel matrix with noise and its further rows: as they are while that works, or
 * else of the whole, made positive semidefinite.
 */
function grown(
  start: CholeskyFactor,
  networks: readonly ComparedNetwork[],
  setting: OtmannSetting,
): CholeskyFactor {
  const factor = extendCholesky(start, noisyRows(networks, setting, start.size))
  return factor ?? projectedFactor(networks, setting)
}

function fittedFactor(
  networks: readonly ComparedNetwork[],
  setting: OtmannSetting,
  fitted: FittedFactor,
): CholeskyFactor {
  const name = JSON.stringify([networks.length, setting])
  if (fitted.known?.name !== name) {
    fitted.known = { name, factor: projectedFactor(networks, setting) }
  }
  return fitted.known.factor
}

/** Of the kernel matrix, made positive semidefinite, with noise. */
function projectedFactor(
  networks: readonly ComparedNetwork[],
  setting: OtmannSetting,
): CholeskyFactor {
  const size = networks.length
  const self = selfKernel(setting)
  const rows = kernelRows(networks, setting)
  const isPositive = extendCholesky({ ...empty, jitter: positiveTolerance * self }, rows) !== null
  const matrix = new Float64Array(size * size)
  for (const [i, row] of rows.entries()) {
    for (const [j, kernel] of row.entries()) {
      matrix[i * size + j] = kernel
      matrix[j * size + i] = kernel
    }
  }
  const projected = isPositive ? matrix : projectPositive(matrix, size)
  const noise = noiseVarianceOf(setting)
  for (let i = 0; i < size; i++)
    projected[i * size + i] = (projected[i * size + i] as number) + noise
  return cholesky(projected, size)
}

function kernelRows(
  networks: readonly ComparedNetwork[],
  setting: OtmannSetting,
  first = 0,
): readonly Float64Array[] {
  const self = selfKernel(setting)
  return networks.slice(first).map(({ pairs }, offset) => {
    const row = new Float64Array(first + offset + 1)
    row.set(otmannKernels(setting, pairs, first + offset))
    row[first + offset] = self
    return row
  })
}

function noisyRows(
  networks: readonly ComparedNetwork[],
  setting: OtmannSetting,
  first: number,
): readonly Float64Array[] {
  const noise = noiseVarianceOf(setting)
  return kernelRows(networks, setting, first).map((row) => {
    row[row.length - 1] = (row[row.length - 1] as number) + noise
    return row
  })
}
