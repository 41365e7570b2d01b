import { describe, expect, it } from 'vitest'
import { addArcPoint, arcCross, arcPoints } from '#src/predictor/arc-points.ts'
import {
  arcLogPosterior,
  centralSetting,
  hyperparametersOf,
  logPrior,
  maximizeArcSetting,
  sampleArcSettings,
} from '#src/predictor/arc-posterior.ts'
import { gaussianProcess } from '#src/predictor/gaussian-process.ts'
import { Random } from '#src/random/random.ts'

/** Points whose target hangs on the first number alone. */
function problem(count: number) {
  const random = Random.named('arc posterior')
  const points = arcPoints(['numeric', 'numeric', 'categorical'], 'matern-5/2')
  const vectors = Array.from({ length: count }, () =>
    Float64Array.of(random.uniform(), random.bernoulli(0.3) ? -1 : random.uniform(), random.int(3)),
  )
  for (const vector of vectors) addArcPoint(points, vector)
  const targets = Float64Array.from(vectors, ([x = 0]) => 1.5 * Math.sin(6 * x))
  return { points, vectors, targets }
}

const settings = [
  [0.3, -3, 0.2, -0.4, 0.1, 0.7],
  // Coordinates change one at a time, as in a chain, and come back.
  [0.3, -3, 0.9, -0.4, 0.1, 0.7],
  [0.3, -3, 0.9, -0.4, 0.1, 0.2],
  [0.3, -3, 0.2, -0.4, -1, 0.7],
  [0.3, -3, 0.2, -0.4, 0.1, 0.7],
]

describe('posterior of the hyperparameters', () => {
  it('is prior and marginal likelihood together, whatever was asked before', () => {
    const { points, vectors, targets } = problem(12)
    const logPosterior = arcLogPosterior(points, targets)
    for (const setting of settings) {
      const hyperparameters = hyperparametersOf(setting)
      const cross = arcCross(points, hyperparameters)
      const gram = Float64Array.from(vectors.flatMap((vector) => [...cross(vector, 12)]))
      const { logMarginalLikelihood } = gaussianProcess(gram, targets, hyperparameters)
      expect(logPosterior(setting)).toBeCloseTo(logMarginalLikelihood + logPrior(setting), 9)
    }
  })

  it('holds angles outside their range for impossible', () => {
    const { points, targets } = problem(5)
    const logPosterior = arcLogPosterior(points, targets)
    for (const angle of [-0.1, 0, 1, 1.2]) {
      expect(logPosterior([0, -4, 0, 0, 0, angle])).toBe(Number.NEGATIVE_INFINITY)
    }
  })

  it('rises from start to maximum, and tells what matters from what does not', () => {
    const { points, targets } = problem(40)
    const logPosterior = arcLogPosterior(points, targets)
    const start = centralSetting(3)
    const best = maximizeArcSetting(start, logPosterior)
    expect(logPosterior(best)).toBeGreaterThan(logPosterior(start))
    const { radii } = hyperparametersOf(best)
    expect(radii[0]).toBeGreaterThan(2 * Math.max(radii[1] ?? 0, radii[2] ?? 0))
    const samples = sampleArcSettings(best, logPosterior, 20, Random.named('chain'))
    expect(samples).toHaveLength(20)
    for (const sample of samples) {
      // Twenty sweeps stay where the posterior is: six coordinates cost a few units.
      expect(logPosterior(sample)).toBeGreaterThan(logPosterior(best) - 20)
      expect(hyperparametersOf(sample).radii[0]).toBeGreaterThan(
        hyperparametersOf(sample).radii[1] ?? 0,
      )
    }
  })
})
