import { symmetricEigen } from '#src/numeric/symmetric-eigen.ts'
import type { Random } from '#src/random/random.ts'
import type { Strategy } from './strategy.ts'

/** The normal distribution that a generation is drawn from, and how it came there. Never changed. */
export interface Distribution {
  readonly generation: number
  readonly mean: Float64Array
  /** Of all coordinates together. */
  readonly deviation: number
  /** Row by row. */
  readonly covariance: Float64Array
  /** Square roots of the covariance's eigenvalues, and its eigenvectors. */
  readonly lengths: Float64Array
  readonly axes: Float64Array
  readonly stepPath: Float64Array
  readonly covariancePath: Float64Array
}

/** Eigenvalues below it are raised, so that the inverse stays finite. */
const leastEigenvalue = 1e-20
const largestDeviation = 1e32

/** @param mean - as many numbers as there are dimensions */
export function firstDistribution(mean: Float64Array, deviation: number): Distribution {
  const size = mean.length
  const covariance = new Float64Array(size * size)
  for (let i = 0; i < size; i++) covariance[i * size + i] = 1
  return {
    generation: 0,
    mean,
    deviation,
    covariance,
    lengths: new Float64Array(size).fill(1),
    axes: covariance.slice(),
    stepPath: new Float64Array(size),
    covariancePath: new Float64Array(size),
  }
}

/** One draw. */
export function drawPoint(from: Distribution, random: Random): Float64Array {
  const { mean, deviation, lengths, axes } = from
  const scaled = lengths.map((length) => length * random.normal())
  const step = multiply(axes, scaled)
  return mean.map((center, i) => center + deviation * (step[i] as number))
}

/**
 * The distribution after a generation.
 *
 * @param ranked - points, best first, as many as the strategy's population; they may come from another
 *   distribution, but should not lie far from this one
 * @param leastDeviations - by coordinate, what its deviation does not fall below; 0 for no limit
 * @see Hansen 2016, "The CMA Evolution Strategy: A Tutorial", figure 6; Jastrebski and Arnold 2006 for
 *   negative weights.
 */
export function nextDistribution(
  { weights, ...strategy }: Strategy,
  from: Distribution,
  ranked: readonly Float64Array[],
  leastDeviations: Float64Array,
): Distribution {
  const { size, parentCount } = strategy
  const steps = ranked.map((point) =>
    point.map((x, i) => (x - (from.mean[i] as number)) / from.deviation),
  )
  const pull = new Float64Array(size)
  for (let rank = 0; rank < parentCount; rank++) {
    addScaled(pull, weights[rank] as number, steps[rank] as Float64Array)
  }
  const mean = from.mean.map((center, i) => center + from.deviation * (pull[i] as number))
  const stepPath = decay(
    from.stepPath,
    strategy.stepRate,
    strategy.effectiveCount,
    whiten(from, pull),
  )
  const pathLength = lengthOf(stepPath)
  const settled = Math.sqrt(1 - (1 - strategy.stepRate) ** (2 * (from.generation + 1)))
  const isStalled = pathLength / settled >= (1.4 + 2 / (size + 1)) * strategy.normalLength
  const covariancePath = decay(
    from.covariancePath,
    strategy.pathRate,
    isStalled ? 0 : strategy.effectiveCount,
    pull,
  )
  const growth =
    (strategy.stepRate / strategy.stepDamping) * (pathLength / strategy.normalLength - 1)
  const deviation = Math.min(from.deviation * Math.exp(growth), largestDeviation)
  const covariance = updateCovariance({ weights, ...strategy }, from, {
    steps,
    covariancePath,
    isStalled,
  })
  widen(covariance, deviation, leastDeviations)
  return {
    ...decompose(covariance, size),
    generation: from.generation + 1,
    mean,
    deviation,
    covariance,
    stepPath,
    covariancePath,
  }
}

/** A path keeps a share of itself and takes a step on; both keep its expected length. */
function decay(
  path: Float64Array,
  rate: number,
  effectiveCount: number,
  step: Float64Array,
): Float64Array {
  const factor = Math.sqrt(rate * (2 - rate) * effectiveCount)
  return path.map((x, i) => (1 - rate) * x + factor * (step[i] as number))
}

interface CovarianceEvidence {
  readonly steps: readonly Float64Array[]
  readonly covariancePath: Float64Array
  readonly isStalled: boolean
}

function updateCovariance(
  { weights, size, rankOneRate, rankMuRate, pathRate }: Strategy,
  from: Distribution,
  { steps, covariancePath, isStalled }: CovarianceEvidence,
): Float64Array {
  const lost = isStalled ? rankOneRate * pathRate * (2 - pathRate) : 0
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const kept = 1 + lost - rankOneRate - rankMuRate * sum
  const covariance = from.covariance.map((entry) => kept * entry)
  addOuter(covariance, rankOneRate, covariancePath)
  for (const [rank, step] of steps.entries()) {
    const weight = weights[rank] as number
    // What went wrong counts by its direction, not by how far it went.
    const scale = weight >= 0 ? 1 : size / (lengthOf(whiten(from, step)) ** 2 + 1e-8)
    addOuter(covariance, rankMuRate * weight * scale, step)
  }
  return covariance
}

/** Raises variances to what keeps each coordinate moving; adding to the diagonal keeps it a covariance. */
function widen(covariance: Float64Array, deviation: number, leastDeviations: Float64Array): void {
  const size = leastDeviations.length
  for (const [i, least] of leastDeviations.entries()) {
    const at = i * size + i
    covariance[at] = Math.max(covariance[at] as number, (least / deviation) ** 2)
  }
}

function decompose(covariance: Float64Array, size: number) {
  const { values, vectors } = symmetricEigen(covariance, size)
  return {
    lengths: values.map((value) => Math.sqrt(Math.max(value, leastEigenvalue))),
    axes: vectors,
  }
}

/** A step in units of the distribution: the inverse root of the covariance times it. */
function whiten({ axes, lengths }: Distribution, step: Float64Array): Float64Array {
  const size = step.length
  const turned = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      turned[j] = (turned[j] as number) + (axes[i * size + j] as number) * (step[i] as number)
    }
  }
  return multiply(
    axes,
    turned.map((x, j) => x / (lengths[j] as number)),
  )
}

function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length
  const product = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j < size; j++) sum += (matrix[i * size + j] as number) * (vector[j] as number)
    product[i] = sum
  }
  return product
}

function addScaled(into: Float64Array, factor: number, vector: Float64Array): void {
  for (let i = 0; i < into.length; i++) {
    into[i] = (into[i] as number) + factor * (vector[i] as number)
  }
}

function addOuter(into: Float64Array, factor: number, vector: Float64Array): void {
  const size = vector.length
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const at = i * size + j
      into[at] = (into[at] as number) + factor * (vector[i] as number) * (vector[j] as number)
    }
  }
}

function lengthOf(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))
}
