import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import {
  bytesPerElement,
  decodeFromWorker,
  decodeToWorker,
  encodeMessage,
  type Tensor,
} from '#src/protocol/codec.ts'
import { FromWorker, ToWorker } from '#src/protocol/messages.ts'
import { bytesOf, messageVectors, rawVectors } from './vectors.ts'

const utf8 = new TextEncoder()
const partsOf = (header: unknown, ...frames: Uint8Array[]) => [
  utf8.encode('ALP/1'),
  utf8.encode(JSON.stringify(header)),
  ...frames,
]
const decoders = { 'from-worker': decodeFromWorker, 'to-worker': decodeToWorker }

function errorOf(action: () => unknown): ArchloomError {
  try {
    action()
  } catch (error) {
    if (error instanceof ArchloomError) return error
    throw error
  }
  throw new Error('Nothing was thrown')
}

describe('golden vectors', () => {
  const vectors = messageVectors()

  test.each(vectors.filter(({ valid }) => valid))('accepts $name', (vector) => {
    const frames = bytesOf(vector.frames)
    const envelope = decoders[vector.direction](partsOf(vector.header, ...frames))
    expect(envelope.message).toEqual(vector.header)
    expect(envelope.tensors.map(({ data }) => data)).toEqual(frames)
    // What is decoded and encoded again is the same message, byte for byte in its frames.
    const again = encodeMessage(envelope.message, envelope.tensors)
    expect(decoders[vector.direction](again)).toEqual(envelope)
  })

  test.each(vectors.filter(({ valid }) => !valid))('refuses $name', (vector) => {
    const parts = partsOf(vector.header, ...bytesOf(vector.frames))
    expect(errorOf(() => decoders[vector.direction](parts)).code).toBe(vector.errorCode)
  })

  test.each(rawVectors())('$name', (vector) => {
    for (const decode of [decodeFromWorker, decodeToWorker]) {
      const parts = bytesOf(vector.parts)
      if (vector.valid) expect(decode(parts).message).toEqual({ type: 'heartbeat' })
      else expect(errorOf(() => decode(parts)).code).toMatch(vector.errorCode ?? '')
    }
  })

  test('every message type has a valid and an invalid vector in its direction', () => {
    for (const [direction, union] of [
      ['from-worker', FromWorker],
      ['to-worker', ToWorker],
    ] as const) {
      for (const option of union.options) {
        const [type] = option.shape.type.values
        for (const valid of [true, false]) {
          const found = vectors.some(
            (vector) =>
              vector.header.type === type &&
              vector.direction === direction &&
              vector.valid === valid,
          )
          expect(found, `${type} ${direction} ${valid}`).toBe(true)
        }
      }
    }
  })

  test('names are unique', () => {
    const names = [...vectors, ...rawVectors()].map(
      (vector) => `${'direction' in vector ? vector.direction : ''} ${vector.name}`,
    )
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('what an error says', () => {
  test('another version is named together with ours', () => {
    const error = errorOf(() => decodeFromWorker([utf8.encode('ALP/2'), utf8.encode('{')]))
    expect(error.code).toBe('protocol/version')
    expect(error.message).toContain('version 2')
    expect(error.message).toContain('version 1')
    expect(error.details).toEqual({ found: 2, expected: 1 })
  })

  test('a wrong field is named with its place', () => {
    const header = { type: 'grant', credits: 0 }
    const error = errorOf(() => decodeToWorker(partsOf(header)))
    expect(error.message).toMatch(/type "grant" is malformed at credits: too small/)
    expect(error.details.place).toBe('credits')
  })

  test('an unknown field is named', () => {
    const error = errorOf(() => decodeFromWorker(partsOf({ type: 'heartbeat', extra: 1 })))
    expect(error.message).toContain('"extra"')
  })

  test('a text that is an object with a length of its own is refused', () => {
    const length = { toString: null, valueOf: null }
    const header = { type: 'started', task: { length }, lease: 0 }
    expect(errorOf(() => decodeFromWorker(partsOf(header))).code).toBe('protocol/malformed')
  })

  test('a message of the other direction is refused', () => {
    const error = errorOf(() => decodeFromWorker(partsOf({ type: 'drain' })))
    expect(error.code).toBe('protocol/malformed')
  })

  test('a tensor of wrong length is named with both lengths', () => {
    const tensors = [{ name: 'gates', dtype: 'float32', shape: [2, 3] }]
    const work = messageVectors().find(({ header, valid }) => valid && header.type === 'run')
    const header = { ...work?.header, tensors }
    const error = errorOf(() => decodeToWorker(partsOf(header, new Uint8Array(20))))
    expect(error.message).toContain('24 bytes for float32[2, 3] at tensors.0 (gates), found 20')
  })

  test('a long tag is not repeated in full', () => {
    const error = errorOf(() => decodeFromWorker([new Uint8Array(1_000_000).fill(65)]))
    expect(error.message.length).toBeLessThan(200)
  })
})

describe('tensors', () => {
  const result = messageVectors().find(({ header, valid }) => valid && header.type === 'result')
  const message = FromWorker.parse(result?.header)

  test('data is handed through without a copy, both ways', () => {
    const data = new Uint8Array(24)
    const parts = encodeMessage(message, [{ name: 'x', dtype: 'float32', shape: [6], data }])
    expect(parts[2]).toBe(data)
    expect(decodeFromWorker(parts).tensors[0]?.data).toBe(data)
  })

  test('any tensors come back as they were', () => {
    const dtypes = Object.keys(bytesPerElement) as (keyof typeof bytesPerElement)[]
    const tensor = fc
      .tuple(fc.constantFrom(...dtypes), fc.array(fc.nat(4), { maxLength: 3 }), fc.nat(255))
      .map(([dtype, shape, fill]): Tensor => {
        const size = shape.reduce((a, b) => a * b, bytesPerElement[dtype])
        return { name: `t${fill}`, dtype, shape, data: new Uint8Array(size).fill(fill) }
      })
    fc.assert(
      fc.property(fc.array(tensor, { maxLength: 4 }), (tensors) => {
        expect(decodeFromWorker(encodeMessage(message, tensors)).tensors).toEqual(tensors)
      }),
      { numRuns: 100 },
    )
  })

  test('a tensor whose data does not fit its shape is not sent', () => {
    const tensor: Tensor = { name: 'x', dtype: 'int64', shape: [2], data: new Uint8Array(8) }
    expect(errorOf(() => encodeMessage(message, [tensor])).code).toBe('internal/invariant')
  })

  test('a message without tensors is not sent with any', () => {
    const tensor: Tensor = { name: 'x', dtype: 'uint8', shape: [1], data: new Uint8Array(1) }
    const error = errorOf(() => encodeMessage({ type: 'heartbeat' }, [tensor]))
    expect(error.code).toBe('internal/invariant')
  })
})

test('arbitrary bytes are refused with a protocol error, never with another', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), (parts) => {
      expect(errorOf(() => decodeFromWorker(parts)).code).toMatch(/^protocol\//)
      const error = errorOf(() => decodeFromWorker([utf8.encode('ALP/1'), ...parts]))
      expect(error.code).toBe('protocol/malformed')
    }),
    { numRuns: 300 },
  )
})
