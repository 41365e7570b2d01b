import { ArchloomError } from '#src/errors.ts'

/** Numbers with a shape; floats are of 32 bits, integers are whole doubles. */
export interface Tensor {
  readonly kind: 'float' | 'integer'
  /** Empty for a single number. */
  readonly dims: readonly number[]
  /** Row by row. */
  readonly values: Float32Array | Float64Array
}

export function tensor(
  kind: Tensor['kind'],
  dims: readonly number[],
  values: ArrayLike<number>,
): Tensor {
  const array = kind === 'float' ? Float32Array.from(values) : Float64Array.from(values)
  return { kind, dims, values: array }
}

export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}

/** @param axis - from the end where it is negative */
export function axisOf({ dims }: Pick<Tensor, 'dims'>, axis: number): number {
  const found = axis < 0 ? axis + dims.length : axis
  if (found >= 0 && found < dims.length) return found
  return refuseGraph(`an axis of a tensor of ${dims.length} dimensions`, String(axis))
}

export function refuseGraph(expected: string, found: string): never {
  throw new ArchloomError(
    'benchmark/invalid',
    `The ONNX graph cannot be computed: expected ${expected}, found ${found}`,
    { details: { expected, found } },
  )
}
