import { describe, expect, it } from 'vitest'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { inferShapes, outputShapes } from '#src/graph/shape.ts'
import type { CellPair } from '#src/space/cell/cell.ts'
import { nasnetNamed } from '#src/space/nasnet/named.ts'
import { NasnetSettings, nasnet } from '#src/space/nasnet/nasnet.ts'
import type { SearchSpace, Task } from '#src/space/space.ts'

const task = (channels: number, height: number, width: number): Task => ({
  kind: 'images',
  inputShape: [channels, height, width],
  classCount: 10,
})
const make = (settings: unknown): SearchSpace<CellPair> => nasnet(NasnetSettings.parse(settings))
const tiny = { channels: 8, cellsPerStage: 1 }

/** The network of one block a cell, or of a named pair. */
function compile(text: string, settings: object = {}, size: Task = task(3, 16, 16)) {
  const blocks = nasnetNamed[text]
    ? {}
    : { blocks: text.split(';')[0]?.split('(').length === 3 ? 1 : 2 }
  const space = make({ ...tiny, ...blocks, ...settings })
  const graph = space.compile(space.parse(nasnetNamed[text] ?? text), size)
  return { graph, shapes: inferShapes(graph) }
}

function idsUnder(graph: NetworkGraph, prefix: string): string[] {
  return graph.nodes
    .filter(({ id }) => id.startsWith(`${prefix}.`))
    .map(({ id }) => id.slice(prefix.length + 1))
}

const pair = (normal: string, reduction = normal) => `normal: ${normal}; reduction: ${reduction}`

describe('the network of NASNet', () => {
  it('starts with three times the channels, and doubles them with each reduction', () => {
    const { shapes } = compile('NASNet-A')
    expect(shapes.get('stem.norm')).toEqual([24, 16, 16])
    expect(shapes.get('stage0.cell0.output')).toEqual([6 * 8, 16, 16])
    expect(shapes.get('stage1.reduction.output')).toEqual([4 * 16, 8, 8])
    expect(shapes.get('stage1.cell0.output')).toEqual([6 * 16, 8, 8])
    expect(shapes.get('stage2.reduction.output')).toEqual([4 * 32, 4, 4])
    expect(shapes.get('stage2.cell0.output')).toEqual([6 * 32, 4, 4])
    expect(shapes.get('head.linear')).toEqual([10])
  })

  it('has the published widths at F = 32', () => {
    const { shapes } = compile('NASNet-A', { channels: 32, cellsPerStage: 1 }, task(3, 32, 32))
    const widths = [
      'stem.norm',
      'stage0.cell0.output',
      'stage1.reduction.output',
      'stage1.cell0.output',
      'stage2.reduction.output',
      'stage2.cell0.output',
    ]
    expect(widths.map((id) => shapes.get(id)?.[0])).toEqual([96, 192, 256, 384, 512, 768])
  })

  it('keeps images of odd sizes, rounded up', () => {
    const { shapes } = compile('NASNet-A', {}, task(1, 7, 5))
    expect(shapes.get('stage1.cell0.output')).toEqual([96, 4, 3])
    expect(shapes.get('stage2.cell0.output')).toEqual([192, 2, 2])
  })

  it('reduces, projects or leaves the earlier input, as size and channels ask', () => {
    const { graph } = compile(pair('skip(1)+sep3(0)'), { cellsPerStage: 3 })
    expect(idsUnder(graph, 'stage0.cell0.previous')).toEqual(['relu', 'conv', 'norm'])
    // The first cell's output has the channels of the third cell already.
    expect(idsUnder(graph, 'stage0.cell2.previous')).toEqual([])
    expect(idsUnder(graph, 'stage1.reduction.previous')).toEqual(['relu', 'conv', 'norm'])
    expect(idsUnder(graph, 'stage1.cell0.previous')).toEqual([
      'relu',
      'shift',
      'conv_even',
      'conv_odd',
      'concat',
      'norm',
    ])
  })

  it('reads the stem as it is in the first cell where it is told to', () => {
    const { graph, shapes } = compile(pair('avg3(1)+skip(1)'), { projectStem: false })
    expect(idsUnder(graph, 'stage0.cell0.previous')).toEqual([])
    expect(shapes.get('stage0.cell0.block0.left.pool')).toEqual([24, 16, 16])
    expect(idsUnder(graph, 'stage0.cell0.block0')).toEqual([
      'left.pool',
      'left.project.conv',
      'left.project.norm',
      'right.relu',
      'right.conv',
      'right.norm',
      'add',
    ])
  })

  it('strides on the inputs of a reduction cell alone', () => {
    const { graph } = compile(pair('sep3(0)+skip(1) max3(2)+skip(0)'))
    const strides = (id: string) =>
      graph.nodes.flatMap((node) =>
        node.id.startsWith(id) && 'stride' in node.op ? [node.op.stride] : [],
      )
    expect(strides('stage1.reduction.block0.left.0')).toEqual([
      [2, 2],
      [1, 1],
    ])
    expect(strides('stage1.reduction.block0.left.1')).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(strides('stage1.reduction.block0.right')).toEqual([[2, 2]])
    expect(strides('stage1.reduction.block1.left')).toEqual([[1, 1]])
    expect(strides('stage1.reduction.block1.right')).toEqual([[2, 2]])
    expect(idsUnder(graph, 'stage0.cell0.block1')).toEqual(['left.pool', 'add'])
  })

  it('brings what is handed on to the size and channels of the last block', () => {
    const { graph, shapes } = compile(pair('sep3(0)+skip(1) sep3(0)&skip(1) also(1)'))
    expect(shapes.get('stage0.cell0.block1.concat')).toEqual([16, 16, 16])
    expect(idsUnder(graph, 'stage0.cell0.output1')).toEqual(['conv', 'norm'])
    expect(idsUnder(graph, 'stage0.cell0.output2')).toEqual(['conv', 'norm'])
    expect(idsUnder(graph, 'stage1.reduction.output1')).toEqual([
      'shift',
      'conv_even',
      'conv_odd',
      'concat',
      'norm',
    ])
    expect(shapes.get('stage1.reduction.output')).toEqual([3 * 32, 8, 8])
  })

  it('leaves out what nothing reads', () => {
    const { graph } = compile(pair('sep3(0)+sep3(0)'))
    expect(idsUnder(graph, 'stage0.cell0.previous')).toEqual([])
    expect(idsUnder(graph, 'stage0.cell0')).toContain('current.conv')
  })

  it('reads past a reduction where it is told to', () => {
    const text = pair('skip(0)+sep3(1)')
    const inputsOf = (settings: object, id: string) =>
      compile(text, settings).graph.nodes.find((node) => node.id === id)?.inputs
    const [relu, plain, past] = ['stage1.cell0.previous.relu', {}, { skipReductionInput: true }]
    expect(inputsOf({ ...plain, cellsPerStage: 2 }, relu)).toEqual(['stage0.cell1.block0.add'])
    expect(inputsOf({ ...past, cellsPerStage: 2 }, relu)).toEqual(['stage0.cell0.block0.add'])
    expect(inputsOf({ ...past, cellsPerStage: 2 }, 'stage2.cell0.previous.relu')).toEqual([
      'stage1.cell0.block0.add',
    ])
  })

  it('reduces an input as often as reductions lie between', () => {
    const settings = { cellsPerStage: [0, 0, 1], skipReductionInput: true }
    const { graph } = compile(pair('skip(0)+skip(1)'), settings)
    expect(idsUnder(graph, 'stage2.cell0').filter((id) => id.endsWith('conv_odd'))).toEqual([
      'previous.conv_odd',
      'previous1.conv_odd',
    ])
    expect(outputShapes(graph)).toEqual([[10]])
  })

  it('ends with an activation, and dropout where there is some', () => {
    const { graph } = compile('NASNet-A', { dropoutRate: 0.5 })
    expect(graph.nodes.slice(-4).map(({ id }) => id)).toEqual([
      'last.relu',
      'head.pool',
      'head.dropout',
      'head.linear',
    ])
  })
})

describe('the ImageNet stem', () => {
  it('has two reduction cells of a quarter and half of the channels', () => {
    const { shapes } = compile('NASNet-A', { stem: 'imagenet', stemMultiplier: 1 }, task(3, 64, 64))
    expect(shapes.get('stem.conv')).toEqual([32, 31, 31])
    expect(shapes.get('stem.cell0.output')).toEqual([4 * 2, 16, 16])
    expect(shapes.get('stem.cell1.output')).toEqual([4 * 4, 8, 8])
    expect(shapes.get('stage0.cell0.output')).toEqual([6 * 8, 8, 8])
  })

  it('refuses images that its first convolution cannot take', () => {
    expect(() => compile('NASNet-A', { stem: 'imagenet' }, task(3, 2, 8))).toThrow(
      'needs images of at least 3 by 3 pixels, but the task has [3, 2, 8]',
    )
  })
})

describe('drop-path', () => {
  const rates = (settings: object) =>
    compile('NASNet-A', settings).graph.nodes.flatMap(({ id, op }) =>
      op.kind === 'drop-path' ? [[id, op.rate] as const] : [],
    )

  it('is absent by default', () => {
    expect(rates({})).toEqual([])
  })

  it('grows with the depth of the cell, to the whole rate, and spares skips', () => {
    const found = rates({ dropPathRate: 0.4 })
    const byCell = new Map(found.map(([id, rate]) => [id.split('.block')[0], rate]))
    expect([...byCell.keys()]).toHaveLength(5)
    for (const [index, rate] of [...byCell.values()].entries()) {
      expect(rate).toBeCloseTo((0.4 * (index + 1)) / 5, 12)
    }
    // Ten sides a cell; two skips in a normal cell, one in a reduction cell.
    expect(found).toHaveLength(3 * 8 + 2 * 9)
    expect(found.map(([id]) => id)).not.toContain('stage0.cell0.block2.right.path')
  })
})

describe('the auxiliary head', () => {
  it('hangs before the second reduction and is the second output', () => {
    const { graph, shapes } = compile('NASNet-A', { auxiliary: true }, task(3, 32, 32))
    const relu = graph.nodes.find(({ id }) => id === 'auxiliary.relu')
    expect(relu?.inputs).toEqual(['stage1.cell0.output'])
    expect(shapes.get('auxiliary.pool')).toEqual([96, 4, 4])
    expect(shapes.get('auxiliary.whole.conv')).toEqual([768, 1, 1])
    expect(outputShapes(graph)).toEqual([[10], [10]])
  })

  it('hangs after it in the skeleton of DARTS', () => {
    const settings = { auxiliary: true, skeleton: 'darts' }
    const { graph } = compile('NASNet-A', settings, task(3, 32, 32))
    const relu = graph.nodes.find(({ id }) => id === 'auxiliary.relu')
    expect(relu?.inputs).toEqual(['stage2.reduction.output'])
  })

  it('refuses images that have shrunk too far', () => {
    expect(() => compile('NASNet-A', { auxiliary: true }, task(3, 8, 8))).toThrow(
      expect.objectContaining({
        code: 'space/invalid-settings',
        message: expect.stringContaining('shrunk to 4 by 4 there'),
      }),
    )
  })
})

describe('operations', () => {
  it.each([
    [
      'sep3',
      [
        '0.relu',
        '0.depthwise',
        '0.pointwise',
        '0.norm',
        '1.relu',
        '1.depthwise',
        '1.pointwise',
        '1.norm',
      ],
    ],
    ['max7', ['pool']],
    ['conv1', ['relu', 'conv0', 'norm0']],
    [
      'conv3',
      [
        'before.relu',
        'before.conv',
        'before.norm',
        'relu',
        'conv0',
        'norm0',
        'after.relu',
        'after.conv',
        'after.norm',
      ],
    ],
    [
      'conv1x7',
      [
        'before.relu',
        'before.conv',
        'before.norm',
        'relu',
        'conv0',
        'norm0',
        'relu0',
        'conv1',
        'norm1',
        'after.relu',
        'after.conv',
        'after.norm',
      ],
    ],
  ])('in the network of NASNet: %s', (operation, expected) => {
    const { graph } = compile(pair(`${operation}(0)+skip(0)`))
    expect(idsUnder(graph, 'stage0.cell0.block0.left')).toEqual(expected)
  })

  it('narrow convolutions to a quarter of the channels, a pair of three to three eighths', () => {
    const channels = (operation: string) =>
      compile(pair(`${operation}(0)+skip(0)`), { channels: 16 }).shapes.get(
        'stage0.cell0.block0.left.conv0',
      )
    expect(channels('conv3')).toEqual([4, 16, 16])
    expect(channels('dilconv3')).toEqual([4, 16, 16])
    expect(channels('conv1x7')).toEqual([4, 16, 16])
    expect(channels('conv1x3')).toEqual([6, 16, 16])
  })

  it('convolve without a bottleneck in the skeleton of DARTS', () => {
    const { graph } = compile(pair('conv1x7(0)+skip(0)'), { skeleton: 'darts' })
    expect(idsUnder(graph, 'stage0.cell0.block0.left')).toEqual(['relu', 'conv0', 'conv1', 'norm1'])
    const [across, down] = graph.nodes.filter(({ id }) =>
      /stage1\.reduction\.block0\.left\.conv/.test(id),
    )
    expect(across?.op).toMatchObject({ kernel: [1, 7], stride: [1, 2], padding: [0, 3] })
    expect(down?.op).toMatchObject({ kernel: [7, 1], stride: [2, 1], padding: [3, 0] })
  })
})

describe('the drawing', () => {
  it('has both cells, with their operations, and what each hands on', () => {
    const space = make({})
    const { nodes, edges, groups } = space.draw(space.parse(nasnetNamed['NASNet-A'] ?? ''))
    expect(groups.map(({ label }) => label)).toEqual(['Normal cell', 'Reduction cell'])
    expect(nodes.filter(({ group }) => group === 'normal')).toHaveLength(2 + 5 + 10 + 1)
    expect(edges.filter(({ to }) => to === 'normal.output').map(({ from }) => from)).toEqual(
      [1, 2, 3, 4, 5, 6].map((state) => `normal.${state}`),
    )
    expect(nodes.find(({ id }) => id === 'reduction.3.right')).toMatchObject({
      label: 'sep 7×7',
      role: 'separable',
    })
  })
})
