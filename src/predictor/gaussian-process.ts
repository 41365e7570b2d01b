/**
 * Gaussian-process regression on whatever a kernel can compare: vectors, graphs, networks. The
 * kernel's values come in as numbers, so that one posterior serves every kernel.
 *
 * @see Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", algorithm 2.1.
 */
import { invariant } from '#src/errors.ts'
import {
  type CholeskyFactor,
  cholesky,
  logDeterminant,
  solve,
  solveLower,
  squaredSolutions,
} from '#src/numeric/cholesky.ts'
import type { Prediction } from './predictor.ts'

export interface GaussianProcess {
  /** Measured targets. */
  readonly size: number
  /** log p(targets): how well the kernel's settings explain what was measured. */
  readonly logMarginalLikelihood: number
  /**
   * The number by which kernel and noise are multiplied where the targets are most likely: how large
   * the variances have to be.
   */
  readonly scale: number
  /** `logMarginalLikelihood` with kernel and noise times `scale`. */
  readonly profileLogLikelihood: number
  /**
   * @param cross - kernel between the point and each training point, in their order
   * @param self - kernel of the point with itself
   * @returns the latent function's moments: the variance holds no noise
   */
  predict(cross: Float64Array, self: number): Prediction
  /** As `predict` for many points, faster: `crosses` one after the other, shape (points, n). */
  predictAll(crosses: Float64Array, selves: Float64Array): readonly Prediction[]
}

/** Variances below this are rounding. */
const leastVariance = 1e-12

/**
 * Conditions a Gaussian process of constant mean on measured targets; O(n^3) once, O(n^2) a point.
 *
 * @param gram - kernel of every pair, row-major, shape (n, n), without noise
 * @param targets - n numbers
 * @param noiseVariance - in squared units of the targets, at least 0
 * @param mean - of the process before anything was measured
 */
export function gaussianProcess(
  gram: Float64Array,
  targets: Float64Array,
  { noiseVariance, mean = 0 }: { readonly noiseVariance: number; readonly mean?: number },
): GaussianProcess {
  const n = targets.length
  invariant(n > 0 && gram.length === n * n, `A process of ${n} targets needs ${n} x ${n} kernels`)
  const noisy = Float64Array.from(gram)
  for (let i = 0; i < n; i++) noisy[i * n + i] = (noisy[i * n + i] as number) + noiseVariance
  return conditioned(cholesky(noisy, n), targets, mean)
}

/**
 * The same from the factor of the kernel matrix with its noise: one that grew with the measurements,
 * or one kernel matrix for several targets.
 */
export function conditioned(
  factor: CholeskyFactor,
  targets: Float64Array,
  mean = 0,
): GaussianProcess {
  const n = targets.length
  invariant(n === factor.size, `A factor of ${factor.size} rows cannot explain ${n} targets`)
  const centred = targets.map((target) => target - mean)
  const weights = solve(factor, centred)
  const misfit = dot(centred, weights)
  const constant = -0.5 * logDeterminant(factor) - (n / 2) * Math.log(2 * Math.PI)
  // Targets that are all at the mean say nothing of a scale.
  const scale = misfit > 0 ? misfit / n : 1
  return {
    size: n,
    logMarginalLikelihood: constant - 0.5 * misfit,
    scale,
    profileLogLikelihood: constant - (n / 2) * Math.log(scale) - 0.5 * (misfit / scale),
    predict(cross, self) {
      const explained = solveLower(factor, cross)
      return {
        mean: mean + dot(cross, weights),
        variance: Math.max(leastVariance, self - dot(explained, explained)),
      }
    },
    predictAll(crosses, selves) {
      const explained = squaredSolutions(factor, crosses)
      return Array.from(selves, (self, index) => ({
        mean: mean + dot(crosses.subarray(index * n, (index + 1) * n), weights),
        variance: Math.max(leastVariance, self - (explained[index] as number)),
      }))
    },
  }
}

function dot(first: Float64Array, second: Float64Array): number {
  let sum = 0
  for (let i = 0; i < second.length; i++) sum += (first[i] as number) * (second[i] as number)
  return sum
}
