import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { cellOperations, parseCell, reaches, receives } from '#src/space/nas-bench-201/cell.ts'
import { nasBench201, nasBench201Entry } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { chiSquare, chiSquareLimit, chiSquareUniform } from '#test/fixtures/statistics.ts'

const space = nasBench201({ cellsPerStage: 5, channels: 16 })

/** Every cell, by counting in base five. */
const cells = Array.from({ length: 15_625 }, (_, index) =>
  index
    .toString(5)
    .padStart(6, '0')
    .split('')
    .map((digit) => cellOperations[Number(digit)] ?? 'none'),
)

const text = {
  index0:
    '|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|',
  index1:
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|',
  index284: '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|',
}

describe('the official text form', () => {
  it('orders edges by target, then by source', () => {
    expect(parseCell(text.index1)).toEqual([
      'nor_conv_3x3',
      'nor_conv_3x3',
      'avg_pool_3x3',
      'skip_connect',
      'nor_conv_3x3',
      'skip_connect',
    ])
  })

  it('tells all 15,625 cells apart', () => {
    const texts = cells.map((cell) => space.format(cell))
    expect(new Set(texts).size).toBe(15_625)
    expect(
      cells.every((cell, index) => texts[index] === space.format(space.parse(space.format(cell)))),
    ).toBe(true)
  })

  it.each([
    ['', 'the cell', '""'],
    ['|none~0|+|none~0|none~1|', 'the cell', '"|none~0|+|none~0|none~1|"'],
    ['|none~0|+|none~0|none~1|+none', 'node 3', '"none"'],
    ['|none~0|+|none~0|+|none~0|none~1|none~2|', 'node 2', '1 in "|none~0|"'],
    ['|none~0|+|none~0|conv~1|+|none~0|none~1|none~2|', 'node 2, edge from node 1', '"conv"'],
    ['|none~0|+|none~0|none~0|+|none~0|none~1|none~2|', 'node 2, edge from node 1', '"none~0"'],
    ['|none~0|+|none~0|none~1|+|none~0|none~1|none|', 'node 3, edge from node 2', '"none"'],
    ['|none~0| +|none~0|none~1|+|none~0|none~1|none~2|', 'node 1', '"|none~0| "'],
  ])('refuses %j at %s', (wrong, place, found) => {
    expect(() => space.parse(wrong)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place, found }),
      }),
    )
  })

  it('lists the operations that there are, and what was found instead', () => {
    expect(() => space.parse('|none~0|+|none~0|conv~1|+|none~0|none~1|none~2|')).toThrow(
      'The nas-bench-201 architecture is wrong at node 2, edge from node 1: expected one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3, found "conv"',
    )
  })

  it('finds values that are no cells', () => {
    expect(space.problems(['none'] as never)).toEqual([
      'The cell needs 6 operations, one for each edge',
    ])
    const wrong = ['none', 'none', 'max', 'none', 'none', 'none'] as never
    expect(space.problems(wrong)).toEqual([
      'The cell\'s node 2, edge from node 1 needs one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3, not "max"',
    ])
  })
})

describe('the isomorphism key', () => {
  it.each([
    [text.index0, '(0)@avg_pool_3x3+(0)@avg_pool_3x3+(0)@nor_conv_1x1+(0)@nor_conv_1x1'],
    [
      text.index1,
      '((0)@nor_conv_3x3)@avg_pool_3x3+(0)@nor_conv_3x3+((0)@nor_conv_3x3)@nor_conv_3x3+0',
    ],
  ])('of %s is the published one', (architecture, key) => {
    expect(space.canonical(space.parse(architecture))).toBe(key)
  })

  it('holds 6,466 classes', () => {
    expect(new Set(cells.map((cell) => space.canonical(cell))).size).toBe(6466)
  })
})

describe('liveness', () => {
  it('finds the 341 cells whose output nothing arrives at', () => {
    expect(cells.filter((cell) => !receives(cell, 3))).toHaveLength(341)
    expect(cells.filter((cell) => !reaches(cell, 0))).toHaveLength(341)
  })
})

describe('changes', () => {
  it('has 24 neighbours', () => {
    expect([...space.neighbours(parseCell(text.index284))]).toHaveLength(24)
  })

  it('samples every operation on every edge, and mutates every way, equally often', () => {
    const random = Random.named(20, 'changes')
    const start = parseCell(text.index284)
    const sampled = new Map<string, number>()
    const mutated = new Map<string, number>()
    const count = (counts: Map<string, number>, key: string) =>
      counts.set(key, (counts.get(key) ?? 0) + 1)
    for (let draw = 0; draw < 24_000; draw++) {
      for (const [edge, operation] of space.sample(random).entries()) {
        count(sampled, `${edge} ${operation}`)
      }
      count(mutated, space.format(space.mutate(start, random)))
    }
    // Six independent tables of five cells: 24 degrees of freedom; 24 cells: 23.
    expect(sampled.size).toBe(30)
    expect(chiSquareUniform([...sampled.values()])).toBeLessThan(chiSquareLimit(24))
    expect(mutated.size).toBe(24)
    expect(chiSquareUniform([...mutated.values()])).toBeLessThan(chiSquareLimit(23))
  })

  it('draws the node before the edge when asked to, as NATS-Bench does', () => {
    const random = Random.named(22, 'changes')
    const nodeFirst = nasBench201({ cellsPerStage: 5, channels: 16, mutation: 'node-edge' })
    const start = parseCell(text.index284)
    const counts = Array<number>(6).fill(0)
    const draws = 18_000
    for (let draw = 0; draw < draws; draw++) {
      const child = nodeFirst.mutate(start, random) as typeof start
      const edge = child.findIndex((operation, index) => operation !== start[index])
      counts[edge] = (counts[edge] ?? Number.NaN) + 1
    }
    const shares = [1 / 3, 1 / 6, 1 / 6, 1 / 9, 1 / 9, 1 / 9]
    const expected = shares.map((share) => share * draws)
    expect(chiSquare(counts, expected)).toBeLessThan(chiSquareLimit(5))
    expect(nasBench201Entry.settings.parse({})).toEqual({
      cellsPerStage: 5,
      channels: 16,
      mutation: 'edge',
    })
  })

  it('crosses each edge from either parent equally often', () => {
    const random = Random.named(21, 'cross')
    const first = space.parse('|none~0|+|none~0|none~1|+|none~0|none~1|none~2|')
    const second = first.map(() => 'skip_connect' as const)
    const counts = new Map<string, number>()
    for (let draw = 0; draw < 6400; draw++) {
      const key = space.format(space.crossover(first, second, random))
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(64)
    expect(chiSquareUniform([...counts.values()])).toBeLessThan(chiSquareLimit(63))
  })
})
