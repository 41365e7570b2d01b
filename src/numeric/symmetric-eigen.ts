/** A symmetric matrix as `vectors` times the diagonal of `values` times `vectors` transposed. */
export interface SymmetricEigen {
  /** In no order. */
  readonly values: Float64Array
  /** Row by row, orthonormal; column j belongs to value j. */
  readonly vectors: Float64Array
}

/** Sweeps after which rounding is all that is left; 6 to 10 are usual. */
const sweepsMax = 60

/**
 * Eigenvalues and eigenvectors by cyclic Jacobi rotations: slower than by a tridiagonal form, and
 * exact to the last digits even for small eigenvalues.
 *
 * @param matrix - symmetric, row by row, `size` squared finite numbers; left as it is
 * @returns O(size^3) a sweep
 * @see Golub and Van Loan 2013, "Matrix Computations", section 8.5.
 */
export function symmetricEigen(matrix: Float64Array, size: number): SymmetricEigen {
  const a = matrix.slice()
  const vectors = new Float64Array(size * size)
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let rotations = 0
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const turn = rotationOf(a, size, p, q)
        if (turn === null) continue
        rotateBoth(a, size, turn)
        rotateColumns(vectors, size, turn)
        rotations++
      }
    }
    if (rotations === 0) break
  }
  return {
    values: Float64Array.from({ length: size }, (_, i) => a[i * size + i] as number),
    vectors,
  }
}

/** A turn in the plane of two coordinates. */
interface Turn {
  readonly p: number
  readonly q: number
  readonly cosine: number
  readonly sine: number
}

/** The turn that makes entry (p, q) vanish; null where it is lost beside the diagonal already. */
function rotationOf(a: Float64Array, size: number, p: number, q: number): Turn | null {
  const app = a[p * size + p] as number
  const aqq = a[q * size + q] as number
  const apq = a[p * size + q] as number
  if (Math.abs(apq) <= 1e-17 * (Math.abs(app) + Math.abs(aqq))) return null
  const theta = (aqq - app) / (2 * apq)
  // The smaller of both turns, which keeps the rotations from undoing each other.
  const tangent = 1 / (Math.abs(theta) + Math.hypot(theta, 1)) || 0
  const signed = theta < 0 ? -tangent : tangent
  const cosine = 1 / Math.hypot(signed, 1)
  return { p, q, cosine, sine: signed * cosine }
}

function rotateColumns(a: Float64Array, size: number, { p, q, cosine, sine }: Turn): void {
  for (let row = 0; row < size * size; row += size) {
    const x = a[row + p] as number
    const y = a[row + q] as number
    a[row + p] = cosine * x - sine * y
    a[row + q] = sine * x + cosine * y
  }
}

function rotateBoth(a: Float64Array, size: number, turn: Turn): void {
  const { p, q, cosine, sine } = turn
  rotateColumns(a, size, turn)
  for (let column = 0; column < size; column++) {
    const x = a[p * size + column] as number
    const y = a[q * size + column] as number
    a[p * size + column] = cosine * x - sine * y
    a[q * size + column] = sine * x + cosine * y
  }
  // What rounding left of them would be turned for ever.
  a[p * size + q] = 0
  a[q * size + p] = 0
}
