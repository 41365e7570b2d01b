import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { inferShapes, outputShapes } from '#src/graph/shape.ts'
import { Random } from '#src/random/random.ts'
import type { CellPair } from '#src/space/cell/cell.ts'
import { DartsSettings, darts } from '#src/space/darts/darts.ts'
import { dartsNamed } from '#src/space/darts/named.ts'
import type { SearchSpace, Task } from '#src/space/space.ts'
import { chiSquareLimit, chiSquareUniform } from '#test/fixtures/statistics.ts'

const make = (settings: unknown = {}): SearchSpace<CellPair> => darts(DartsSettings.parse(settings))
const space = make()
const named = (name: string) => space.parse(dartsNamed[name] ?? '')
const cifar: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }

describe('the size of the space', () => {
  it('is 180 choices of states by 7^8 operations, squared', () => {
    const cell = 180n * 7n ** 8n
    expect(cell).toBe(1_037_664_180n)
    expect(space.count()).toEqual({ value: cell ** 2n, kind: 'exact' })
  })
})

describe('published parameter counts', () => {
  it.each([
    ['DARTS_V1', 3_169_414, {}],
    ['DARTS_V1', 3_645_840, { auxiliary: true }],
    ['DARTS_V1', 2_522_218, { channels: 32 }],
    ['DARTS_V1', 232_890, { channels: 16, cells: 8 }],
    ['DARTS_V2', 3_349_342, {}],
    ['DARTS_V2', 3_825_768, { auxiliary: true }],
    ['DARTS_V2', 2_666_026, { channels: 32 }],
    ['DARTS_V2', 246_106, { channels: 16, cells: 8 }],
  ])('of %s: %i with %j', (name, count, settings) => {
    expect(countGraph(make(settings).compile(named(name), cifar)).parameterCount).toBe(count)
  })
})

describe('documented parameter counts', () => {
  it.each([
    [4_718_752, { auxiliary: false }],
    [5_979_528, { auxiliary: true }],
  ])('of DARTS_V2 on ImageNet: %i with %j', (count, settings) => {
    const made = make({ stem: 'imagenet', channels: 48, cells: 14, ...settings })
    const task = { ...cifar, inputShape: [3, 224, 224], classCount: 1000 }
    expect(countGraph(made.compile(named('DARTS_V2'), task)).parameterCount).toBe(count)
  })
})

describe('the skeleton', () => {
  it('has reduction cells at a third and two thirds of its cells', () => {
    for (let cells = 2; cells <= 20; cells++) {
      const graph = make({ cells, channels: 4 }).compile(named('DARTS_V1'), cifar)
      const found = [
        ...new Set(graph.nodes.map(({ id }) => /^stage\d\.[a-z0-9]+/.exec(id)?.[0])),
      ].filter((id) => id !== undefined)
      expect(found).toHaveLength(cells)
      const reductions = [...found.entries()].filter(([, id]) => id.endsWith('reduction'))
      const expected = [Math.floor(cells / 3), Math.floor((2 * cells) / 3)]
      expect(reductions.map(([position]) => position)).toEqual(expected)
    }
  })

  it('projects both inputs, the earlier one by a factorized reduction after a reduction', () => {
    const graph = make({ cells: 8, channels: 4 }).compile(named('DARTS_V1'), cifar)
    const ids = graph.nodes.map(({ id }) => id)
    expect(ids).toContain('stage0.cell0.previous.conv')
    expect(ids).toContain('stage1.reduction.previous.conv')
    expect(ids).toContain('stage1.cell0.previous.conv_even')
    expect(ids).toContain('stage1.cell1.previous.conv')
    expect(ids.filter((id) => id.startsWith('stage1.reduction.block0.left'))).toEqual([
      'stage1.reduction.block0.left.pool',
    ])
    expect(ids.some((id) => id.startsWith('last'))).toBe(false)
  })

  it('makes a skip of stride 2 a factorized reduction, and leaves one of stride 1 a wire', () => {
    const skips = 'skip(0)+skip(1) skip(0)+skip(2) skip(0)+skip(2) skip(0)+skip(2)'
    const made = make({ cells: 4, channels: 4 })
    const graph = made.compile(made.parse(`normal: ${skips}; reduction: ${skips}`), cifar)
    const block = (id: string) =>
      graph.nodes.filter((node) => node.id.startsWith(`${id}.block1.`)).map(({ id: one }) => one)
    expect(block('stage0.cell0')).toEqual(['stage0.cell0.block1.add'])
    expect(block('stage1.reduction')).toEqual([
      ...['relu', 'shift', 'conv_even', 'conv_odd', 'concat', 'norm'].map(
        (part) => `stage1.reduction.block1.left.${part}`,
      ),
      'stage1.reduction.block1.add',
    ])
  })

  it('drops paths at one rate, but never a skip of stride 1', () => {
    const graph = make({ cells: 4, channels: 4, dropPathRate: 0.2 }).compile(
      named('DARTS_V2'),
      cifar,
    )
    const rates = new Map(
      graph.nodes.flatMap(({ id, op }) =>
        op.kind === 'drop-path' ? [[id, op.rate] as const] : [],
      ),
    )
    expect(new Set(rates.values())).toEqual(new Set([0.2]))
    expect(rates.has('stage0.cell0.block0.left.path')).toBe(true)
    expect(rates.has('stage0.cell0.block2.left.path')).toBe(false)
    // In the reduction cell, skip(2) reads a state that is small already.
    expect(rates.has('stage1.reduction.block1.right.path')).toBe(false)
  })

  it('shrinks images eightfold in the ImageNet stem', () => {
    const made = make({ stem: 'imagenet', cells: 14, channels: 48, auxiliary: true })
    const task = { ...cifar, inputShape: [3, 224, 224], classCount: 1000 }
    const graph = made.compile(named('DARTS_V2'), task)
    const shapes = inferShapes(graph)
    expect(shapes.get('stem.1.norm')).toEqual([48, 56, 56])
    expect(shapes.get('stem.2.norm')).toEqual([48, 28, 28])
    expect(shapes.get('stage0.cell0.previous.norm')).toEqual([48, 28, 28])
    expect(shapes.get('auxiliary.whole.conv')).toEqual([768, 1, 1])
    expect(outputShapes(graph)).toEqual([[1000], [1000]])
  })
})

describe('nodes', () => {
  const text = (node: string) =>
    `normal: sep3(0)+sep3(1) ${node} sep3(0)+sep3(1) sep3(0)+sep3(1); reduction: sep3(0)+sep3(1) sep3(0)+sep3(1) sep3(0)+sep3(1) sep3(0)+sep3(1)`

  it.each([
    ['avg3(0)+avg3(0)', 'the normal cell, block 1', 'states 0 and 0'],
    ['avg3(2)+avg3(0)', 'the normal cell, block 1', 'states 2 and 0'],
    ['avg3(0)+avg3(3)', 'the normal cell, block 1, right side', '3'],
    ['avg3(0)+sep7(1)', 'the normal cell, block 1, right side', 'sep7'],
    ['avg3(0)&sep3(1)', 'the normal cell, block 1', 'concat'],
  ])('refuse %s', (node, place, found) => {
    expect(() => space.parse(text(node))).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ place, found }) }),
    )
  })

  it('are all handed on, so that none can be in addition', () => {
    expect(() => space.parse(text('skip(0)+skip(1)').replace(';', ' also(0);'))).toThrow(
      "the normal cell's states handed on",
    )
  })

  it('read every pair of states, and apply every operation, equally often', () => {
    const random = Random.named(51, 'nodes')
    const pairs = new Map<string, number>()
    const operations = new Map<string, number>()
    for (let draw = 0; draw < 5000; draw++) {
      const last = space.sample(random).reduction.blocks.at(-1)
      const pair = `${last?.left.input} ${last?.right.input}`
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
      const operation = `${last?.left.operation} ${last?.right.operation}`
      operations.set(operation, (operations.get(operation) ?? 0) + 1)
    }
    expect(pairs.size).toBe(10)
    expect(chiSquareUniform([...pairs.values()])).toBeLessThan(chiSquareLimit(9))
    expect(operations.size).toBe(49)
    expect(chiSquareUniform([...operations.values()])).toBeLessThan(chiSquareLimit(48))
  })

  it('have neighbours of other operations and other sources', () => {
    // Each cell: 8 edges with 6 other operations; the sources of nodes 3 to 5 have 1, 2, 3 others.
    expect([...space.neighbours(named('DARTS_V2'))]).toHaveLength(2 * (48 + 2 * (1 + 2 + 3)))
  })
})

describe('the encodings', () => {
  const parameters = space.encodings.parameters

  it('have the names of NAS-Bench-301', () => {
    const configuration = parameters?.encode(named('DARTS_V2')) ?? {}
    expect(configuration).toMatchObject({
      edge_normal_0: 'sep3',
      edge_normal_1: 'sep3',
      inputs_node_normal_3: '0_1',
      inputs_node_normal_5: '0_2',
      edge_normal_9: 'skip',
      edge_normal_11: 'dil3',
      inputs_node_reduce_4: '0_2',
      edge_reduce_7: 'skip',
    })
    expect(Object.keys(configuration)).toHaveLength(2 * (8 + 3))
    expect(parameters?.space.parameters).toHaveLength(2 * (14 + 3))
  })

  it('leave out the edges that are not there, and refuse them', () => {
    const configuration = parameters?.encode(named('DARTS_V2')) ?? {}
    expect(Object.hasOwn(configuration, 'edge_normal_10')).toBe(false)
    const decoded = parameters?.decode({ ...configuration, edge_normal_10: 'skip' })
    expect(decoded).toEqual({ problems: [expect.stringContaining('edge_normal_10')] })
  })

  it('have a path for each sequence of operations from an input', () => {
    const one = make({ nodes: 2, operations: ['skip', 'sep3'] })
    const cell = 'skip(0)+sep3(1) sep3(0)+skip(2)'
    const bits = one.encodings.path?.encode(one.parse(`normal: ${cell}; reduction: ${cell}`)) ?? []
    // Two cells with two inputs: sequences of one (2) and of two (4) operations.
    expect(bits).toHaveLength(4 * (2 + 4))
    // Input 0: skip, sep3; skip·skip. Input 1: sep3; sep3·skip.
    const cellBits = { ones: [1, 1, 0, 1], twos: [1, 0, 0, 0, 0, 0, 1, 0] }
    expect(bits.slice(0, 8)).toEqual([...cellBits.ones, ...cellBits.ones])
    expect(bits.slice(8)).toEqual([...cellBits.twos, ...cellBits.twos])
    expect(space.encodings.path?.size).toBe(4 * (7 + 49 + 343 + 2401))
  })

  it('count in the adjacency one operation an edge', () => {
    const vector = space.encodings.adjacency?.encode(named('DARTS_V1')) ?? []
    expect(vector).toHaveLength(2 * 14 * 7)
    expect(vector.reduce((sum, value) => sum + value, 0)).toBe(16)
  })
})
