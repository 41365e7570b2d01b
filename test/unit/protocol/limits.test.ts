import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFromWorker, decodeToWorker, oversize, type Tensor } from '#src/protocol/codec.ts'
import { jsonDepth, limits } from '#src/protocol/limits.ts'
import { messageVectors } from './vectors.ts'

const utf8 = new TextEncoder()
const partsOf = (header: string, ...frames: Uint8Array[]) => [
  utf8.encode('ALP/1'),
  utf8.encode(header),
  ...frames,
]

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

describe('the depth of a JSON text', () => {
  test('is that of its value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        expect(jsonDepth(utf8.encode(JSON.stringify(value)))).toBe(depthOf(value))
      }),
      { numRuns: 2000, seed: 1 },
    )
  })

  test('of garbage is a number all the same', () => {
    for (const text of ['"', '"\\', ']]]]', '[[["[[[', '\\"[']) {
      expect(jsonDepth(utf8.encode(text))).toBeLessThan(4)
    }
  })
})

describe('a message that is too large is refused before it is parsed', () => {
  const refused = { code: 'protocol/malformed' }

  test.each([
    [
      'its header',
      partsOf(`{"type":"heartbeat"${' '.repeat(limits.headerBytes)}}`),
      /16777216 bytes/,
    ],
    ['its depth', partsOf(`${'['.repeat(65)}`), /at most 64 levels deep, found 65/],
    ['many levels', partsOf('['.repeat(10_000_000)), /levels deep, found 10000000/],
    [
      'its tensors',
      partsOf('{', ...Array.from({ length: 1025 }, () => new Uint8Array())),
      /at most 1024 tensors, found 1025/,
    ],
  ])('for %s', (_, parts, message) => {
    for (const decode of [decodeFromWorker, decodeToWorker]) {
      expect(() => decode(parts)).toThrow(expect.objectContaining(refused))
      expect(() => decode(parts)).toThrow(message)
    }
  })

  test('and known before it is sent', () => {
    const tensor: Tensor = { name: 'x', dtype: 'uint8', shape: [0], data: new Uint8Array() }
    expect(oversize({ text: 'x'.repeat(limits.headerBytes) })).toMatch(/bytes of header, found/)
    expect(
      oversize(
        {},
        Array.from({ length: 1025 }, () => tensor),
      ),
    ).toMatch(/found 1025/)
    expect(oversize({}, [tensor])).toBeNull()
  })

  test('while every example is far from it', () => {
    for (const { header } of messageVectors()) expect(oversize(header)).toBeNull()
  })
})
