import { cholesky } from '#src/numeric/cholesky.ts'
import { sliceSweep } from '#src/numeric/slice-sampling.ts'
import type { Random } from '#src/random/random.ts'
import { type ArcHyperparameters, type ArcPoints, correlationTable } from './arc-points.ts'
import { conditioned } from './gaussian-process.ts'

/**
 * A setting of the hyperparameters as the samplers move it: the logarithms of variance, noise variance
 * and radii, and the angle.
 */
export type ArcSetting = readonly number[]

/** Of the standard deviation of the noise, in standard deviations of the targets. */
const noiseScale = 0.1
const leastNoiseVariance = 1e-6
/** Standard deviations of the logarithms of variance and radii. */
const priorDeviation = 1
/** Width of the brackets of slice sampling, about a standard deviation of the prior. */
const sliceWidth = 1

export function hyperparametersOf(setting: ArcSetting): ArcHyperparameters {
  const [variance = 0, noise = 0, ...rest] = setting
  return {
    variance: Math.exp(variance),
    noiseVariance: leastNoiseVariance + Math.exp(noise),
    radii: rest.slice(0, -1).map(Math.exp),
    angle: rest.at(-1) ?? 0.5,
  }
}

/**
 * The setting where the prior is centred.
 *
 * @remarks The more dimensions, the smaller the radii: two points that differ in half of them are
 * correlated all the same.
 * @see Hvarfner, Hellsten and Nardi 2024, "Vanilla Bayesian Optimization Performs Great in High
 *   Dimensions", section 4 (scaling by the root of the dimension).
 */
export function centralSetting(dimensionCount: number): ArcSetting {
  const radius = centralRadius(dimensionCount)
  const radii = Array.from({ length: dimensionCount }, () => radius)
  return [0, 2 * Math.log(noiseScale), ...radii, 0.5]
}

function centralRadius(dimensionCount: number): number {
  return 0.5 * Math.log(4 / Math.max(4, dimensionCount))
}

/** Log-normal variance and radii, half-normal noise, a Beta(2, 2) angle; up to a constant. */
export function logPrior(setting: ArcSetting): number {
  const angle = setting.at(-1) ?? 0
  if (angle <= 0 || angle >= 1) return Number.NEGATIVE_INFINITY
  const center = centralRadius(setting.length - 3)
  const noiseVariance = Math.exp(setting[1] ?? 0)
  let sum = Math.log(angle * (1 - angle)) - 0.5 * ((setting[0] ?? 0) / priorDeviation) ** 2
  // In the logarithm of the variance, a half-normal deviation has the density e^(-v / 2s^2) v^(1/2).
  sum += 0.5 * (setting[1] ?? 0) - noiseVariance / (2 * noiseScale ** 2)
  for (let index = 2; index < setting.length - 1; index++) {
    sum -= 0.5 * (((setting[index] as number) - center) / priorDeviation) ** 2
  }
  return sum
}

/**
 * Log posterior density of a setting, given standardised targets; up to a constant.
 *
 * @remarks Made for chains that change one coordinate at a time: what the others give is kept.
 */
export function arcLogPosterior(
  points: ArcPoints,
  targets: Float64Array,
): (setting: ArcSetting) => number {
  const kernelOf = kernelBuilder(points)
  let last: { readonly setting: ArcSetting; readonly value: number } | null = null
  const evaluate = (setting: ArcSetting): number => {
    const prior = logPrior(setting)
    if (prior === Number.NEGATIVE_INFINITY) return prior
    const factor = cholesky(kernelOf(hyperparametersOf(setting)), points.length)
    const value = prior + conditioned(factor, targets).logMarginalLikelihood
    return Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY
  }
  return (setting) => {
    if (last?.setting.every((entry, index) => entry === setting[index])) return last.value
    const value = evaluate(setting)
    last = { setting: [...setting], value }
    return value
  }
}

/** The chain's next settings, one a sweep. */
export function sampleArcSettings(
  start: ArcSetting,
  logPosterior: (setting: ArcSetting) => number,
  count: number,
  random: Random,
): readonly ArcSetting[] {
  const settings: ArcSetting[] = []
  let setting = start
  for (let sweep = 0; sweep < count; sweep++) {
    setting = sliceSweep(setting, logPosterior, { width: sliceWidth }, random)
    settings.push(setting)
  }
  return settings
}

/** Steps of the search for the maximum, each tried up and down in every coordinate. */
const ascentSteps = [1, 1, 0.5, 0.25, 0.1] as const
/** The angle moves in a unit range. */
const angleShare = 0.3

/** A setting near the maximum of the posterior density, by steps along one coordinate at a time. */
export function maximizeArcSetting(
  start: ArcSetting,
  logPosterior: (setting: ArcSetting) => number,
): ArcSetting {
  let setting = start
  let value = logPosterior(setting)
  for (const size of ascentSteps) {
    for (let axis = 0; axis < setting.length; axis++) {
      const step = axis === setting.length - 1 ? angleShare * size : size
      for (const move of [step, -step]) {
        const moved = setting.with(axis, (setting[axis] as number) + move)
        const found = logPosterior(moved)
        if (found <= value) continue
        setting = moved
        value = found
        break
      }
    }
  }
  return setting
}

/** Kernel matrices with noise (lower triangles), from the sum of the dimensions' logarithms. */
function kernelBuilder(points: ArcPoints): (hyperparameters: ArcHyperparameters) => Float64Array {
  const { length, codes, values } = points
  const sums = new Float64Array(length * length)
  const matrix = new Float64Array(length * length)
  const tables: Float64Array[] = values.map((present) => new Float64Array(present.length ** 2))
  const shapes = values.map(() => ({ radius: Number.NaN, angle: Number.NaN }))
  const replace = (dimension: number, shape: { radius: number; angle: number }) => {
    const table = correlationTable(points, dimension, shape)
    const change = table.map((entry, index) => entry - (tables[dimension]?.[index] ?? 0))
    tables[dimension] = table
    shapes[dimension] = shape
    const size = values[dimension]?.length ?? 0
    const places = codes[dimension] as readonly number[]
    for (let i = 0; i < length; i++) {
      const row = (places[i] as number) * size
      for (let j = 0; j < i; j++) {
        const entry = i * length + j
        sums[entry] = (sums[entry] as number) + (change[row + (places[j] as number)] as number)
      }
    }
  }
  return ({ variance, noiseVariance, radii, angle }) => {
    for (const [dimension, radius] of radii.entries()) {
      const shape = shapes[dimension]
      const isSame = points.dimensions[dimension] === 'categorical' || shape?.angle === angle
      if (shape?.radius !== radius || !isSame) replace(dimension, { radius, angle })
    }
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < i; j++) {
        matrix[i * length + j] = variance * Math.exp(sums[i * length + j] as number)
      }
      matrix[i * length + i] = variance + noiseVariance
    }
    return matrix
  }
}
