import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import {
  decodeSummary,
  decodeTrajectory,
  encodeSummary,
  encodeTrajectory,
} from '#src/study/cell-bytes.ts'
import { decodeColumns, encodeColumns } from '#src/study/columns.ts'
import type { CellSummary, Trajectory } from '#src/study/study.ts'

const columns = fc.dictionary(
  fc.string({ minLength: 1 }),
  fc.oneof(
    fc.float64Array(),
    fc.float32Array(),
    fc.int32Array(),
    fc.uint32Array(),
    fc.uint8Array(),
  ),
)

const key = { method: 'm', benchmark: 'b', seed: '7' }
const summary: CellSummary = {
  key,
  fingerprint: 'f',
  endedCount: 3,
  outcomeCounts: { completed: 3 },
  originCounts: { random: 3 },
  reason: 'costSeconds',
  seconds: 12.5,
  incumbents: {
    endedCounts: Uint32Array.of(1, 3),
    trials: Uint32Array.of(0, 2),
    seconds: Float64Array.of(1, 12.5),
    secondsWithOverhead: Float64Array.of(1.5, 13),
    valAccuracies: Float64Array.of(0.1, 0.9),
    testAccuracies: Float64Array.of(Number.NaN, 0.8),
  },
  ask: { total: 1, median: 0.5, p95: 0.6, max: 0.6 },
  tell: { total: 0, median: 0, p95: 0, max: 0 },
}
const trajectory: Trajectory = {
  trialCount: 3,
  architectures: ['|a|', 'ü', '|a|'],
  origins: ['random', 'mutation', 'random'],
  parents: Int32Array.of(-1, 0, -1),
  epochs: Uint32Array.of(4, 4, 2),
  outcomes: Uint8Array.of(0, 0, 3),
  valAccuracies: Float64Array.of(0.5, 0.25, Number.NaN),
  parameterCounts: Float64Array.of(-1, 1e9, 3),
  costSeconds: Float64Array.of(1, 2, 3),
  startSeconds: Float64Array.of(0, 1, 3),
  endSeconds: Float64Array.of(1, 3, 6),
  seenCounts: Uint32Array.of(0, 1, 2),
  endOrder: Uint32Array.of(0, 1, 2),
  askSeconds: Float32Array.of(0.5, 0.25, 0.125),
  tellSeconds: Float32Array.of(0, 0, 0),
  overheadSeconds: Float64Array.of(0.5, 0.75, 0.875),
}

function failure(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof ArchloomError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'none'
}

describe('columns as bytes', () => {
  it('come back as they were, whatever their number and kind', () => {
    fc.assert(
      fc.property(columns, fc.json(), (data, text) => {
        const input = { meta: JSON.parse(text), columns: data }
        expect(decodeColumns(encodeColumns(input))).toEqual(input)
      }),
      { numRuns: 100, seed: 3 },
    )
  })

  it('are read from anywhere in a larger buffer', () => {
    const bytes = encodeColumns({ meta: 1, columns: { x: Float64Array.of(1, 2) } })
    const larger = new Uint8Array(bytes.length + 3)
    larger.set(bytes, 3)
    expect(decodeColumns(larger.subarray(3)).columns.x).toEqual(Float64Array.of(1, 2))
  })

  it('are refused when cut off anywhere', () => {
    const bytes = encodeColumns({ meta: {}, columns: { x: Float64Array.of(1, 2) } })
    for (let length = 0; length < bytes.length; length++) {
      expect(failure(() => decodeColumns(bytes.subarray(0, length)))).toMatch(/^store\/corrupt/)
    }
  })

  it.each([
    ['a header that is no JSON', '{"meta"'],
    ['a header without columns', '{"meta":1}'],
    [
      'a column of an unknown kind',
      '{"meta":1,"columns":[{"name":"x","kind":"toString","length":0}]}',
    ],
    [
      'a column of a negative length',
      '{"meta":1,"columns":[{"name":"x","kind":"u8","length":-1}]}',
    ],
    ['a header that is null', 'null'],
  ])('are refused with %s', (_, header) => {
    const text = new TextEncoder().encode(header)
    const bytes = new Uint8Array(128)
    new DataView(bytes.buffer).setUint32(0, text.length, true)
    bytes.set(text, 4)
    expect(failure(() => decodeColumns(bytes.subarray(0, 4 + text.length)))).toMatch(
      /^store\/corrupt: A cell of the study is damaged/,
    )
  })
})

describe('a cell as bytes', () => {
  it('comes back as it was', () => {
    const place = { key, fingerprint: 'f' }
    expect(decodeSummary(encodeSummary(summary), place)).toEqual(summary)
    expect(decodeTrajectory(encodeTrajectory(trajectory))).toEqual(trajectory)
  })

  it('is refused when it is another kind of bytes', () => {
    const bytes = encodeTrajectory(trajectory)
    expect(failure(() => decodeSummary(bytes, { key, fingerprint: 'f' }))).toMatch(/store\/corrupt/)
    expect(failure(() => decodeTrajectory(encodeSummary(summary)))).toMatch(/store\/corrupt/)
  })
})
