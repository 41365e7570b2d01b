import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { inferShapes, outputShapes } from '#src/graph/shape.ts'
import { validateGraph } from '#src/graph/validate.ts'
import { multiBranch } from '#src/space/multi-branch/multi-branch.ts'
import { MultiBranchSettings } from '#src/space/multi-branch/settings.ts'

function compile(text: string, settings: Partial<MultiBranchSettings> = {}, size = [3, 8, 7]) {
  const operations = [...new Set(text.split('|').map((layer) => layer.split('@')[0] ?? ''))]
  const all = MultiBranchSettings.parse({ maxLayers: 8, operations, ...settings })
  const space = multiBranch(all)
  const task = { kind: 'images', inputShape: size, classCount: 10 } as const
  const graph = space.compile(space.parse(text), task)
  const shapes = inferShapes(graph)
  return {
    graph,
    counts: countGraph(graph),
    ids: graph.nodes.map(({ id }) => id),
    node: (id: string) => graph.nodes.find((node) => node.id === id),
    shape: (id: string) => shapes.get(id),
  }
}

describe('joining by concatenation', () => {
  it('puts inputs one behind the other, the image among them', () => {
    const { node, shape } = compile('conv3-4@0|conv3-5@0,1')
    expect(node('layer2.join.concat')?.inputs).toEqual(['image', 'layer1.relu'])
    expect(shape('layer2.join.concat')).toEqual([7, 8, 7])
  })

  it('puts zeros around what is smaller, one more below and right where it is odd', () => {
    const { node, shape } = compile('conv3s2-4@0|conv3-5@0,1')
    expect(shape('layer1.relu')).toEqual([4, 4, 4])
    expect(node('layer2.join.pad1')?.op).toEqual({
      kind: 'pad2d',
      top: 2,
      bottom: 2,
      left: 1,
      right: 2,
    })
    expect(shape('layer2.join.concat')).toEqual([7, 8, 7])
  })

  it('takes the largest of each axis', () => {
    const { shape } = compile('conv1x3s3-2@0|conv3s2-3@0|max3@1,2|max3@2', {}, [1, 9, 4])
    expect(shape('layer3.join.concat')).toEqual([5, 5, 2])
  })
})

describe('joining by addition', () => {
  it('brings the narrow to the widest by a 1x1 convolution, before the zeros', () => {
    const { node, shape } = compile('conv3-4@0|conv3s2-6@0|max3@0,1,2', { join: 'add' })
    expect(node('layer3.join.sum')?.inputs).toEqual([
      'layer3.join.project0.norm',
      'layer3.join.project1.norm',
      'layer3.join.pad2',
    ])
    expect(node('layer3.join.project0.conv')?.op).toMatchObject({ kernel: [1, 1], channels: 6 })
    expect(shape('layer3.join.sum')).toEqual([6, 8, 7])
  })

  it('projects nothing where all are as wide', () => {
    const { ids } = compile('conv3-4@0|conv5-4@0|max3@1,2', { join: 'add' })
    expect(ids.filter((id) => id.includes('project'))).toEqual([])
  })
})

describe('the ends', () => {
  it('concatenate every output that no layer reads, whatever the join', () => {
    for (const join of ['add', 'concat'] as const) {
      const { node, shape } = compile('conv3-4@0|conv3s2-6@0|max3@0', { join })
      expect(node('head.join.concat')?.inputs).toEqual([
        'layer1.relu',
        'head.join.pad1',
        'layer3.pool',
      ])
      expect(shape('head.join.concat')).toEqual([13, 8, 7])
    }
  })

  it('have a stem for the image where one is asked for', () => {
    const { node } = compile('conv3-4@0|max3@0,1', { stemChannels: 5 })
    expect(node('layer1.conv')?.inputs).toEqual(['stem.relu'])
    expect(node('layer2.join.concat')?.inputs).toEqual(['stem.relu', 'layer1.relu'])
  })
})

describe('layers', () => {
  it('count as reckoned by hand', () => {
    // 3x3 from 3 to 4, norm; depthwise 5x5 on 3 + 4, pointwise 7 to 6, norm; linear 6 to 10.
    expect(compile('conv3-4@0|sep5-6@0,1').counts).toEqual({
      parameterCount: 108 + 8 + 175 + 42 + 12 + 70,
      multiplyAdds: (108 + 175 + 42) * 56 + 60,
    })
  })

  it('have kernels of unequal sides', () => {
    const { node, shape } = compile('conv1x7-4@0|max3x1s2@1')
    expect(node('layer1.conv')?.op).toMatchObject({ kernel: [1, 7], padding: [0, 3] })
    expect(shape('layer2.pool')).toEqual([4, 4, 4])
  })
})

describe('three layers of one operation', () => {
  const settings = {
    minLayers: 3,
    maxLayers: 3,
    operations: ['conv3-4'],
    wiring: 'layers',
  } as const

  it.each(['concat', 'add'] as const)('compile in all 8 patterns, joined by %s', (join) => {
    const space = multiBranch(MultiBranchSettings.parse({ ...settings, join }))
    const texts = ['0', '1'].flatMap((two) =>
      ['0', '1', '2', '1,2'].map((three) => `conv3-4@0|conv3-4@${two}|conv3-4@${three}`),
    )
    expect(new Set(texts).size).toBe(8)
    for (const text of texts) {
      const task = { kind: 'images', inputShape: [3, 8, 8], classCount: 10 } as const
      const graph = space.compile(space.parse(text), task)
      expect(validateGraph(graph)).toEqual(graph)
      expect(outputShapes(graph)).toEqual([[10]])
    }
  })
})
