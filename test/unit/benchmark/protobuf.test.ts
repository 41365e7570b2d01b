import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { protobufFields, protobufIntegers } from '#src/benchmark/protobuf.ts'
import { message, single, text, varint, whole } from '#test/fixtures/onnx-bytes.ts'

const fieldsOf = (bytes: Buffer) => [...protobufFields(bytes, 'Test')]

describe('fields of a protocol buffer', () => {
  it('are read in order, with their kinds', () => {
    const double = Buffer.alloc(9)
    double[0] = 4 * 8 + 1
    double.writeDoubleLE(-2.5, 1)
    const bytes = Buffer.concat([whole(1, 300), text(2, 'hé'), single(3, 0.5), double])
    expect(fieldsOf(bytes)).toEqual([
      { number: 1, wire: 'varint', value: 300n },
      { number: 2, wire: 'bytes', bytes: Buffer.from('hé') },
      { number: 3, wire: 'single', value: 0.5 },
      { number: 4, wire: 'double', value: -2.5 },
    ])
  })

  it('carry every whole number of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const [field] = fieldsOf(Buffer.concat([varint(8n), varint(value)]))
        expect(field).toEqual({ number: 1, wire: 'varint', value })
      }),
      { seed: 4 },
    )
  })

  it('hold repeated numbers packed or not', () => {
    const packed = fieldsOf(message(1, Buffer.concat([varint(3n), varint(-1n), varint(400n)])))
    expect(packed.flatMap((field) => protobufIntegers(field, 'Test'))).toEqual([3n, -1n, 400n])
    const plain = fieldsOf(Buffer.concat([whole(1, 3), whole(1, 4)]))
    expect(plain.flatMap((field) => protobufIntegers(field, 'Test'))).toEqual([3n, 4n])
  })

  it.each([
    ['cut off within a text', text(2, 'hello').subarray(0, 4), 'expected 5 more bytes, found 2'],
    ['cut off within a number', Buffer.from([0x08, 0x80]), 'expected 1 more bytes, found 0'],
    ['with a group', Buffer.from([0x0b]), 'expected a wire type 0, 1, 2 or 5, found 3'],
    [
      'with a number without end',
      Buffer.from([0x08, ...new Array<number>(11).fill(0xff)]),
      'expected a number of at most ten bytes, found a longer one',
    ],
  ])('are refused when %s', (_, bytes, why) => {
    expect(() => fieldsOf(bytes)).toThrow(
      expect.objectContaining({
        code: 'benchmark/invalid',
        message: `The bytes are no Test message: ${why}`,
      }),
    )
  })

  it('end in fields or a clear error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          fieldsOf(Buffer.from(bytes))
        } catch (error) {
          expect(error).toMatchObject({ code: 'benchmark/invalid' })
        }
      }),
      { seed: 5, numRuns: 500 },
    )
  })
})
