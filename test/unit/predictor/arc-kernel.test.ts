import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cholesky } from '#src/numeric/cholesky.ts'
import {
  type ArcDimension,
  type ArcShape,
  arcDistance,
  arcEmbedding,
  inactiveValue,
  logCorrelation,
} from '#src/predictor/arc-kernel.ts'
import { addArcPoint, arcCross, arcPoints, removeArcPoint } from '#src/predictor/arc-points.ts'
import { Random } from '#src/random/random.ts'

const half: ArcShape = { radius: 1, angle: 0.5 }
const kernel = (distance: number) => Math.exp(logCorrelation('squared-exponential', distance))

describe('arc kernel', () => {
  it('has the distances of the sheet', () => {
    const both = arcDistance('numeric', 0.25, 0.75, half)
    expect(both).toBeCloseTo(0.765367, 6)
    expect(kernel(both)).toBeCloseTo(0.746102, 6)
    const one = arcDistance('numeric', 0.25, inactiveValue, half)
    expect(one).toBe(1)
    expect(kernel(one)).toBeCloseTo(0.606531, 6)
    const none = arcDistance('numeric', inactiveValue, inactiveValue, half)
    expect(none).toBe(0)
    expect(kernel(none)).toBe(1)
    expect(arcDistance('numeric', 0, 1, { radius: 1, angle: 1 })).toBeCloseTo(2, 12)
  })

  it('keeps choices a radius apart, and inactive ones the root of half of it', () => {
    const shape = { radius: 3, angle: 0.5 }
    expect(arcDistance('categorical', 0, 2, shape)).toBe(3)
    expect(arcDistance('categorical', 2, 2, shape)).toBe(0)
    expect(arcDistance('categorical', 0, inactiveValue, shape)).toBeCloseTo(3 / Math.SQRT2, 12)
  })

  it('has the Matérn correlations of the sheet', () => {
    expect(Math.exp(logCorrelation('matern-5/2', 1))).toBeCloseTo(0.523994, 6)
    expect(Math.exp(logCorrelation('matern-5/2', 0.5))).toBeCloseTo(0.828649, 6)
    expect(logCorrelation('matern-5/2', 0)).toBe(0)
  })

  const value = (dimension: ArcDimension) =>
    fc.oneof(
      fc.constant(inactiveValue),
      dimension === 'numeric' ? fc.double({ min: 0, max: 1, noNaN: true }) : fc.nat(3),
    )
  const shape = fc.record({
    radius: fc.double({ min: 0.01, max: 10, noNaN: true }),
    angle: fc.double({ min: 0.01, max: 1, noNaN: true }),
  })
  it.each(['numeric', 'categorical'] as const)(
    'measures the distance of %s points in the plane',
    (dimension) => {
      fc.assert(
        fc.property(value(dimension), value(dimension), shape, (x, y, here) => {
          const first = arcEmbedding(dimension, x, here, 4)
          const second = arcEmbedding(dimension, y, here, 4)
          const squares = first.map((entry, index) => (entry - (second[index] ?? 0)) ** 2)
          const squared = squares.reduce((sum, square) => sum + square, 0)
          expect(arcDistance(dimension, x, y, here) ** 2).toBeCloseTo(squared, 9)
          expect(arcDistance(dimension, y, x, here)).toBe(arcDistance(dimension, x, y, here))
        }),
      )
    },
  )
})

describe('points of the arc kernel', () => {
  const dimensions = ['numeric', 'categorical', 'numeric'] as const
  const hyperparameters = { variance: 2, noiseVariance: 0, radii: [0.5, 1, 2], angle: 0.8 }

  /** The kernel of two vectors by its definition: a product over dimensions. */
  function product(x: Float64Array, y: Float64Array): number {
    return dimensions.reduce((kernelSoFar, dimension, index) => {
      const radius = hyperparameters.radii[index] ?? 0
      const distance = arcDistance(dimension, x[index] ?? 0, y[index] ?? 0, {
        radius,
        angle: hyperparameters.angle,
      })
      return kernelSoFar * Math.exp(logCorrelation('matern-5/2', distance))
    }, hyperparameters.variance)
  }

  function drawn(count: number): readonly Float64Array[] {
    const random = Random.named('arc points')
    return Array.from({ length: count }, () =>
      Float64Array.of(
        random.bernoulli(0.3) ? inactiveValue : random.uniform(),
        random.bernoulli(0.3) ? inactiveValue : random.int(3),
        random.int(5) / 4,
      ),
    )
  }

  it('give the product of the correlations of all dimensions', () => {
    const points = arcPoints(dimensions, 'matern-5/2')
    const vectors = drawn(20)
    const cross = arcCross(points, hyperparameters)
    for (const [count, vector] of vectors.entries()) {
      const kernels = cross(vector, count)
      expect(kernels).toHaveLength(count)
      for (const [index, kernelValue] of kernels.entries()) {
        expect(kernelValue).toBeCloseTo(product(vector, vectors[index] as Float64Array), 12)
      }
      addArcPoint(points, vector)
    }
    removeArcPoint(points)
    expect(points.length).toBe(19)
    expect(points.codes.map((places) => places.length)).toEqual([19, 19, 19])
  })

  it('do not see what stands for inactive', () => {
    const points = arcPoints(dimensions, 'matern-5/2')
    for (const vector of drawn(10)) addArcPoint(points, vector)
    const cross = arcCross(points, hyperparameters)
    expect(cross(Float64Array.of(-7, 1, 0.5), 10)).toEqual(cross(Float64Array.of(-1, 1, 0.5), 10))
    const other = arcPoints(dimensions, 'matern-5/2')
    addArcPoint(other, Float64Array.of(-3, -9, 0.5))
    expect(arcCross(other, hyperparameters)(Float64Array.of(-1, -1, 0.5), 1)[0]).toBe(2)
  })

  it('have a positive semidefinite kernel matrix', () => {
    const points = arcPoints(dimensions, 'matern-5/2')
    const vectors = drawn(50)
    for (const vector of vectors) addArcPoint(points, vector)
    const cross = arcCross(points, hyperparameters)
    const matrix = new Float64Array(50 * 50)
    for (const [row, vector] of vectors.entries()) matrix.set(cross(vector, 50), row * 50)
    // The least eigenvalue is at least -1e-10 where the matrix with that on its diagonal has a factor.
    for (let row = 0; row < 50; row++) matrix[row * 51] = (matrix[row * 51] ?? 0) + 1e-10
    expect(cholesky(matrix, 50).jitter).toBe(0)
  })
})
