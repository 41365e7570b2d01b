import { describe, expect, it } from 'vitest'
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import {
  activationConvNorm,
  addAll,
  classifierHead,
  convNormActivation,
  separableConv,
} from '#src/graph/compose.ts'
import { drawGraph } from '#src/graph/draw.ts'
import type { Drawing } from '#src/graph/drawing.ts'
import type { NetworkGraph, Operation } from '#src/graph/graph.ts'
import { operationLabel, operationRole } from '#src/graph/operation-label.ts'
import { activation, add, concat, conv2d, identity, pool2d, zero } from '#src/graph/operations.ts'
import { Random } from '#src/random/random.ts'
import { randomGraph } from '#test/fixtures/random-graph.ts'

/** A chain of cells, each with two branches and a sum. */
function cells(count: number): NetworkGraph {
  const builder = graphBuilder()
  let reference = builder.input('image', [3, 16, 16])
  reference = convNormActivation(builder, 'stem', reference, { channels: 8 })
  for (let index = 0; index < count; index++) reference = cell(builder, index, reference)
  return builder.finish([classifierHead(builder, 'head', reference, { classCount: 10 })])
}

function cell(builder: GraphBuilder, index: number, input: string): string {
  const id = `stage${index % 2}.cell${index}`
  return addAll(builder, `${id}.sum`, [
    activationConvNorm(builder, `${id}.left`, input, { channels: 8 }),
    separableConv(builder, `${id}.right`, input, { channels: 8, kernel: 5 }),
  ])
}

function labels(drawing: Drawing): Readonly<Record<string, string>> {
  return Object.fromEntries(drawing.nodes.map(({ id, label }) => [id, label]))
}

describe('drawGraph', () => {
  it('draws each unbranched run as one box that says what does the work', () => {
    const drawing = drawGraph(cells(1))
    expect(labels(drawing)).toEqual({
      image: 'image',
      stem: 'conv 3×3',
      'stage0.cell0.left': 'conv 3×3',
      'stage0.cell0.right': 'separable 5×5',
      'stage0.cell0.sum': '+',
      head: 'global avg pool → linear 10',
      'output 0': 'output',
    })
    expect(drawing.nodes.find(({ id }) => id === 'stem')).toEqual({
      id: 'stem',
      label: 'conv 3×3',
      role: 'conv',
      detail: '8×16×16 · 232 params',
    })
    expect(drawing.groups).toEqual([{ id: 'stage0.cell0', label: 'stage0.cell0' }])
    expect(drawing.edges).toContainEqual({ from: 'stage0.cell0.right', to: 'stage0.cell0.sum' })
    expect(drawing.edges).toHaveLength(7)
    expect(drawing.title).toBe('Network from 3×16×16 to 10 with 1194 parameters')
  })

  it('draws the cells of a large network, not their insides, but short runs as they were', () => {
    const drawing = drawGraph(cells(40))
    expect(drawing.nodes.length).toBe(44)
    expect(drawing.nodes.find(({ id }) => id === 'stage1.cell3')).toEqual({
      id: 'stage1.cell3',
      label: 'cell3',
      role: 'other',
      detail: '8×16×16 · 872 params · 8 operations',
      group: 'stage1',
    })
    expect(labels(drawing)).toMatchObject({ stem: 'conv 3×3', head: expect.stringContaining('10') })
    expect(drawing.groups.map(({ id }) => id)).toEqual(['stage0', 'stage1'])
  })

  it('goes as far out as the limit asks, and no farther than prefixes go', () => {
    expect(drawGraph(cells(40), { boxLimit: 10 }).nodes).toHaveLength(6)
    expect(drawGraph(cells(3), { boxLimit: 1000 }).nodes).toHaveLength(13)
    const builder = graphBuilder()
    let reference = builder.input('x', [4, 4, 4])
    for (let index = 0; index < 90; index++) {
      reference = builder.add(`n${index}`, identity, [reference])
    }
    expect(drawGraph(builder.finish([reference])).nodes).toHaveLength(92)
  })

  it('ends a run where its tensor is used twice, handed out, or leaves the prefix', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [4, 4, 4])
    const conv = builder.add('a.conv', conv2d({ channels: 4 }), [image])
    const relu = builder.add('a.relu', activation(), [conv])
    const other = builder.add('b.relu', activation('silu'), [relu])
    const joined = builder.add('b.join', concat, [other, conv])
    expect(labels(drawGraph(builder.finish([joined, relu])))).toMatchObject({
      'a.conv': 'conv 3×3',
      'a.relu': 'relu',
      'b.relu': 'silu',
      'b.join': 'concat',
    })
  })

  it('draws one arrow where a node takes another twice', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [4])
    const sum = builder.add('sum', add, [image, image])
    expect(drawGraph(builder.finish([sum]), { title: 'Twice' })).toMatchObject({
      title: 'Twice',
      edges: [
        { from: 'image', to: 'sum' },
        { from: 'sum', to: 'output 0' },
      ],
    })
  })

  it('joins boxes that exist, each id once, for any network', () => {
    for (let index = 0; index < 60; index++) {
      const { graph } = randomGraph(Random.named(index, 'draw'))
      const drawing = drawGraph(graph, { boxLimit: 5 + (index % 20) })
      const ids = drawing.nodes.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids).toEqual(
        expect.arrayContaining(drawing.edges.flatMap(({ from, to }) => [from, to])),
      )
      const groups = drawing.groups.map(({ id }) => id)
      expect(groups).toEqual(
        expect.arrayContaining(drawing.nodes.flatMap(({ group }) => group ?? [])),
      )
    }
  })
})

describe('operations in words', () => {
  it.each<[Operation, string, string]>([
    [conv2d({ channels: 8, stride: 2 }), 'conv 3×3 /2', 'conv'],
    [conv2d({ channels: 8, groups: 8, dilation: 2 }), 'depthwise 3×3 dilated 2', 'separable'],
    [conv2d({ channels: 8, groups: 2, kernel: [1, 3] }), 'conv in 2 groups 1×3', 'separable'],
    [pool2d({ mode: 'avg', stride: [2, 1] }), 'avg pool 3×3 /2×1', 'pool'],
    [zero(), 'zero', 'zero'],
    [zero(2), 'zero /2', 'zero'],
    [{ kind: 'drop-path', rate: 0.1 }, 'drop path', 'other'],
    [{ kind: 'channel-slice', start: 2, end: 6 }, 'channels 2–5', 'other'],
    [{ kind: 'choice', gate: 0, candidates: [] }, 'choice of 0', 'choice'],
  ])('names %j', (op, label, role) => {
    expect([operationLabel(op), operationRole(op)]).toEqual([label, role])
  })
})
