import { describe, expect, it } from 'vitest'
import { graphBuilder } from '#src/graph/builder.ts'
import { classifierHead, convNormActivation, separableConv } from '#src/graph/compose.ts'
import { cellLayers, type LayerGraph, networkLayers } from '#src/graph/layer-graph.ts'
import { add, concat, pool2d } from '#src/graph/operations.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { DartsSettings, darts } from '#src/space/darts/darts.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'

const wiring = (graph: LayerGraph | undefined) =>
  (graph ?? []).map(({ label, inputs }) => `${label}(${inputs})`)

describe('the layers of a network', () => {
  it('are its convolutions, pools and linear layers; sums and concatenations are wires', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [3, 8, 8])
    const first = convNormActivation(builder, 'first', image, { channels: 4, activation: 'gelu' })
    const second = convNormActivation(builder, 'second', first, { channels: 4, kernel: 1 })
    const sum = builder.add('sum', add, [first, second])
    const pool = builder.add('pool', pool2d({ mode: 'max' }), [sum])
    const joined = builder.add('joined', concat, [pool, first])
    const separable = separableConv(builder, 'separable', joined, { channels: 8, kernel: 5 })
    const graph = builder.finish([classifierHead(builder, 'head', separable, { classCount: 10 })])
    expect(wiring(networkLayers(graph))).toEqual([
      'input()',
      'conv3x3-4 gelu(0)',
      'conv1x1-4(1)',
      'maxpool3x3(1,2)',
      'depthwise5x5-8(1,3)',
      'conv1x1-8(4)',
      'linear-10(5)',
      'output(6)',
    ])
    expect(
      networkLayers(graph).map(({ kind, kernel, channels }) => [kind, kernel, channels]),
    ).toEqual([
      ['input', 0, 3],
      ['conv', 3, 4],
      ['conv', 1, 4],
      ['max-pool', 3, 8],
      ['separable', 5, 8],
      ['conv', 1, 8],
      ['linear', 0, 10],
      ['output', 0, 0],
    ])
  })

  it('stand after what they read in every space, with one output at the end', () => {
    const random = Random.named('layers')
    const tasks = {
      images: { kind: 'images', inputShape: [3, 32, 32], classCount: 10 },
      features: { kind: 'features', inputShape: [16], classCount: 10 },
      tokens: { kind: 'tokens', inputShape: [16], classCount: 65 },
    } as const
    for (const entry of spaceCatalog) {
      const space = entry.create(entry.settings.parse({}))
      if (space.takes === null) continue
      const architecture = space.sample(random)
      const graphs = [
        networkLayers(space.compile(architecture, tasks[space.takes])),
        ...(space.encodings.layers?.encode(architecture) ?? []),
      ]
      for (const graph of graphs) {
        expect(graph.filter(({ kind }) => kind === 'output')).toHaveLength(1)
        expect(graph.at(-1)?.kind, space.name).toBe('output')
        for (const [position, { inputs, kind }] of graph.entries()) {
          expect(inputs).toEqual([...new Set(inputs)].sort((a, b) => a - b))
          for (const input of inputs) expect(input).toBeLessThan(position)
          if (kind === 'input') expect(inputs).toEqual([])
        }
      }
    }
  })
})

describe('the layers of a cell', () => {
  it('without anything to read are not there', () => {
    const graph = cellLayers(['input'])
    const pool = { kind: 'avg-pool', label: 'avg', kernel: 3 } as const
    expect(graph.add(pool, [])).toEqual([])
    expect(graph.add(pool, [0, 0])).toEqual([1])
    expect(wiring(graph.finish([1, 0]))).toEqual(['input()', 'avg(0)', 'output(0,1)'])
  })

  it('of NAS-Bench-101 are the vertices that pruning leaves', () => {
    const space = nasBench101(NasBench101Settings.parse({}))
    const best = space.parse(
      'conv1x1(0)|conv3x3(0)|maxpool3x3(2)|conv3x3(3)|conv3x3(0,1,4)|output(0,5)',
    )
    expect(space.encodings.layers?.encode(best).map(wiring)).toEqual([
      [
        'input()',
        'conv1x1(0)',
        'conv3x3(0)',
        'maxpool3x3(2)',
        'conv3x3(3)',
        'conv3x3(0,1,4)',
        'output(0,5)',
      ],
    ])
    const random = Random.named('cells')
    for (let draw = 0; draw < 50; draw++) {
      const [first, second] = [space.sample(random), space.sample(random)]
      if (space.canonical(first) !== space.canonical(second)) continue
      const labels = [first, second].map((cell) =>
        space.encodings.layers
          ?.encode(cell)[0]
          ?.map(({ label }) => label)
          .sort(),
      )
      expect(labels[0]).toEqual(labels[1])
    }
  })

  it('of NAS-Bench-201 are its live edges, skips contracted', () => {
    const space = nasBench201({ cellsPerStage: 1, channels: 4, mutation: 'edge' })
    const wiringOf = (text: string) => wiring(space.encodings.layers?.encode(space.parse(text))[0])
    expect(
      wiringOf(
        '|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|none~0|avg_pool_3x3~1|skip_connect~2|',
      ),
    ).toEqual([
      'input()',
      'conv3x3(0)',
      'conv1x1(1)',
      'avgpool3x3(1)',
      // Node 2 is the input and the 1x1 convolution of node 1.
      'output(0,2,3)',
    ])
    // What leads nowhere is not there, and a cell that hands on nothing has an output alone.
    expect(
      wiringOf('|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|nor_conv_1x1~2|'),
    ).toEqual(['input()', 'conv3x3(0)', 'conv1x1(1)', 'output(2)'])
    expect(wiringOf('|none~0|+|none~0|none~1|+|none~0|none~1|none~2|')).toEqual([
      'input()',
      'output()',
    ])
  })

  it('of pairs of cells are one graph each', () => {
    const space = darts(DartsSettings.parse({}))
    const pair = space.sample(Random.named('darts'))
    const graphs = space.encodings.layers?.encode(pair) ?? []
    expect(graphs).toHaveLength(2)
    for (const [index, kind] of (['normal', 'reduction'] as const).entries()) {
      const operations = pair[kind].blocks.flatMap(({ left, right }) => [left, right])
      const expected = operations
        .map(({ operation }) => operation)
        .filter((name) => name !== 'skip')
      const labels = (graphs[index] ?? []).map(({ label }) => label).slice(2, -1)
      expect([...labels].sort()).toEqual([...expected].sort())
    }
  })
})
