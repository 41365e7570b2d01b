import { describe, expect, it } from 'vitest'
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import {
  activationConvNorm,
  addAll,
  classifierHead,
  concatAll,
  convNormActivation,
  dilatedSeparableConv,
  factorizedReduction,
  normActivation,
  projection,
  separableConv,
} from '#src/graph/compose.ts'
import type { NetworkGraph, Shape } from '#src/graph/graph.ts'
import { batchNorm, conv2d, identity, pool2d, samePadding } from '#src/graph/operations.ts'
import { errorOf } from './error-of.ts'

function composed(
  shape: Shape,
  make: (builder: GraphBuilder, image: string) => string,
): { readonly graph: NetworkGraph; readonly shape: Shape; readonly nodes: readonly string[] } {
  const builder = graphBuilder()
  const output = make(builder, builder.input('image', shape))
  const graph = builder.finish([output])
  const nodes = graph.nodes.map(({ id, op, inputs }) => `${id}=${op.kind}(${inputs.join()})`)
  return { graph, shape: builder.shape(output), nodes }
}

describe('operations', () => {
  it('fill in same padding and PyTorch’s norm', () => {
    expect(conv2d({ channels: 8, kernel: [3, 5], dilation: 2 })).toMatchObject({
      padding: [2, 4],
      stride: [1, 1],
      groups: 1,
      bias: false,
    })
    expect(pool2d({ mode: 'max' })).toMatchObject({ kernel: [3, 3], padding: [1, 1] })
    expect(batchNorm()).toEqual({ kind: 'batch-norm', affine: true, epsilon: 1e-5, momentum: 0.1 })
  })

  it('know no same padding of an even kernel, but that of an even reach', () => {
    expect(errorOf(() => samePadding([3, 2]))).toMatchObject({
      code: 'graph/invalid',
      message: expect.stringContaining('found [3, 2]'),
    })
    expect(samePadding(2, 2)).toEqual([1, 1])
    expect(conv2d({ channels: 8, kernel: 2, padding: 0 }).padding).toEqual([0, 0])
  })
})

describe('compositions', () => {
  it('order convolution, norm and activation either way', () => {
    const settings = { channels: 8, stride: 2 }
    expect(
      composed([3, 9, 9], (builder, image) => convNormActivation(builder, 'a', image, settings)),
    ).toMatchObject({
      shape: [8, 5, 5],
      nodes: ['a.conv=conv2d(image)', 'a.norm=batch-norm(a.conv)', 'a.relu=activation(a.norm)'],
    })
    expect(
      composed([3, 9, 9], (builder, image) =>
        activationConvNorm(builder, 'a', image, { ...settings, activation: 'hard-swish' }),
      ).nodes,
    ).toEqual([
      'a.hard_swish=activation(image)',
      'a.conv=conv2d(a.hard_swish)',
      'a.norm=batch-norm(a.conv)',
    ])
    expect(
      composed([3, 9, 9], (builder, image) => normActivation(builder, 'a', image)).nodes,
    ).toEqual(['a.norm=batch-norm(image)', 'a.relu=activation(a.norm)'])
  })

  it('separate a convolution into depthwise and pointwise', () => {
    const { graph, shape, nodes } = composed([6, 8, 8], (builder, image) =>
      separableConv(builder, 's', image, { channels: 12, kernel: 5, stride: 2 }),
    )
    expect(shape).toEqual([12, 4, 4])
    expect(nodes.map((node) => node.split('=')[0])).toEqual([
      's.relu',
      's.depthwise',
      's.pointwise',
      's.norm',
    ])
    expect(graph.nodes[1]?.op).toMatchObject({ groups: 6, channels: 6, padding: [2, 2] })
    expect(graph.nodes[2]?.op).toMatchObject({ groups: 1, channels: 12, kernel: [1, 1] })
  })

  it('repeat a separable convolution with the stride in the first and the channels in the last', () => {
    const { graph, shape } = composed([6, 8, 8], (builder, image) =>
      separableConv(builder, 's', image, { channels: 12, stride: 2, repeats: 2 }),
    )
    expect(shape).toEqual([12, 4, 4])
    expect(graph.nodes.map(({ id }) => id)).toContain('s.1.pointwise')
    const convs = graph.nodes.flatMap(({ op }) => (op.kind === 'conv2d' ? [op] : []))
    expect(convs.map(({ channels, stride }) => [channels, stride[0]])).toEqual([
      [6, 2],
      [6, 1],
      [6, 1],
      [12, 1],
    ])
  })

  it('dilate by 2 unless told otherwise', () => {
    const { graph, shape } = composed([6, 8, 8], (builder, image) =>
      dilatedSeparableConv(builder, 'd', image, { channels: 6, kernel: 5 }),
    )
    expect(shape).toEqual([6, 8, 8])
    expect(graph.nodes[1]?.op).toMatchObject({ dilation: [2, 2], padding: [4, 4] })
  })

  it.each([
    [[6, 8, 8], 10, [10, 4, 4]],
    [[6, 7, 9], 11, [11, 4, 5]],
  ] as const)('halve %j into %i channels without losing odd sizes', (input, channels, expected) => {
    const { shape, graph } = composed([...input], (builder, image) =>
      factorizedReduction(builder, 'r', image, { channels }),
    )
    expect(shape).toEqual(expected)
    expect(graph.nodes.find(({ id }) => id === 'r.shift')?.inputs).toEqual(['r.relu'])
  })

  it('project, and end in class scores', () => {
    const { shape, nodes } = composed([6, 8, 8], (builder, image) => {
      const narrow = projection(builder, 'p', image, { channels: 4, stride: 2 })
      return classifierHead(builder, 'head', narrow, { classCount: 10, dropoutRate: 0.2 })
    })
    expect(shape).toEqual([10])
    expect(nodes.at(-1)).toBe('head.linear=linear(head.dropout)')
    expect(
      composed([6, 8, 8], (builder, image) =>
        classifierHead(builder, 'head', image, { classCount: 10, dropoutRate: 0 }),
      ).nodes,
    ).toEqual(['head.pool=global-pool(image)', 'head.linear=linear(head.pool)'])
  })

  it('merge several references, and leave one alone', () => {
    const { nodes } = composed([6, 8, 8], (builder, image) => {
      const other = builder.add('other', identity, [image])
      const only = addAll(builder, 'unused', [image])
      const sum = addAll(builder, 'sum', [only, other])
      return concatAll(builder, 'joined', [concatAll(builder, 'unused2', [sum]), image])
    })
    expect(nodes).toEqual([
      'other=identity(image)',
      'sum=add(image,other)',
      'joined=concat(sum,image)',
    ])
  })
})
