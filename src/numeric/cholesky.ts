/** Symmetric positive definite systems through their Cholesky factor. */
import { invariant } from '#src/errors.ts'

/** The lower factor L of A = L Lᵀ, in rows of its own: entry (i, j), j <= i, stands at i(i+1)/2 + j. */
export interface CholeskyFactor {
  readonly size: number
  readonly entries: Float64Array
  /** What was added to the diagonal to make the matrix positive definite; usually 0. */
  readonly jitter: number
}

/** Shares of the largest diagonal entry that are tried in turn when a matrix is not positive definite. */
const jitterShares = [0, 1e-10, 1e-8, 1e-6, 1e-4] as const

/**
 * Factorises a symmetric matrix; O(n^3 / 6).
 *
 * @param matrix - row-major, shape (size, size); only the lower triangle is read
 * @returns the factor, after as little jitter as makes it exist
 * @throws internal/invariant when the matrix is far from positive definite
 */
export function cholesky(matrix: Float64Array, size: number): CholeskyFactor {
  let scale = 0
  for (let i = 0; i < size; i++) scale = Math.max(scale, Math.abs(matrix[i * size + i] as number))
  for (const share of jitterShares) {
    const jitter = share * scale
    const entries = factorise(matrix, size, jitter)
    if (entries !== null) return { size, entries, jitter }
  }
  invariant(false, `A matrix of ${size} rows is not positive definite even with jitter`)
}

/**
 * The factor of a matrix that went on growing; O(n^2 / 2) a row.
 *
 * @param rows - of the matrix below those that are factorised, each up to its diagonal
 * @returns bit by bit the factor of the whole with the same jitter; null where that does not exist
 */
export function extendCholesky(
  { size, entries, jitter }: CholeskyFactor,
  rows: readonly Float64Array[],
): CholeskyFactor | null {
  const grown = size + rows.length
  const extended = new Float64Array(triangle(grown))
  extended.set(entries)
  for (const [offset, row] of rows.entries()) {
    const i = size + offset
    extended.set(row.subarray(0, i + 1), triangle(i))
    if (!eliminateRow(extended, i, jitter)) return null
  }
  return { size: grown, entries: extended, jitter }
}

function factorise(matrix: Float64Array, size: number, jitter: number): Float64Array | null {
  const entries = new Float64Array(triangle(size))
  for (let i = 0; i < size; i++) {
    entries.set(matrix.subarray(i * size, i * size + i + 1), triangle(i))
    if (!eliminateRow(entries, i, jitter)) return null
  }
  return entries
}

/** Turns row i of the matrix into row i of the factor, in place; false where there is none. */
function eliminateRow(entries: Float64Array, i: number, jitter: number): boolean {
  const row = triangle(i)
  let squares = 0
  for (let j = 0; j < i; j++) {
    const other = triangle(j)
    let sum = entries[row + j] as number
    for (let k = 0; k < j; k++) {
      sum -= (entries[row + k] as number) * (entries[other + k] as number)
    }
    const entry = sum / (entries[other + j] as number)
    entries[row + j] = entry
    squares += entry * entry
  }
  const rest = (entries[row + i] as number) + jitter - squares
  entries[row + i] = Math.sqrt(rest)
  // Not a number compares as false, too.
  return rest > 0
}

function triangle(rows: number): number {
  return (rows * (rows + 1)) / 2
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

/** Right sides that `squaredSolutions` treats at once: the sums of one need not wait for each other. */
const lanes = 4

/**
 * The squared lengths of the solutions of L x = b for many right sides.
 *
 * @param columns - right sides one after the other, shape (count, size)
 */
export function squaredSolutions(
  { size, entries }: CholeskyFactor,
  columns: Float64Array,
): Float64Array {
  const count = size === 0 ? 0 : columns.length / size
  const squares = new Float64Array(count)
  const x = new Float64Array(size * lanes)
  for (let first = 0; first < count; first += lanes) {
    const width = Math.min(lanes, count - first)
    x.fill(0)
    for (let lane = 0; lane < width; lane++) {
      const start = (first + lane) * size
      for (let i = 0; i < size; i++) x[i * lanes + lane] = columns[start + i] as number
    }
    eliminateLanes(entries, size, x)
    for (let lane = 0; lane < width; lane++) {
      let sum = 0
      for (let i = lane; i < size * lanes; i += lanes) sum += (x[i] as number) ** 2
      squares[first + lane] = sum
    }
  }
  return squares
}

/** Solves L x = b for `lanes` right sides that stand side by side, in place. */
function eliminateLanes(entries: Float64Array, size: number, x: Float64Array): void {
  for (let i = 0; i < size; i++) {
    const row = triangle(i)
    const at = i * lanes
    let a = x[at] as number
    let b = x[at + 1] as number
    let c = x[at + 2] as number
    let d = x[at + 3] as number
    for (let k = 0; k < i; k++) {
      const entry = entries[row + k] as number
      const from = k * lanes
      a -= entry * (x[from] as number)
      b -= entry * (x[from + 1] as number)
      c -= entry * (x[from + 2] as number)
      d -= entry * (x[from + 3] as number)
    }
    const inverse = 1 / (entries[row + i] as number)
    x[at] = a * inverse
    x[at + 1] = b * inverse
    x[at + 2] = c * inverse
    x[at + 3] = d * inverse
  }
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
