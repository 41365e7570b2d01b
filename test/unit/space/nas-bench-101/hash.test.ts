import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prune } from '#src/space/nas-bench-101/cell.ts'
import { enumerateCells, fullMatrices, storedCell } from '#src/space/nas-bench-101/enumerate.ts'
import { createCellHasher } from '#src/space/nas-bench-101/hash/hasher.ts'
import { laneBytes, laneCount, textBytes } from '#src/space/nas-bench-101/hash/md5-code.ts'
import {
  createHashModule,
  freeAt,
  laneBlocksAt,
  laneTargetsAt,
} from '#src/space/nas-bench-101/hash/module.ts'
import { parseCell } from '#src/space/nas-bench-101/text.ts'
import { cellOf, matrix } from '#test/fixtures/nas-bench-101-table.ts'
import { publishedHash } from '#test/fixtures/published-hash.ts'

const hasher = createCellHasher()
const hashOf = (text: string) => hasher.hash(prune(parseCell(text, 'nas-bench-101')))

/** SHA-256 of sorted hashes, one a line. */
function checksum(hashes: readonly string[]): string {
  return hash('sha256', [...hashes].sort().join('\n'))
}

describe('MD5 of eight messages at once', () => {
  const module = createHashModule()
  const bytes = Buffer.from(module.memory)
  const lanes = new Int32Array(module.memory, laneTargetsAt, laneCount)
  const blocks = new Int32Array(module.memory, laneBlocksAt, laneCount)

  function digests(messages: readonly string[]): readonly string[] {
    for (const [lane, message] of messages.entries()) {
      const start = lane * laneBytes
      bytes.write(message, start, 'latin1')
      lanes[lane] = freeAt + lane * textBytes
      blocks[lane] = module.pad(start, start + message.length)
    }
    module.flush(messages.length)
    return messages.map((_, lane) =>
      bytes.toString('latin1', freeAt + lane * textBytes, freeAt + (lane + 1) * textBytes),
    )
  }

  it('is that of each, whatever the lengths', () => {
    // The longest message of a cell has 252 bytes; a lane holds some 400.
    const text = fc.string({
      maxLength: 400,
      size: 'max',
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
    })
    const messages = fc.array(text, { minLength: 1, maxLength: laneCount })
    fc.assert(
      fc.property(messages, (list) => {
        expect(digests(list)).toEqual(
          list.map((message) => hash('md5', Buffer.from(message, 'latin1'))),
        )
      }),
      { numRuns: 200, seed: 20_260_601 },
    )
  })

  it('is right at every length around the ends of blocks', () => {
    for (let length = 0; length <= 400; length++) {
      expect(digests(['x'.repeat(length)])).toEqual([hash('md5', 'x'.repeat(length))])
    }
  })
})

describe('the published hash', () => {
  it('of input and output alone', () => {
    expect(publishedHash(cellOf(1, ''))).toBe('043721b9c7fe8c5fad811d47d83132ec')
    expect(hasher.hash(cellOf(1, ''))).toBe('043721b9c7fe8c5fad811d47d83132ec')
  })

  it.each([
    ['conv3x3(0)|output(1)', 'b49ac8c578b4561d79ac7087988f1c61'],
    ['conv1x1(0)|output(1)', 'd1269d9156ddc027c40473008192958a'],
    ['maxpool3x3(0)|output(1)', '53cee42601ad14d661bb6878031d6acb'],
    ['conv3x3(0)|conv3x3(0,1)|output(2)', '2aacadf61dfc59833d015cbbe2a755fd'],
    [
      'conv1x1(0)|conv3x3(0)|conv3x3(0)|conv3x3(3)|maxpool3x3(0)|output(1,2,4,5)',
      '28cfc7874f6d200472e1a9dcd8650aa0',
    ],
    [
      'conv3x3(0)|maxpool3x3(1)|conv3x3(2)|conv1x1(0)|conv3x3(0,3,4)|output(0,5)',
      '02e5a0247bbdcf2860b7e96f74961594',
    ],
    [
      'conv3x3(0)|conv3x3(0)|conv3x3(0,2)|conv3x3(0,1,3)|output(0,4)',
      '0da48e9f9faecf504244c65b82e0ba71',
    ],
    ['conv1x1(0)|conv3x3(0,1)|conv3x3(0,1,2)|output(0,3)', '1cd3075dacd68bc6fd43ba6d2870a431'],
  ])('of %s', (text, expected) => {
    expect(hashOf(text)).toBe(expected)
    expect(publishedHash(prune(parseCell(text, 'nas-bench-101')))).toBe(expected)
  })

  it('is that of the plain way, in batches and alone, on cells of all sizes', () => {
    const cells = [...enumerateCells(5)].filter((_, index) => index % 7 === 0)
    const all = fullMatrices(7)
    for (let count = 0; count < 150; count++) {
      const { value = 0 } = all.next()
      cells.push(cellOf(value, '01210'), cellOf(value, '00000'))
    }
    const expected = cells.map(publishedHash)
    expect(hasher.hashAll(cells)).toEqual(expected)
    expect(cells.map((cell) => hasher.hash(cell))).toEqual(expected)
    // What one way leaves in memory is of no matter to the other.
    expect(hasher.hashAll(cells.toReversed())).toEqual(expected.toReversed())
    expect(hasher.hashAll([])).toEqual([])
  })

  it('is the same for a diamond however it is written, and with dead ends', () => {
    const diamond = hashOf('conv3x3(0)|conv1x1(0)|maxpool3x3(1,2)|output(3)')
    expect(hashOf('conv1x1(0)|conv3x3(0)|maxpool3x3(1,2)|output(3)')).toBe(diamond)
    expect(hashOf('conv3x3(0)|conv1x1(0)|maxpool3x3(1,2)|conv3x3(2)|output(3)')).toBe(diamond)
    expect(
      hashOf('conv3x3(0)|conv1x1(0)|maxpool3x3(1)|output(3,2)'.replace('3,2', '2,3')),
    ).not.toBe(diamond)
  })
})

describe('the enumeration', () => {
  it.each([
    [2, 1, 1],
    [3, 2, 6],
    [4, 10, 84],
    [5, 121, 2441],
    [6, 1545, 62_010],
    [7, 4793, 359_082],
  ])(
    'of %i vertices has %i matrices, and %i classes that smaller ones do not have',
    (vertices, matrices, classes) => {
      expect([...fullMatrices(vertices)]).toHaveLength(matrices)
      const before = vertices === 2 ? 0 : countCells(vertices - 1)
      expect(countCells(vertices) - before).toBe(classes)
    },
  )

  it.each([
    [2, 1, null],
    [3, 7, null],
    [4, 91, '6b520b9bca2e736d26b0a5f23f871cacf0c1c9b4637a2bfabdfc1d12236217d6'],
    [5, 2532, '64f8d39802a51dbd3fa64b52e61e838b94a3a177903027c372972529a02783d4'],
    [6, 64_542, null],
    [7, 423_624, 'a7f10bf770c1b5b8a221e37824e42b3b1a237a5d21ccf545bbe8e23abd933403'],
  ])(
    'up to %i vertices has %i cells, as many hashes, and their checksum',
    (vertices, count, sum) => {
      const hashes = hasher.hashAll([...enumerateCells(vertices)])
      expect(hashes).toHaveLength(count)
      expect(new Set(hashes).size).toBe(count)
      if (sum !== null) expect(checksum(hashes)).toBe(sum)
    },
    60_000,
  )

  it('meets each class in the order of the published one: its stored cell', () => {
    // Every labelled matrix up to five vertices, by hash alone.
    const met = new Map<string, string>()
    for (let vertices = 2; vertices <= 5; vertices++) {
      for (const adjacency of fullMatrices(vertices)) {
        for (let code = 0; code < 3 ** (vertices - 2); code++) {
          const digits = vertices === 2 ? '' : code.toString(3).padStart(vertices - 2, '0')
          const cell = cellOf(adjacency, digits)
          const key = hasher.hash(cell)
          const first = JSON.stringify(cell)
          if (!met.has(key)) met.set(key, first)
          expect(JSON.stringify(storedCell(cell))).toBe(met.get(key))
        }
      }
    }
    expect([...met.values()]).toEqual([...enumerateCells(5)].map((cell) => JSON.stringify(cell)))
  })

  it('stores the example of the official notebook as its file does', () => {
    const example = cellOf(
      matrix([
        [0, 1],
        [0, 2],
        [0, 3],
        [0, 5],
        [1, 6],
        [2, 6],
        [3, 4],
        [4, 6],
        [5, 6],
      ]),
      '10002',
    )
    const stored = matrix([
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
      [1, 6],
      [2, 6],
      [3, 6],
      [4, 5],
      [5, 6],
    ])
    expect(storedCell(example)).toEqual(cellOf(stored, '01200'))
  })
})

function countCells(vertices: number): number {
  let count = 0
  for (const _ of enumerateCells(vertices)) count += 1
  return count
}
