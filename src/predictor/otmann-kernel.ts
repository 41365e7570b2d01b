/**
 * A similarity of networks from their optimal-transport distances.
 *
 * @see Kandasamy et al. 2018, "Neural Architecture Search with Bayesian Optimisation and Optimal
 *   Transport", section 3.2; its code `nn/nn_gp.py`, kernel `lpemd_sum`.
 */
import { symmetricEigen } from '#src/numeric/symmetric-eigen.ts'
import type { Random } from '#src/random/random.ts'
import { structureWeights } from './otmann.ts'

/**
 * Logarithms of the noise variance, of the two variances, and of one factor for each distance and
 * each normalised one; for targets of variance 1.
 */
export type OtmannSetting = readonly number[]

/** Distances of a pair: one a structure weight, then the squares of the normalised ones. */
export const pairSize = 2 * structureWeights.length

/** Ranges of the hyperparameters, log-uniform. */
const ranges: readonly (readonly [number, number])[] = [
  [0.005, 0.2],
  [0.01, 100],
  [0.01, 100],
  ...structureWeights.map(() => [1e-9, 1e-3] as const),
  ...structureWeights.map(() => [0.1, 100] as const),
]
/** How far a setting moves, as a share of the range's logarithm. */
const moveShare = 0.1

export function noiseVarianceOf(setting: OtmannSetting): number {
  return Math.exp(setting[0] as number)
}

/** The kernel of a network with itself. */
export function selfKernel(setting: OtmannSetting): number {
  return Math.exp(setting[1] as number) + Math.exp(setting[2] as number)
}

/** The kernel of every pair in a row of `pairSize` numbers each. */
export function otmannKernels(
  setting: OtmannSetting,
  pairs: ArrayLike<number>,
  count: number,
): Float64Array {
  const [, first = 0, second = 0, ...rest] = setting.map(Math.exp)
  const kernels = new Float64Array(count)
  const half = structureWeights.length
  for (let pair = 0; pair < count; pair++) {
    let distance = 0
    let normalised = 0
    for (let index = 0; index < half; index++) {
      const at = pair * pairSize + index
      distance += (rest[index] as number) * (pairs[at] as number)
      normalised += (rest[half + index] as number) * (pairs[at + half] as number)
    }
    kernels[pair] = first * Math.exp(-distance) + second * Math.exp(-normalised)
  }
  return kernels
}

/** A setting from the prior. */
export function drawSetting(random: Random): OtmannSetting {
  return ranges.map(([lower, upper]) => {
    return Math.log(lower) + random.uniform() * Math.log(upper / lower)
  })
}

/** A setting near another one, inside the ranges. */
export function moveSetting(setting: OtmannSetting, random: Random): OtmannSetting {
  return setting.map((entry, index) => {
    const [lower, upper] = ranges[index] as readonly [number, number]
    const moved = entry + moveShare * Math.log(upper / lower) * random.normal()
    return Math.min(Math.max(moved, Math.log(lower)), Math.log(upper))
  })
}

/** Eigenvalues nearer to 0 than this share of the largest are 0, but for rounding. */
const zeroShare = 1e-12

/**
 * The positive semidefinite matrix that is nearest: negative eigenvalues become 0.
 *
 * @param matrix - symmetric, row-major
 * @see Higham 1988, "Computing a Nearest Symmetric Positive Semidefinite Matrix", theorem 2.1.
 */
export function projectPositive(matrix: Float64Array, size: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, size)
  const projected = matrix.slice()
  const least = -zeroShare * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const vector = new Float64Array(size)
  for (let index = 0; index < size; index++) {
    const value = values[index] as number
    if (value >= least) continue
    for (let i = 0; i < size; i++) vector[i] = vectors[i * size + index] as number
    addOuterProduct(projected, vector, -value)
  }
  return projected
}

/** Adds a vector's products with itself to a matrix, in place. */
function addOuterProduct(matrix: Float64Array, vector: Float64Array, factor: number): void {
  const size = vector.length
  for (let i = 0; i < size; i++) {
    const scaled = factor * (vector[i] as number)
    for (let j = 0; j < size; j++) {
      matrix[i * size + j] = (matrix[i * size + j] as number) + scaled * (vector[j] as number)
    }
  }
}
