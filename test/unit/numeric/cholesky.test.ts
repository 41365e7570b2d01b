import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cholesky, logDeterminant, solve, solveLower, solveUpper } from '#src/numeric/cholesky.ts'

/** A Aᵀ of a random A, plus a little on the diagonal: positive definite. */
const definite = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc
    .array(fc.double({ noNaN: true, min: -3, max: 3 }), {
      minLength: size * size,
      maxLength: size * size,
    })
    .map((a) => ({ size, matrix: gram(a, size) })),
)

function gram(a: readonly number[], size: number): Float64Array {
  const matrix = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = i === j ? 0.1 : 0
      for (let k = 0; k < size; k++) sum += (a[i * size + k] ?? 0) * (a[j * size + k] ?? 0)
      matrix[i * size + j] = sum
    }
  }
  return matrix
}

function times(matrix: Float64Array, x: Float64Array): number[] {
  const size = x.length
  return Array.from({ length: size }, (_, i) =>
    x.reduce((sum, value, j) => sum + (matrix[i * size + j] ?? 0) * value, 0),
  )
}

describe('cholesky', () => {
  it('gives the factor of a small matrix', () => {
    const { entries, jitter } = cholesky(Float64Array.of(4, 2, 2, 5), 2)
    expect([...entries]).toEqual([2, 1, 2])
    expect(jitter).toBe(0)
  })

  it('solves what it factorised', () => {
    fc.assert(
      fc.property(definite, ({ size, matrix }) => {
        const b = Float64Array.from({ length: size }, (_, i) => i - 1.5)
        const product = times(matrix, solve(cholesky(matrix, size), b))
        for (const [i, value] of product.entries()) expect(value).toBeCloseTo(b[i] ?? 0, 6)
      }),
    )
  })

  it('solves both triangles', () => {
    const factor = cholesky(Float64Array.of(4, 2, 2, 5), 2)
    expect([...solveLower(factor, Float64Array.of(2, 5))]).toEqual([1, 2])
    expect([...solveUpper(factor, Float64Array.of(4, 4))]).toEqual([1, 2])
  })

  it('knows the determinant', () => {
    expect(logDeterminant(cholesky(Float64Array.of(4, 2, 2, 5), 2))).toBeCloseTo(Math.log(16), 12)
  })

  it('adds as little to the diagonal as a singular matrix needs, and says how much', () => {
    const { jitter } = cholesky(Float64Array.of(1, 1, 1, 1), 2)
    expect(jitter).toBeGreaterThan(0)
    expect(jitter).toBeLessThanOrEqual(1e-8)
  })

  it('refuses a matrix that is not positive definite, and one that holds no numbers', () => {
    expect(() => cholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow('not positive definite')
    expect(() => cholesky(Float64Array.of(Number.NaN), 1)).toThrow('not positive definite')
  })
})
