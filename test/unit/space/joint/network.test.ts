import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { inferShapes } from '#src/graph/shape.ts'
import { joint, jointEntry } from '#src/space/joint/joint.ts'
import type { Task } from '#src/space/space.ts'

const space = joint(jointEntry.settings.parse({ training: [] }))
const task: Task = { kind: 'features', inputShape: [20], classCount: 3 }
const network = (text: string) => space.compile(space.parse(text), task)
const ids = (text: string) => network(text).nodes.map(({ id }) => id)

function widths(text: string): number[] {
  const graph = network(text)
  const shapes = inferShapes(graph)
  return graph.nodes
    .filter(({ op }) => op.kind === 'linear')
    .map(({ id }) => shapes.get(id)?.[0] ?? 0)
}

function rates(text: string): number[] {
  return network(text).nodes.flatMap(({ op }) => (op.kind === 'dropout' ? [op.rate] : []))
}

const shapedMlp =
  'activation=tanh backbone=shaped-mlp batchNorm=true dropout=false groups=6 maxUnits=200 outputUnits=10 shape=diamond'

describe('shaped perceptrons', () => {
  it('have linear, norm and activation a layer, and one linear layer to the classes', () => {
    const layer = (group: number) =>
      ['linear', 'norm', 'tanh'].map((part) => `group${group}.${part}`)
    expect(ids(shapedMlp)).toEqual([...[1, 2, 3, 4, 5, 6].flatMap(layer), 'head'])
  })

  it('have the widths of their shape for the task’s features', () => {
    expect(widths(shapedMlp)).toEqual([80, 140, 200, 137, 74, 10, 3])
    expect(widths(shapedMlp.replace('diamond', 'stairs'))).toEqual([200, 124, 124, 48, 48, 10, 3])
  })

  it('drop out along the same shape, the last layer nothing', () => {
    const dropping = shapedMlp
      .replace('diamond', 'funnel')
      .replace('dropout=false groups=6 maxUnits', 'dropout=true groups=6 maxDropout=0.5 maxUnits')
    expect(rates(dropping)).toEqual([0.5, 0.4, 0.3, 0.2, 0.1])
    expect(ids(dropping).slice(0, 4)).toEqual(
      ['linear', 'norm', 'tanh', 'dropout'].map((part) => `group1.${part}`),
    )
  })

  it('need no shape for one layer or two', () => {
    const one = 'activation=relu backbone=shaped-mlp batchNorm=false groups=1 outputUnits=12'
    expect(ids(one)).toEqual(['group1.linear', 'group1.relu', 'head'])
    expect(widths(one)).toEqual([12, 3])
    const two =
      'activation=relu backbone=shaped-mlp batchNorm=false dropout=false groups=2 maxUnits=30 outputUnits=12'
    expect(widths(two)).toEqual([30, 12, 3])
  })
})

describe('plain perceptrons', () => {
  it('have the widths and rates of each layer', () => {
    const text =
      'activation=sigmoid backbone=plain-mlp batchNorm=false dropout=true dropout1=0 dropout2=0.25 groups=2 units1=40 units2=11'
    expect(widths(text)).toEqual([40, 11, 3])
    expect(rates(text)).toEqual([0.25])
    expect(ids(text)).toEqual([
      'group1.linear',
      'group1.sigmoid',
      'group2.linear',
      'group2.sigmoid',
      'group2.dropout',
      'head',
    ])
  })
})

describe('shaped residual networks', () => {
  const text =
    'activation=relu backbone=shaped-resnet batchNorm=true blocksPerGroup=2 dropout=true groups=2 maxDropout=0.5 maxUnits=100 outputUnits=50 shape=funnel'

  it('activate first; where the width changes, before both branches', () => {
    const nodes = network(text).nodes
    const inputsOf = (id: string) => nodes.find((node) => node.id === id)?.inputs
    expect(ids(text).slice(0, 10)).toEqual([
      'stem',
      'group1.block1.before.norm',
      'group1.block1.before.relu',
      'group1.block1.shortcut',
      'group1.block1.first',
      'group1.block1.between.norm',
      'group1.block1.between.relu',
      'group1.block1.dropout',
      'group1.block1.second',
      'group1.block1.sum',
    ])
    expect(inputsOf('group1.block1.shortcut')).toEqual(['group1.block1.before.relu'])
    expect(inputsOf('group1.block1.first')).toEqual(['group1.block1.before.relu'])
    // The second block keeps the width: what comes in goes by unchanged.
    expect(inputsOf('group1.block2.sum')).toEqual(['group1.block2.second', 'group1.block1.sum'])
    expect(ids(text).slice(-3)).toEqual(['last.norm', 'last.relu', 'head'])
  })

  it('take their stem and groups from the shape, and drop out by group', () => {
    // Funnel from 100 to 50 in three: the stem, and two groups of two blocks of two layers.
    expect(widths(text)).toEqual([100, 75, 75, 75, 75, 75, 50, 50, 50, 50, 50, 3])
    expect(rates(text)).toEqual([0.5, 0.5, 0.25, 0.25])
  })

  it('have as many parameters as reckoned by hand', () => {
    const one = text
      .replace('blocksPerGroup=2', 'blocksPerGroup=1')
      .replace('dropout=true groups=2 maxDropout=0.5', 'dropout=false groups=1')
      .replace(' shape=funnel', '')
    const linear = (from: number, to: number) => (from + 1) * to
    const block = linear(100, 50) + linear(100, 50) + linear(50, 50) + 2 * (100 + 50)
    expect(countGraph(network(one)).parameterCount).toBe(
      linear(20, 100) + block + 2 * 50 + linear(50, 3),
    )
  })
})

describe('drawings', () => {
  it('show the layers, and the training beside them', () => {
    const all = joint(jointEntry.settings.parse({}))
    const drawing = all.draw(
      all.parse(
        'activation=relu backbone=shaped-mlp batchNorm=true batchSize=64 groups=1 labelSmoothing=0 oneCycle.riseShare=0.25 optimizer=sgd outputUnits=16 schedule=one-cycle sgd.learningRate=0.0123 sgd.momentum=0.9 sgd.weightDecay=0',
      ),
    )
    expect(drawing.nodes.map(({ id, label, detail }) => [id, label, detail])).toEqual([
      ['input', 'features', 'drawn for 16'],
      ['group1', 'linear 16', 'batch norm, relu'],
      ['head', 'linear', undefined],
      ['output', 'classes', undefined],
      ['batch', 'batch 64', undefined],
      ['optimizer', 'sgd', 'learning rate 0.012, momentum 0.9, weight decay 0'],
      ['schedule', 'one-cycle schedule', 'rise share 0.25'],
      ['smoothing', 'label smoothing 0', undefined],
    ])
    expect(drawing.groups).toEqual([{ id: 'training', label: 'training' }])
    expect(drawing.edges).not.toContainEqual({ from: 'output', to: 'batch' })
  })

  it('show residual groups as one box each', () => {
    const text =
      'activation=relu backbone=shaped-resnet batchNorm=false blocksPerGroup=1 dropout=true groups=2 maxDropout=0.8 maxUnits=100 outputUnits=50 shape=funnel'
    const drawing = space.draw(space.parse(text))
    expect(drawing.groups).toEqual([])
    expect(drawing.nodes.map(({ label, detail }) => [label, detail])).toEqual([
      ['features', 'drawn for 16'],
      ['linear 100', undefined],
      ['1 residual block of 75', 'relu, dropout 0.8'],
      ['1 residual block of 50', 'relu, dropout 0.4'],
      ['linear', undefined],
      ['classes', undefined],
    ])
  })
})
