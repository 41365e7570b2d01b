import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { inferShapes } from '#src/graph/shape.ts'
import { compileChain } from '#src/space/chain/network.ts'
import { parseChain } from '#src/space/chain/text.ts'

function compile(text: string, inputShape = [3, 8, 8]) {
  const graph = compileChain(parseChain(text), { kind: 'images', inputShape, classCount: 10 })
  const shapes = inferShapes(graph)
  return {
    graph,
    counts: countGraph(graph),
    kinds: graph.nodes.map(({ op }) => op.kind),
    shape: (id: string) => shapes.get(id),
  }
}

describe('the chain network', () => {
  it('is its layers in order, then global pool and linear', () => {
    const { graph, kinds } = compile('conv3-16-relu|max2')
    expect(graph.nodes.map(({ id }) => id)).toEqual([
      'layer1.conv',
      'layer1.norm',
      'layer1.relu',
      'layer2.pool',
      'head.pool',
      'head.linear',
    ])
    expect(kinds).toEqual(['conv2d', 'batch-norm', 'activation', 'pool2d', 'global-pool', 'linear'])
    for (const [index, node] of graph.nodes.entries()) {
      expect(node.inputs).toEqual([graph.nodes[index - 1]?.id ?? 'image'])
    }
  })

  it('counts as reckoned by hand', () => {
    // 3x3 convolution 3 to 16, norm, linear 16 to 10 with bias.
    const conv = 9 * 3 * 16
    expect(compile('conv3-16-relu').counts).toEqual({
      parameterCount: conv + 32 + 170,
      multiplyAdds: conv * 64 + 160,
    })
    // Depthwise 5x5 on 3 channels, pointwise 3 to 8, norm, linear 8 to 10 with bias.
    expect(compile('sep5-8-gelu').counts).toEqual({
      parameterCount: 75 + 24 + 16 + 90,
      multiplyAdds: (75 + 24) * 64 + 80,
    })
  })

  it('keeps sizes in convolutions and rounds up when striding', () => {
    const { shape } = compile('conv5-4-relu|conv3s2-4-relu|sep3s2-4-silu', [1, 7, 6])
    expect(shape('layer1.conv')).toEqual([4, 7, 6])
    expect(shape('layer2.conv')).toEqual([4, 4, 3])
    expect(shape('layer3.pointwise')).toEqual([4, 2, 2])
  })

  it('cuts off what does not fill a pooling window', () => {
    expect(compile('max3', [2, 8, 7]).shape('layer1.pool')).toEqual([2, 2, 2])
  })

  it('clips a window to the image that reaches it, axis by axis', () => {
    const { graph, shape } = compile('avg4|avg4', [2, 8, 5])
    expect(shape('layer1.pool')).toEqual([2, 2, 1])
    expect(shape('layer2.pool')).toEqual([2, 1, 1])
    expect(graph.nodes[1]?.op).toMatchObject({ kernel: [2, 1], stride: [2, 1] })
  })

  it('leaves out pools on a single pixel', () => {
    const { kinds } = compile('max2|max2|max2|max2|conv3-4-relu', [1, 4, 4])
    expect(kinds.filter((kind) => kind === 'pool2d')).toHaveLength(2)
  })

  it('names the nodes of an activation in snake case', () => {
    const ids = compile('conv3-4-leaky-relu|sep3-4-hard-swish').graph.nodes.map(({ id }) => id)
    expect(ids).toContain('layer1.leaky_relu')
    expect(ids).toContain('layer2.hard_swish')
  })
})
