import { describe, expect, it } from 'vitest'
import { inferShapes } from '#src/graph/shape.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { SkeletonSettings } from '#src/space/nas-bench-201/skeleton.ts'

const settings = { cellsPerStage: 2, channels: 4 }
const space = nasBench201(settings)

function compile(text: string, inputShape = [3, 8, 8]) {
  const graph = space.compile(space.parse(text), { kind: 'images', inputShape, classCount: 10 })
  return { graph, ids: graph.nodes.map(({ id }) => id), shapes: inferShapes(graph) }
}

const nothing = '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|'

describe('the skeleton', () => {
  it('has the published defaults', () => {
    expect(SkeletonSettings.parse({})).toEqual({ cellsPerStage: 5, channels: 16 })
  })

  it('doubles channels and halves the image between its three stages', () => {
    const { shapes, graph } = compile(nothing, [1, 28, 12])
    expect(shapes.get('stem.conv')).toEqual([4, 28, 12])
    expect(shapes.get('stage1.reduction.sum')).toEqual([8, 14, 6])
    expect(shapes.get('stage2.reduction.sum')).toEqual([16, 7, 3])
    expect(shapes.get('head.pool')).toEqual([16])
    expect(graph.outputs).toEqual(['head.linear'])
  })

  it('starts without an activation and ends with norm and activation', () => {
    const { ids } = compile(nothing)
    expect(ids.slice(0, 3)).toEqual(['stem.conv', 'stem.norm', 'stage0.cell0.zero'])
    expect(ids.slice(-4)).toEqual(['last.norm', 'last.relu', 'head.pool', 'head.linear'])
  })

  it('reduces by two convolutions beside a pooled, projected shortcut', () => {
    const { ids, graph } = compile(nothing)
    expect(ids.filter((id) => id.startsWith('stage1.reduction'))).toEqual([
      'stage1.reduction.main0.relu',
      'stage1.reduction.main0.conv',
      'stage1.reduction.main0.norm',
      'stage1.reduction.main1.relu',
      'stage1.reduction.main1.conv',
      'stage1.reduction.main1.norm',
      'stage1.reduction.shortcut.pool',
      'stage1.reduction.shortcut.conv',
      'stage1.reduction.sum',
    ])
    const pool = graph.nodes.find(({ id }) => id === 'stage1.reduction.shortcut.pool')
    expect(pool?.op).toMatchObject({ mode: 'avg', kernel: [2, 2], stride: [2, 2], padding: [0, 0] })
  })

  it.each([[[3, 30, 32]], [[3, 32, 7]], [[3, 2, 2]]])(
    'refuses the input %j, which cannot be halved twice',
    (inputShape) => {
      expect(() => compile(nothing, inputShape)).toThrow(
        `must divide by 4, but the task has [${inputShape.join(', ')}]`,
      )
    },
  )
})

describe('a cell in the network', () => {
  const cellIds = (text: string) => compile(text).ids.filter((id) => id.startsWith('stage1.cell1.'))

  it('sums what arrives at a node', () => {
    expect(
      cellIds('|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|none~1|skip_connect~2|'),
    ).toEqual([
      'stage1.cell1.edge0_1',
      'stage1.cell1.edge0_2.relu',
      'stage1.cell1.edge0_2.conv',
      'stage1.cell1.edge0_2.norm',
      'stage1.cell1.node2',
    ])
  })

  it('is a wire when it only skips, and a sum of one wire twice when it skips twice', () => {
    expect(cellIds('|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|')).toEqual([])
    const twice = compile('|skip_connect~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|')
    const sum = twice.graph.nodes.find(({ id }) => id === 'stage0.cell0.node3')
    expect(sum?.inputs).toEqual(['stem.norm', 'stem.norm'])
  })

  it('leaves out edges from nodes that nothing arrives at, and into nodes that lead nowhere', () => {
    expect(
      cellIds('|none~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|'),
    ).toEqual([])
  })

  it('is a zero when nothing arrives at its output', () => {
    expect(cellIds('|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|')).toEqual([
      'stage1.cell1.zero',
    ])
  })
})

describe('the drawing', () => {
  it('has four nodes, and an edge for every operation but none', () => {
    const { nodes, edges } = space.draw(
      space.parse(
        '|avg_pool_3x3~0|+|none~0|nor_conv_1x1~1|+|nor_conv_3x3~0|none~1|skip_connect~2|',
      ),
    )
    expect(nodes.map(({ label }) => label)).toEqual(['0', '1', '2', '3'])
    expect(edges).toEqual([
      { from: 'node0', to: 'node1', label: 'avg pool 3×3', role: 'pool' },
      { from: 'node1', to: 'node2', label: 'conv 1×1', role: 'conv' },
      { from: 'node0', to: 'node3', label: 'conv 3×3', role: 'conv' },
      { from: 'node2', to: 'node3', label: 'skip', role: 'identity' },
    ])
  })
})
