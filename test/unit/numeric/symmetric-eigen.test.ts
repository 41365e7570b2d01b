import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { symmetricEigen } from '#src/numeric/symmetric-eigen.ts'
import { Random } from '#src/random/random.ts'

function randomSymmetric(size: number, seed: number): Float64Array {
  const random = Random.named(seed, 'matrix')
  const matrix = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const entry = random.normal() * 10 ** (3 * random.uniform())
      matrix[i * size + j] = entry
      matrix[j * size + i] = entry
    }
  }
  return matrix
}

describe('eigenvalues', () => {
  it('of small matrices are known', () => {
    const [least = 0, most = 0] = [...symmetricEigen(Float64Array.of(2, 1, 1, 2), 2).values].sort()
    expect(least).toBeCloseTo(1, 14)
    expect(most).toBeCloseTo(3, 14)
    const { values } = symmetricEigen(Float64Array.of(2, -1, 0, -1, 2, -1, 0, -1, 2), 3)
    const known = [2 - Math.SQRT2, 2, 2 + Math.SQRT2]
    for (const [index, value] of [...values].sort().entries()) {
      expect(value).toBeCloseTo(known[index] ?? Number.NaN, 14)
    }
  })

  it('of a diagonal are the diagonal, whatever its scale', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(1e-300, 0, 0, 1e300), 2)
    expect([...values]).toEqual([1e-300, 1e300])
    expect([...vectors]).toEqual([1, 0, 0, 1])
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0])
  })
})

describe('the decomposition', () => {
  it('is orthonormal and multiplies back, at any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.nat(), (size, seed) => {
        const matrix = randomSymmetric(size, seed)
        const { values, vectors } = symmetricEigen(matrix, size)
        const scale = Math.max(...matrix.map(Math.abs), 1)
        const at = (i: number, k: number) => vectors[i * size + k] ?? Number.NaN
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            let [product, back] = [0, 0]
            for (let k = 0; k < size; k++) {
              product += at(i, k) * at(j, k)
              back += at(i, k) * (values[k] ?? Number.NaN) * at(j, k)
            }
            expect(product).toBeCloseTo(i === j ? 1 : 0, 12)
            expect(Math.abs(back - (matrix[i * size + j] ?? 0)) / scale).toBeLessThan(1e-12)
          }
        }
      }),
    )
  })
})
