/**
 * Tensors as typed arrays: what is sent is the memory of the array, what is received a view of the
 * message.
 */
import { ArchloomError } from '#src/errors.ts'
import { bytesPerElement, type Tensor } from '#src/protocol/codec.ts'

/** The typed array of each type of element; half precision as its bits, booleans as 0 and 1. */
export interface ArrayOf {
  readonly float32: Float32Array
  readonly float64: Float64Array
  readonly float16: Uint16Array
  readonly int64: BigInt64Array
  readonly int32: Int32Array
  readonly uint8: Uint8Array
  readonly bool: Uint8Array
}

export type ElementType = keyof ArrayOf

/** C-contiguous: the last axis is the fastest. */
export interface TypedTensor {
  readonly dtype: ElementType
  readonly shape: readonly number[]
  readonly data: ArrayOf[ElementType]
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<ElementType, unknown>

/**
 * A tensor over a typed array, which is not copied; a list of numbers becomes 32-bit floats.
 *
 * @param shape - one axis as long as the data by default
 * @param dtype - for booleans (of a `Uint8Array`); else the array's own
 * @throws config/invalid when the shape does not hold as many elements as there are
 */
export function tensor(
  data: ArrayOf[ElementType] | readonly number[],
  shape?: readonly number[],
  dtype?: 'bool',
): TypedTensor {
  const array = isTyped(data) ? data : Float32Array.from(data)
  const axes = shape ?? [array.length]
  const count = axes.reduce((product, size) => product * size, 1)
  if (count !== array.length || axes.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new ArchloomError(
      'config/invalid',
      `A tensor of shape [${axes.join(', ')}] holds ${count} elements, but its data has ${array.length}`,
    )
  }
  return { dtype: dtype ?? typeOf(array), shape: axes, data: array }
}

/** As the protocol carries them: the same memory. */
export function toFrames(tensors: Readonly<Record<string, TypedTensor>>): Tensor[] {
  return Object.entries(tensors).map(([name, { dtype, shape, data }]) => ({
    name,
    dtype,
    shape: [...shape],
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }))
}

/** Views of what came; copied only where the memory does not lie as its type asks. */
export function fromFrames(tensors: readonly Tensor[]): Record<string, TypedTensor> {
  return Object.fromEntries(
    tensors.map(({ name, dtype, shape, data }) => [
      name,
      { dtype, shape, data: view(dtype, data) },
    ]),
  )
}

function view(dtype: ElementType, bytes: Uint8Array): ArrayOf[ElementType] {
  const size = bytesPerElement[dtype]
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes)
  const { buffer, byteOffset, byteLength } = aligned
  const ArrayClass: ArrayClass = constructors[dtype]
  return new ArrayClass(buffer, byteOffset, byteLength / size)
}

type ArrayClass = new (
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
) => ArrayOf[ElementType]

function isTyped(data: ArrayOf[ElementType] | readonly number[]): data is ArrayOf[ElementType] {
  return ArrayBuffer.isView(data)
}

function typeOf(array: ArrayOf[ElementType]): ElementType {
  if (array instanceof Float32Array) return 'float32'
  if (array instanceof Float64Array) return 'float64'
  if (array instanceof BigInt64Array) return 'int64'
  if (array instanceof Int32Array) return 'int32'
  if (array instanceof Uint16Array) return 'float16'
  if (array instanceof Uint8Array) return 'uint8'
  const found = Object.prototype.toString.call(array).slice(8, -1)
  throw new ArchloomError(
    'config/invalid',
    `A tensor cannot be made of a ${found}, expected one of ${[...new Set(Object.values(constructors).map(({ name }) => name))].join(', ')}`,
  )
}
