import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import {
  bitCount,
  type Cell,
  type CellBounds,
  isConnected,
  prune,
  usedEdgeCount,
  verticesInUse,
} from '#src/space/nas-bench-101/cell.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { formatCell, parseCell } from '#src/space/nas-bench-101/text.ts'
import { cellOf, matrix } from '#test/fixtures/nas-bench-101-table.ts'
import {
  chiSquare,
  chiSquareLimit,
  chiSquareUniform,
  shareError,
} from '#test/fixtures/statistics.ts'

const space = nasBench101(NasBench101Settings.parse({}))
const small = nasBench101(NasBench101Settings.parse({ vertices: 4 }))
const published: CellBounds = { vertices: 7, maxEdges: 9 }

describe('pruning', () => {
  it('takes away what no path from input to output uses, and keeps the order of the rest', () => {
    const cell = parseCell(
      'conv3x3(0)|conv1x1()|maxpool3x3(1)|conv1x1(1,2)|conv3x3(3)|output(3,4)',
      'nas-bench-101',
    )
    // Vertex 2 has no input and vertex 5 leads nowhere.
    expect(formatCell(prune(cell))).toBe('conv3x3(0)|maxpool3x3(1)|conv1x1(1)|output(2,3)')
    expect(formatCell(cell)).toContain('conv1x1()')
  })

  it('hands a cell without such vertices back as it is', () => {
    const cell = cellOf(1_205_349, '02001')
    expect(prune(cell)).toBe(cell)
  })

  it('refuses a cell that is cut in two', () => {
    const cell = cellOf(
      matrix([
        [0, 1],
        [2, 3],
      ]),
      '00',
    )
    expect(() => prune(cell)).toThrow(
      'The nas-bench-101 cell is cut in two: expected a path from input to output, found none',
    )
    expect(verticesInUse(cell.adjacency, 4)).toBe(0)
    expect(usedEdgeCount(cell.adjacency, 4)).toBe(0)
  })

  it('agrees with walking along the edges on every matrix of five vertices', () => {
    for (let adjacency = 0; adjacency < 2 ** 10; adjacency++) {
      const edge = (x: number, y: number) =>
        x < y && ((adjacency >> (x + (y * (y - 1)) / 2)) & 1) === 1
      const leads = (from: number, to: number): boolean =>
        from === to || [1, 2, 3, 4].some((next) => edge(from, next) && leads(next, to))
      const kept = [0, 1, 2, 3, 4].filter((vertex) => leads(0, vertex) && leads(vertex, 4))
      const mask = kept.reduce((sum, vertex) => sum + 2 ** vertex, 0)
      expect(verticesInUse(adjacency, 5)).toBe(leads(0, 4) ? mask : 0)
      const edges = kept.flatMap((x) => kept.filter((y) => edge(x, y))).length
      expect(usedEdgeCount(adjacency, 5)).toBe(leads(0, 4) ? edges : 0)
    }
  })

  it('counts edges after it: twenty-one places may be filled where nine are used', () => {
    const dead = matrix([
      [0, 6],
      [1, 2],
      [1, 3],
      [1, 4],
      [1, 5],
      [2, 3],
      [2, 4],
      [2, 5],
      [3, 4],
      [3, 5],
      [4, 5],
    ])
    expect(isConnected(dead, published)).toBe(true)
    expect(usedEdgeCount(dead, 7)).toBe(1)
    expect(
      isConnected(
        dead |
          matrix([
            [0, 1],
            [5, 6],
          ]),
        published,
      ),
    ).toBe(false)
  })
})

describe('the text form', () => {
  it('names what each vertex does and where its edges come from', () => {
    expect(formatCell(cellOf(1_101_347, '10200'))).toBe(
      'conv1x1(0)|conv3x3(0)|maxpool3x3(2)|conv3x3(3)|conv3x3(0,1,4)|output(0,5)',
    )
    expect(parseCell('output(0)', 'nas-bench-101')).toEqual(cellOf(1, ''))
  })

  it.each([
    ['', 'the cell', '""'],
    ['conv3x3(0)', 'the cell', '"conv3x3(0)"'],
    ['conv3x3(0)|conv1x1(1)|output(2)', 'the cell', '2'],
    ['conv5x5(0)|c|c|c|c|output(0)', 'vertex 1', '"conv5x5"'],
    ['conv3x3(0)|conv1x1(2)|conv3x3()|conv3x3()|conv3x3()|output(0)', 'vertex 2', '"conv1x1(2)"'],
    [
      'conv3x3(0)|conv1x1(1,0)|conv3x3()|conv3x3()|conv3x3()|output(0)',
      'vertex 2',
      '"conv1x1(1,0)"',
    ],
    [
      'conv3x3(0)|conv1x1(0,0)|conv3x3()|conv3x3()|conv3x3()|output(0)',
      'vertex 2',
      '"conv1x1(0,0)"',
    ],
    ['conv3x3|conv1x1()|conv3x3()|conv3x3()|conv3x3()|output(0)', 'vertex 1', '"conv3x3"'],
    ['conv3x3()|conv1x1()|conv3x3()|conv3x3()|conv3x3()|output(6)', 'the output', '"output(6)"'],
    ['conv3x3()|conv1x1()|conv3x3()|conv3x3()|conv3x3()|outputs(0)', 'the output', '"outputs(0)"'],
    ['conv3x3(0)|conv1x1()|conv3x3()|conv3x3()|conv3x3()|output(2)', 'the edges', 'none'],
    ['conv3x3(0)|conv1x1(0,1)|conv3x3(0,1,2)|conv3x3(0,3)|conv3x3(4)|output(5)', 'the edges', '10'],
  ])('refuses %j at %s', (wrong, place, found) => {
    expect(() => space.parse(wrong)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place, found }),
      }),
    )
  })

  it('says what a vertex may be', () => {
    expect(() => space.parse('conv5x5(0)|c|c|c|c|output(0)')).toThrow(
      'The nas-bench-101 architecture is wrong at vertex 1: expected one of conv3x3, conv1x1, maxpool3x3, found "conv5x5"',
    )
  })
})

describe('values that are no cells', () => {
  it.each([
    [null, 'The cell is wrong at the cell: expected 5 operations, found none'],
    [
      { adjacency: 1, operations: [] },
      'The cell is wrong at the cell: expected 5 operations, found 0',
    ],
    [
      { adjacency: 2 ** 21, operations: cellOf(0, '00000').operations },
      'The cell is wrong at the edges: expected a whole number of 21 bits, found 2097152',
    ],
    [
      {
        ...cellOf(matrix([[0, 6]]), '00000'),
        operations: ['conv3x3', 'x', 'conv3x3', 'conv3x3', 'conv3x3'],
      },
      'The cell is wrong at vertex 2: expected one of conv3x3, conv1x1, maxpool3x3, found "x"',
    ],
    [
      cellOf(0, '00000'),
      'The cell is wrong at the edges: expected a path from vertex 0, the input, to the output, found none',
    ],
  ])('%j is one', (value, problem) => {
    expect(space.problems(value as never)).toEqual([problem])
  })
})

describe('the space', () => {
  it('has 1,538,083 matrices of the 2,097,152 before pruning', () => {
    expect(space.count()).toEqual({ value: 1_538_083n * 3n ** 5n, kind: 'exact' })
  })

  it('refuses a limit on edges that single changes cannot pass', () => {
    expect(() => nasBench101(NasBench101Settings.parse({ vertices: 6, maxEdges: 5 }))).toThrow(
      "The nas-bench-101 space's maxEdges must be at least its vertices, 6, so that single changes lead to every cell, not 5",
    )
  })

  it('samples each matrix and each operation equally often', () => {
    const random = Random.named(31, 'cells')
    const matrices = new Map<number, number>()
    const operations = new Map<string, number>()
    for (let draw = 0; draw < 20_000; draw++) {
      const { adjacency, operations: drawn } = small.sample(random) as ReturnType<typeof cellOf>
      matrices.set(adjacency, (matrices.get(adjacency) ?? 0) + 1)
      operations.set(drawn.join(), (operations.get(drawn.join()) ?? 0) + 1)
    }
    expect(small.count().value).toBe(BigInt(matrices.size * 9))
    expect(chiSquareUniform([...matrices.values()])).toBeLessThan(chiSquareLimit(matrices.size - 1))
    expect(chiSquareUniform([...operations.values()])).toBeLessThan(chiSquareLimit(8))
  })

  it('draws pruned sizes in the shares that the whole space has', () => {
    const shares = { 2: 0.09727, 3: 0.20204, 4: 0.27485, 5: 0.30319, 6: 0.11954, 7: 0.00312 }
    const random = Random.named(32, 'sizes')
    const draws = 50_000
    const sizes = new Map<number, number>()
    for (let draw = 0; draw < draws; draw++) {
      const size = prune(space.sample(random)).operations.length + 2
      sizes.set(size, (sizes.get(size) ?? 0) + 1)
    }
    for (const [size, share] of Object.entries(shares)) {
      // The shares are rounded to five digits; 4.9 standard errors are a false alarm in a million.
      expect(shareError(sizes.get(Number(size)) ?? 0, draws, share)).toBeLessThan(4.9)
    }
  })

  it('changes each edge place and each operation equally often where all are allowed', () => {
    // The edge from input to output stays, so that every other change gives a cell.
    const start = small.parse('conv3x3(0)|conv1x1()|output(0,2)')
    const around = [...small.neighbours(start)]
    expect(around).toHaveLength(5 + 4)
    const random = Random.named(33, 'mutations')
    const edges = new Map<number, number>()
    const vertices = new Map<string, number>()
    for (let draw = 0; draw < 14_000; draw++) {
      const { adjacency, operations } = small.mutate(start, random) as ReturnType<typeof cellOf>
      const isEdge = adjacency !== (start as ReturnType<typeof cellOf>).adjacency
      if (isEdge) edges.set(adjacency, (edges.get(adjacency) ?? 0) + 1)
      else vertices.set(operations.join(), (vertices.get(operations.join()) ?? 0) + 1)
    }
    expect(chiSquareUniform([...edges.values()])).toBeLessThan(chiSquareLimit(4))
    expect(chiSquareUniform([...vertices.values()])).toBeLessThan(chiSquareLimit(3))
    // Five edge places and two operations.
    const edgeDraws = [...edges.values()].reduce((sum, count) => sum + count, 0)
    expect(shareError(edgeDraws, 14_000, 5 / 7)).toBeLessThan(4.9)
  })

  it.each([
    ['notebook', 1 / 4, 1 / 2],
    ['naszilla', 1 / 6, 1 / 2],
  ] as const)(
    'flips every edge and operation by itself as %s does',
    (mutation, edge, operation) => {
      const everywhere = nasBench101(NasBench101Settings.parse({ vertices: 4, mutation }))
      const start = everywhere.parse('conv3x3(0)|conv1x1()|output(0,2)')
      const random = Random.named(35, mutation)
      const flips = new Map<number, number>()
      const total = 1 << 6
      const draws = 20_000
      for (let draw = 0; draw < draws; draw++) {
        const child = everywhere.mutate(start, random) as Cell
        expect(everywhere.problems(child)).toEqual([])
        const flipped = child.adjacency ^ (start as Cell).adjacency
        const changed = child.operations.filter(
          (own, index) => own !== (start as Cell).operations[index],
        )
        const key = flipped + total * changed.length
        flips.set(key, (flips.get(key) ?? 0) + 1)
      }
      expect(flips.has(0), 'never the parent').toBe(false)
      // The exact distribution over flips and counts of changed operations, given that it is allowed.
      const weights = Array.from({ length: 3 * total }, (_, key) => {
        const [flipped, changed] = [key % total, Math.floor(key / total)]
        const isAllowed = isConnected((start as Cell).adjacency ^ flipped, {
          vertices: 4,
          maxEdges: 9,
        })
        if (key === 0 || !isAllowed) return 0
        const bits = bitCount(flipped)
        const ways = [1, 2, 1][changed] ?? 0
        return (
          ways *
          edge ** bits *
          (1 - edge) ** (6 - bits) *
          operation ** changed *
          (1 - operation) ** (2 - changed)
        )
      })
      const sum = weights.reduce((one, two) => one + two, 0)
      const cells = weights.flatMap((weight, key) => {
        const expected = (weight / sum) * draws
        return weight === 0 ? [] : [{ expected, found: flips.get(key) ?? 0 }]
      })
      // Rare ones are one class, so that each class expects at least five.
      const often = cells.filter(({ expected }) => expected >= 5)
      const rest = cells.filter(({ expected }) => expected < 5)
      const sumOf = (key: 'expected' | 'found') => rest.reduce((one, other) => one + other[key], 0)
      if (sumOf('expected') >= 5) {
        often.push({ expected: sumOf('expected'), found: sumOf('found') })
      }
      expect(
        chiSquare(
          often.map(({ found }) => found),
          often.map(({ expected }) => expected),
        ),
      ).toBeLessThan(chiSquareLimit(often.length - 1))
    },
  )

  it('crosses edges and operations apart from each other', () => {
    const first = small.parse('conv3x3(0)|conv3x3(1)|output(0,1)')
    const second = small.parse('conv1x1()|conv1x1(0,1)|output(0,2)')
    const random = Random.named(34, 'cross')
    const children = new Set<string>()
    for (let draw = 0; draw < 4000; draw++) {
      children.add(small.format(small.crossover(first, second, random)))
    }
    // Four edge places differ (0→1, 0→2, 1→3, 2→3) and two operations; 0→3 stays.
    expect(children.size).toBe(2 ** 6)
  })

  it('names published cells', () => {
    const best = space.parse(
      'conv1x1(0)|conv3x3(0)|maxpool3x3(2)|conv3x3(3)|conv3x3(0,1,4)|output(0,5)',
    )
    expect(space.canonical(best)).toBe('02e5a0247bbdcf2860b7e96f74961594')
  })
})

describe('the drawing', () => {
  it('shows what pruning leaves, numbered as the text form does', () => {
    const cell = space.parse(
      'conv3x3(0)|conv1x1()|maxpool3x3(1,2)|conv1x1(1)|conv3x3(3)|output(3,4)',
    )
    const { nodes, edges, direction } = space.draw(cell)
    expect(direction).toBe('right')
    expect(nodes.map(({ label, detail }) => [label, detail])).toEqual([
      ['input', '0'],
      ['conv 3×3', '1'],
      ['max pool 3×3', '3'],
      ['conv 1×1', '4'],
      ['output', undefined],
    ])
    expect(edges).toEqual([
      { from: 'vertex0', to: 'vertex1' },
      { from: 'vertex1', to: 'vertex3' },
      { from: 'vertex1', to: 'vertex4' },
      { from: 'vertex3', to: 'vertex6' },
      { from: 'vertex4', to: 'vertex6' },
    ])
  })
})
