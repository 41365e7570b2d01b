import { describe, expect, it } from 'vitest'
import { decodeUnitVector } from '#src/parameter/unit-vector.ts'
import { Random } from '#src/random/random.ts'
import {
  NasBench1Shot1Settings,
  nasBench1Shot1,
} from '#src/space/nas-bench-1shot1/nas-bench-1shot1.ts'
import {
  adjacencyOf,
  combinations,
  parentCounts,
  parentsOf,
  type Variant,
  variants,
} from '#src/space/nas-bench-1shot1/parents.ts'
import {
  bitCount,
  type Cell,
  edgeBit,
  prune,
  verticesInUse,
} from '#src/space/nas-bench-101/cell.ts'
import { createCellHasher } from '#src/space/nas-bench-101/hash/hasher.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { cellOf, readTable, tableMissing } from '#test/fixtures/nas-bench-101-table.ts'
import { chiSquareLimit, chiSquareUniform, shareError } from '#test/fixtures/statistics.ts'

const spaceOf = (variant: Variant) => nasBench1Shot1(NasBench1Shot1Settings.parse({ variant }))

/** Every adjacency number of a variant. */
function matricesOf(variant: Variant): readonly number[] {
  let partial: readonly (readonly (readonly number[])[])[] = [[]]
  for (const [index, count] of parentCounts[variant].entries()) {
    partial = partial.flatMap((parents) =>
      combinations(index + 1, count).map((own) => [...parents, own]),
    )
  }
  return partial.map(adjacencyOf)
}

function labelings(length: number): readonly string[] {
  return Array.from({ length: 3 ** length }, (_, code) =>
    length === 0 ? '' : code.toString(3).padStart(length, '0'),
  )
}

/** Matrices without the edges that pruning takes, the vertices in their old places: each once. */
function usedMatrices(variant: Variant): readonly number[] {
  const vertices = parentCounts[variant].length + 1
  const kept = matricesOf(variant).map((matrix) => {
    const used = verticesInUse(matrix, vertices)
    const isUsed = (vertex: number) => (used & (1 << vertex)) !== 0
    return adjacencyOf(
      parentsOf(cellOf(matrix, '0'.repeat(vertices - 2))).map((parents, index) =>
        isUsed(index + 1) ? parents.filter(isUsed) : [],
      ),
    )
  })
  return [...new Set(kept)]
}

/** Cells after pruning, an operation on each vertex in use; some are equal once renumbered. */
function prunedCells(variant: Variant): readonly Cell[] {
  const inner = parentCounts[variant].length - 1
  return usedMatrices(variant).flatMap((matrix) => {
    const { adjacency, operations } = prune(cellOf(matrix, '0'.repeat(inner)))
    return labelings(operations.length).map((digits) => cellOf(adjacency, digits))
  })
}

/** Vertices with an edge to any other, input and output apart. */
function leadingCount(adjacency: number, variant: Variant): number {
  const vertices = parentCounts[variant].length + 1
  const leads = (vertex: number) =>
    [...Array(vertices).keys()].some(
      (target) =>
        target > vertex && ((adjacency >> (vertex + (target * (target - 1)) / 2)) & 1) === 1,
    )
  return [...Array(vertices - 2).keys()].filter((index) => leads(index + 1)).length
}

describe.each([
  {
    variant: 'S1',
    matrices: 180,
    raw: 14_580n,
    byLeading: 6240,
    used: 38,
    pruned: 66,
    labelled: 3702,
    hashes: 2685,
  },
  {
    variant: 'S2',
    matrices: 360,
    raw: 29_160n,
    byLeading: 16_632,
    used: 138,
    pruned: 190,
    labelled: 12_474,
    hashes: 7773,
  },
  {
    variant: 'S3',
    matrices: 5400,
    raw: 1_312_200n,
    byLeading: 363_648,
    used: 445,
    pruned: 876,
    labelled: 135_900,
    hashes: 55_854,
  },
] as const)('the cells of $variant', ({ variant, ...expected }) => {
  const all = matricesOf(variant)
  const inner = parentCounts[variant].length - 1

  it('are as many as parents and operations can be chosen', () => {
    expect(new Set(all).size).toBe(expected.matrices)
    expect(spaceOf(variant).count()).toEqual({ value: expected.raw, kind: 'exact' })
  })

  it('have nine edges', () => {
    expect(all.map(bitCount)).toEqual(all.map(() => 9))
  })

  it('with loose ends, the operations of loose ends not told apart, are as computed', () => {
    const sum = all.reduce((total, matrix) => total + 3 ** leadingCount(matrix, variant), 0)
    expect(sum).toBe(expected.byLeading)
  })

  it('without loose ends use every vertex in as many matrices as computed', () => {
    const whole = 2 ** (inner + 2) - 1
    expect(all.filter((matrix) => verticesInUse(matrix, inner + 2) === whole)).toHaveLength(
      expected.used,
    )
  })

  it('are cells of NAS-Bench-101, as many as computed', () => {
    expect(usedMatrices(variant)).toHaveLength(expected.pruned)
    const pruned = prunedCells(variant)
    expect(pruned).toHaveLength(expected.labelled)
    const hashes = new Set(createCellHasher().hashAll(pruned))
    expect(hashes.size).toBe(expected.hashes)
  }, 60_000)
})

describe('a cell of NAS-Bench-1Shot1', () => {
  const space = spaceOf('S1')
  const text = 'conv3x3(0)|conv1x1(0,1)|maxpool3x3(0,2)|conv3x3(1,3)|output(3,4)'

  it('is the NAS-Bench-101 cell with a vertex that nothing uses', () => {
    const lifted = text.replace('|output', '|conv1x1()|output')
    const larger = nasBench101(NasBench101Settings.parse({}))
    expect(space.canonical(space.parse(text))).toBe(larger.canonical(larger.parse(lifted)))
    const task = { kind: 'images', inputShape: [3, 8, 8], classCount: 10 } as const
    expect(space.compile(space.parse(text), task)).toEqual(
      larger.compile(larger.parse(lifted), task),
    )
  })

  it.each([
    [text.replace('(0,2)', '(2)'), 'vertex 3', '1'],
    [text.replace('(3,4)', '(4)'), 'the output', '1'],
    [text.replace('(0)', '()'), 'vertex 1', '0'],
    ['conv3x3(0)|conv1x1(0,1)|conv1x1(0,2)|output(2,3)', 'the cell', '3'],
    [text.replace('maxpool3x3', 'avgpool3x3'), 'vertex 3', '"avgpool3x3"'],
  ])('is not %s, for its %s', (wrong, place, found) => {
    expect(() => space.parse(wrong)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        message: expect.stringContaining(`The nas-bench-1shot1 architecture is wrong at ${place}`),
        details: expect.objectContaining({ place, found }),
      }),
    )
  })

  it('says how many parents a vertex has', () => {
    const cell = space.parse(text) as Cell
    // One edge more, from the input to vertex 4.
    expect(space.problems({ ...cell, adjacency: cell.adjacency | edgeBit(0, 4) })).toEqual([
      'The cell is wrong at the edges: expected at most 9 edges on paths from input to output, found 10',
    ])
    const moved = cell.adjacency & ~edgeBit(1, 4) & ~edgeBit(3, 4)
    expect(space.problems({ ...cell, adjacency: moved | edgeBit(0, 4) })).toEqual([
      'The cell is wrong at vertex 4: expected 2 parents, found 1',
    ])
  })

  it('is refused for a task whose images are too small, by this space’s name', () => {
    expect(() =>
      space.compile(space.parse(text), { kind: 'images', inputShape: [3, 3, 3], classCount: 2 }),
    ).toThrow('The space nas-bench-1shot1 halves its images 2 times')
  })
})

describe('changes', () => {
  it('replace one parent of a vertex that has a choice, or one operation, each half of the time', () => {
    const space = spaceOf('S3')
    const start = space.parse(
      'conv3x3(0)|conv1x1(1)|maxpool3x3(0)|conv3x3(1,3)|conv3x3(2,4)|output(3,5)',
    ) as Cell
    // Vertices 2 to 5 and the output have 1, 2, 4, 6 and 8 other sets; five operations have two each.
    expect([...space.neighbours(start)]).toHaveLength(1 + 2 + 4 + 6 + 8 + 10)
    const random = Random.named(41, 'mutations')
    const operations = new Map<string, number>()
    const byVertex = new Map<number, number>()
    const draws = 20_000
    for (let draw = 0; draw < draws; draw++) {
      const child = space.mutate(start, random) as Cell
      if (child.adjacency === start.adjacency) {
        const key = child.operations.join()
        operations.set(key, (operations.get(key) ?? 0) + 1)
        continue
      }
      expect(bitCount(child.adjacency ^ start.adjacency)).toBe(2)
      const bit = 31 - Math.clz32(child.adjacency ^ start.adjacency)
      const vertex = [1, 2, 3, 4, 5, 6].findLast((each) => (each * (each - 1)) / 2 <= bit) ?? 0
      byVertex.set(vertex, (byVertex.get(vertex) ?? 0) + 1)
    }
    expect([...byVertex.keys()].sort()).toEqual([2, 3, 4, 5, 6])
    expect(chiSquareUniform([...byVertex.values()])).toBeLessThan(chiSquareLimit(4))
    expect(operations.size).toBe(10)
    expect(chiSquareUniform([...operations.values()])).toBeLessThan(chiSquareLimit(9))
    const operationDraws = [...operations.values()].reduce((sum, count) => sum + count, 0)
    expect(shareError(operationDraws, draws, 0.5)).toBeLessThan(4.9)
  })

  it.each(variants)('lead from a cell of %s to each cell one change away, once', (variant) => {
    const space = spaceOf(variant)
    const matrices = matricesOf(variant)
    const random = Random.named(44, 'starts')
    for (let draw = 0; draw < 5; draw++) {
      const start = space.sample(random) as Cell
      const exchanged = matrices.filter((matrix) => bitCount(matrix ^ start.adjacency) === 2)
      const found = [...space.neighbours(start)] as Cell[]
      const [moved, relabelled] = [
        found.filter(({ adjacency }) => adjacency !== start.adjacency),
        found.filter(({ adjacency }) => adjacency === start.adjacency),
      ]
      expect(moved.map(({ adjacency }) => adjacency).sort()).toEqual(exchanged.toSorted())
      expect(moved.every(({ operations }) => operations.join() === start.operations.join())).toBe(
        true,
      )
      expect(new Set(relabelled.map(({ operations }) => operations.join())).size).toBe(
        2 * start.operations.length,
      )
    }
  })

  it('cross cells parent by parent: each vertex has the parents and the operation of either', () => {
    const space = spaceOf('S3')
    const random = Random.named(45, 'pairs')
    for (let draw = 0; draw < 50; draw++) {
      const [one, two] = [space.sample(random) as Cell, space.sample(random) as Cell]
      const child = space.crossover(one, two, random) as Cell
      for (const [index, own] of parentsOf(child).entries()) {
        expect([parentsOf(one)[index], parentsOf(two)[index]]).toContainEqual(own)
      }
      for (const [index, own] of child.operations.entries()) {
        expect([one.operations[index], two.operations[index]]).toContain(own)
      }
    }
  })

  it('leave vertices alone that have no choice: the second of S1', () => {
    const space = spaceOf('S1')
    const start = space.sample(Random.named(1, 'start')) as Cell
    for (const other of space.neighbours(start)) {
      // Edges 0→1, 0→2 and 1→2.
      expect((other as Cell).adjacency & 0b111).toBe(0b111)
    }
  })

  it('samples each set of parents and each operation equally often', () => {
    const space = spaceOf('S1')
    const random = Random.named(42, 'samples')
    const matrices = new Map<number, number>()
    const operations = new Map<string, number>()
    for (let draw = 0; draw < 20_000; draw++) {
      const cell = space.sample(random) as Cell
      matrices.set(cell.adjacency, (matrices.get(cell.adjacency) ?? 0) + 1)
      const key = cell.operations.join()
      operations.set(key, (operations.get(key) ?? 0) + 1)
    }
    expect(matrices.size).toBe(180)
    expect(chiSquareUniform([...matrices.values()])).toBeLessThan(chiSquareLimit(179))
    expect(operations.size).toBe(81)
    expect(chiSquareUniform([...operations.values()])).toBeLessThan(chiSquareLimit(80))
  })
})

describe('NAS-Bench-1Shot1 as hyperparameters', () => {
  it.each([
    ['S1', 9],
    ['S2', 9],
    ['S3', 11],
  ] as const)('of %s has %i variables', (variant, count) => {
    expect(spaceOf(variant).encodings.parameters?.space.parameters).toHaveLength(count)
  })

  it('names blocks as the published code does, and fixes what has no choice', () => {
    const { parameters } = spaceOf('S1').encodings
    expect(parameters?.space.parameters.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'choice_block_1_op categorical',
      'choice_block_2_op categorical',
      'choice_block_3_op categorical',
      'choice_block_4_op categorical',
      'choice_block_1_parents constant',
      'choice_block_2_parents constant',
      'choice_block_3_parents categorical',
      'choice_block_4_parents categorical',
      'choice_block_5_parents categorical',
    ])
  })

  it('takes every point of the unit cube to a cell', () => {
    const space = spaceOf('S2')
    const { parameters } = space.encodings
    if (parameters === undefined) throw new Error('The space has no parameters')
    const random = Random.named(43, 'points')
    for (let draw = 0; draw < 200; draw++) {
      const point = Array.from({ length: 8 }, () => random.uniform())
      const decoded = parameters.decode(decodeUnitVector(parameters.space, point))
      expect(decoded).toHaveProperty('architecture')
    }
  })

  it('says what is wrong with a configuration', () => {
    const space = spaceOf('S1')
    const { parameters } = space.encodings
    const configuration = parameters?.encode(space.sample(Random.named(1, 'start'))) ?? {}
    expect(parameters?.decode({ ...configuration, choice_block_4_parents: '0,4' })).toEqual({
      problems: [expect.stringContaining('choice_block_4_parents')],
    })
  })
})

describe.skipIf(tableMissing !== null)(`the public table (${tableMissing ?? 'present'})`, () => {
  it('holds every cell of the three spaces, and the best ones by the mean of three runs', () => {
    const rows = tableMissing === null ? readTable() : []
    const known = new Set(rows.map(({ hash }) => hash))
    const hasher = createCellHasher()
    const best = [
      '49f7891fc1771926d85dfce1df854041',
      '0c6034b2f9668482453138e9d00079cf',
      'a958be818a5f3d98eb5ce84f41a7764a',
    ]
    for (const [index, variant] of variants.entries()) {
      const hashes = new Set(hasher.hashAll(prunedCells(variant)))
      expect([...hashes].filter((hash) => !known.has(hash))).toEqual([])
      expect(hashes.has(best[index] ?? '')).toBe(true)
    }
  }, 60_000)
})
