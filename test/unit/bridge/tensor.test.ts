import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromFrames, type TypedTensor, tensor, toFrames } from '#src/bridge/tensor.ts'
import { ArchloomError } from '#src/errors.ts'

describe('a tensor', () => {
  test('is the memory of its array, of the type that the array has', () => {
    const data = new Float64Array([1, 2, 3, 4]).subarray(1)
    expect(tensor(data)).toEqual({ dtype: 'float64', shape: [3], data })
    expect(tensor(data).data).toBe(data)
    const [frame] = toFrames({ x: tensor(data, [3, 1]) })
    expect(frame?.data.buffer).toBe(data.buffer)
    expect([frame?.data.byteOffset, frame?.data.byteLength]).toEqual([8, 24])
  })

  test('may be made of plain numbers, of booleans, and of half precision as bits', () => {
    expect(tensor([1, 2.5])).toEqual({
      dtype: 'float32',
      shape: [2],
      data: Float32Array.of(1, 2.5),
    })
    expect(tensor(Uint8Array.of(0, 1), [2], 'bool').dtype).toBe('bool')
    expect(tensor(Uint16Array.of(0x3c00)).dtype).toBe('float16')
  })

  test('may hold a single number, or none', () => {
    expect(tensor([3], []).shape).toEqual([])
    expect(tensor(new Int32Array(0), [0, 4]).shape).toEqual([0, 4])
  })

  test.each([
    [[1, 2, 3], [2, 2], 'A tensor of shape [2, 2] holds 4 elements, but its data has 3'],
    [[1], [-1], 'A tensor of shape [-1] holds'],
    [[1, 2, 3], [1.5, 2], 'A tensor of shape [1.5, 2] holds 3 elements'],
  ])('of %j with shape %j is refused', (data, shape, message) => {
    expect(() => tensor(data, shape)).toThrow(ArchloomError)
    expect(() => tensor(data, shape)).toThrow(message)
  })

  test('of an array that has no name on the wire is refused', () => {
    const data = new Uint32Array(2) as unknown as Uint8Array
    expect(() => tensor(data)).toThrow('cannot be made of a Uint32Array, expected one of Float32')
  })
})

describe('what comes', () => {
  test('is a view of the message where that is aligned, else a copy, and equal in any case', () => {
    const arrays: TypedTensor['data'][] = [
      Float32Array.of(1, 2),
      Float64Array.of(1, 2),
      BigInt64Array.of(1n, -2n),
      Int32Array.of(1, -2),
      Uint8Array.of(1, 2),
      Uint16Array.of(1, 2),
    ]
    fc.assert(
      fc.property(fc.constantFrom(...arrays), fc.nat(15), (data, offset) => {
        const [frame] = toFrames({ x: tensor(data) })
        if (frame === undefined) throw new Error('No frame')
        const memory = new Uint8Array(64)
        memory.set(frame.data, offset)
        const bytes = memory.subarray(offset, offset + frame.data.byteLength)
        const { x } = fromFrames([{ ...frame, data: bytes }])
        expect(x?.data).toEqual(data)
        const isAligned = offset % data.BYTES_PER_ELEMENT === 0
        expect(x?.data.buffer === memory.buffer).toBe(isAligned)
      }),
    )
  })
})
