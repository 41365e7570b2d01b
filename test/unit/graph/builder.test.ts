import { describe, expect, it } from 'vitest'
import { graphBuilder } from '#src/graph/builder.ts'
import { add, batchNorm, conv2d, embedding, identity, linear } from '#src/graph/operations.ts'
import { errorOf } from './error-of.ts'

describe('graphBuilder', () => {
  it('infers each shape as the node is added', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [3, 32, 32])
    const conv = builder.add('stem.conv', conv2d({ channels: 16, stride: 2 }), [image])
    expect(builder.shape(image)).toEqual([3, 32, 32])
    expect(builder.shape(conv)).toEqual([16, 16, 16])
  })

  it('drops the nodes that no output depends on and keeps every input', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [3, 8, 8])
    builder.input('other', [4])
    const used = builder.add('used', identity, [image])
    const dead = builder.add('dead', conv2d({ channels: 4 }), [image])
    builder.add('deader', identity, [dead])
    const graph = builder.finish([used])
    expect(graph.inputs.map(({ id }) => id)).toEqual(['image', 'other'])
    expect(graph.nodes.map(({ id }) => id)).toEqual(['used'])
    expect(builder.finish(['deader']).nodes.map(({ id }) => id)).toEqual(['dead', 'deader'])
  })

  it('names the node whose inputs do not fit', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [3, 8, 8])
    const wide = builder.add('wide', conv2d({ channels: 4 }), [image])
    expect(errorOf(() => builder.add('sum', add, [image, wide]))).toMatchObject({
      code: 'graph/shape',
      message:
        'Graph node "sum" (add): expected inputs of one shape, found [3, 8, 8] at inputs[0] and [4, 8, 8] at inputs[1]; project, pad or resize one of them',
    })
    expect(errorOf(() => builder.add('head', linear(10), [image])).message).toContain('node "head"')
  })

  it('leaves nothing behind of a node that failed', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [3, 8, 8])
    expect(() => builder.add('head', linear(10), [image])).toThrow('head')
    expect(builder.add('head', batchNorm(), [image])).toBe('head')
  })

  it.each([
    ['image', 'found a second "image"'],
    ['stem', 'dotted prefix of "stem.conv"'],
    ['stem.conv.inner', 'found "stem.conv"'],
    ['Stem', 'expected snake-case'],
    ['stem..conv2', 'expected snake-case'],
  ])('refuses the id %j', (id, reason) => {
    const builder = graphBuilder()
    const image = builder.input('image', [3, 8, 8])
    builder.add('stem.conv', conv2d({ channels: 4 }), [image])
    const error = errorOf(() => builder.add(id, identity, [image]))
    expect(error.code).toBe('graph/invalid')
    expect(error.message).toContain(reason)
  })

  it('refuses references to what was not added, and shapes that no tensor has', () => {
    const builder = graphBuilder()
    expect(errorOf(() => builder.add('a', identity, ['image'])).message).toBe(
      'Graph node "a": expected an input or a node added before, found "image"',
    )
    expect(errorOf(() => builder.finish(['a'])).code).toBe('graph/invalid')
    expect(errorOf(() => builder.input('image', [3, 0, 8])).message).toContain('[3, 0, 8]')
  })

  it('hands tokens to embeddings alone', () => {
    const builder = graphBuilder()
    const text = builder.input('text', [12], 'tokens')
    const image = builder.input('image', [3, 8, 8])
    expect(errorOf(() => builder.add('a', linear(3), [text])).message).toBe(
      'Graph node "a" (linear): expected floats, found the tokens "text"; put an embedding before it',
    )
    expect(errorOf(() => builder.add('a', embedding(65, 8), [image])).message).toContain(
      'expected tokens, found "image"',
    )
    expect(errorOf(() => builder.finish([text])).message).toContain('found the tokens "text"')
    const vectors = builder.add('a', embedding(65, 8), [text])
    expect(builder.shape(vectors)).toEqual([12, 8])
    expect(builder.finish([vectors]).inputs[0]).toEqual({
      id: 'text',
      shape: [12],
      dtype: 'tokens',
    })
  })
})
