/** Symmetric positive definite systems through their Cholesky factor. */
import { invariant } from '#src/errors.ts'

/** The lower factor L of A = L Lᵀ, in rows of its own: entry (i, j), j <= i, stands at i(i+1)/2 + j. */
export interface CholeskyFactor {
  readonly size: number
  readonly entries: Float64Array
  /** What was added to the diagonal to make the matrix positive definite; usually 0. */
  readonly jitter: number
}

/** Shares of the mean diagonal that are tried in turn when a matrix is not positive definite. */
const jitterShares = [0, 1e-10, 1e-8, 1e-6, 1e-4] as const

/**
 * Factorises a symmetric matrix; O(n^3 / 6).
 *
 * @param matrix - row-major, shape (size, size); only the lower triangle is read
 * @returns the factor, after as little jitter as makes it exist
 * @throws internal/invariant when the matrix is far from positive definite
 */
export function cholesky(matrix: Float64Array, size: number): CholeskyFactor {
  let trace = 0
  for (let i = 0; i < size; i++) trace += matrix[i * size + i] as number
  const scale = size === 0 ? 0 : Math.abs(trace) / size
  for (const share of jitterShares) {
    const jitter = share * scale
    const entries = factorise(matrix, size, jitter)
    if (entries !== null) return { size, entries, jitter }
  }
  invariant(false, `A matrix of ${size} rows is not positive definite even with jitter`)
}

function factorise(matrix: Float64Array, size: number, jitter: number): Float64Array | null {
  const entries = new Float64Array((size * (size + 1)) / 2)
  for (let i = 0; i < size; i++) {
    const row = (i * (i + 1)) / 2
    for (let j = 0; j <= i; j++) {
      const other = (j * (j + 1)) / 2
      let sum = matrix[i * size + j] as number
      for (let k = 0; k < j; k++) {
        sum -= (entries[row + k] as number) * (entries[other + k] as number)
      }
      if (i !== j) {
        entries[row + j] = sum / (entries[other + j] as number)
        continue
      }
      sum += jitter
      // Not a number compares as false, too.
      if (!(sum > 0)) return null
      entries[row + i] = Math.sqrt(sum)
    }
  }
  return entries
}

/** Solves L x = b; returns a new vector of `size`. */
export function solveLower({ size, entries }: CholeskyFactor, b: Float64Array): Float64Array {
  const x = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const row = (i * (i + 1)) / 2
    let sum = b[i] as number
    for (let k = 0; k < i; k++) sum -= (entries[row + k] as number) * (x[k] as number)
    x[i] = sum / (entries[row + i] as number)
  }
  return x
}

/** Solves Lᵀ x = b; returns a new vector of `size`. */
export function solveUpper({ size, entries }: CholeskyFactor, b: Float64Array): Float64Array {
  const x = Float64Array.from(b.subarray(0, size))
  for (let i = size - 1; i >= 0; i--) {
    const row = (i * (i + 1)) / 2
    const value = (x[i] as number) / (entries[row + i] as number)
    x[i] = value
    for (let k = 0; k < i; k++) x[k] = (x[k] as number) - (entries[row + k] as number) * value
  }
  return x
}

/** Solves A x = b. */
export function solve(factor: CholeskyFactor, b: Float64Array): Float64Array {
  return solveUpper(factor, solveLower(factor, b))
}

/** The logarithm of A's determinant. */
export function logDeterminant({ size, entries }: CholeskyFactor): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += Math.log(entries[(i * (i + 1)) / 2 + i] as number)
  return 2 * sum
}
