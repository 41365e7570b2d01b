import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cholesky,
  extendCholesky,
  logDeterminant,
  solve,
  solveLower,
  solveUpper,
  squaredSolutions,
} from '#src/numeric/cholesky.ts'

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

describe('a factor that grows', () => {
  const size = 9
  const matrix = Float64Array.from({ length: size * size }, (_, entry) => {
    const distance = Math.abs(Math.floor(entry / size) - (entry % size))
    return Math.exp(-distance) + (distance === 0 ? 0.1 : 0)
  })
  const row = (i: number) => matrix.slice(i * size, i * size + i + 1)
  const leading = (count: number) =>
    Float64Array.from({ length: count * count }, (_, entry) => {
      return matrix[Math.floor(entry / count) * size + (entry % count)] ?? 0
    })

  it.each([0, 1, 4, 8])('from %i rows is the factor of the whole, bit by bit', (start) => {
    const rows = Array.from({ length: size - start }, (_, offset) => row(start + offset))
    expect(extendCholesky(cholesky(leading(start), start), rows)).toEqual(cholesky(matrix, size))
  })

  it('does not exist where the whole has none with the same jitter', () => {
    expect(extendCholesky(cholesky(leading(2), 2), [Float64Array.of(5, 5, 1)])).toBeNull()
    const same = row(3)
    expect(
      extendCholesky(cholesky(leading(3), 3), [same, Float64Array.of(...same, Number.NaN)]),
    ).toBeNull()
  })

  it.each([0, 1, 4, 6])('has the squared solutions of %i right sides at once', (count) => {
    const factor = cholesky(matrix, size)
    const columns = Float64Array.from({ length: count * size }, (_, entry) => Math.sin(entry))
    const squares = squaredSolutions(factor, columns)
    expect(squares).toHaveLength(count)
    for (const [index, square] of squares.entries()) {
      const x = solveLower(factor, columns.slice(index * size, (index + 1) * size))
      expect(square).toBeCloseTo(
        x.reduce((sum, entry) => sum + entry * entry, 0),
        12,
      )
    }
  })
})
