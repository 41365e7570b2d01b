/** Numbers of the paper's fabrics, recounted here by other means where the table gives none. */
import { describe, expect, it } from 'vitest'
import { graphBuilder } from '#src/graph/builder.ts'
import { gateShape, specialize } from '#src/graph/choice.ts'
import { addAll, classifierHead, convNormActivation, normActivation } from '#src/graph/compose.ts'
import { countGraph } from '#src/graph/counts.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { graphHash } from '#src/graph/hash.ts'
import { conv2d, unpool2d } from '#src/graph/operations.ts'
import { inferShapes } from '#src/graph/shape.ts'
import { Random } from '#src/random/random.ts'
import { fabric } from '#src/space/fabric/fabric.ts'
import { FabricSettings } from '#src/space/fabric/settings.ts'
import { fabricWays } from '#src/space/fabric/ways.ts'
import type { Task } from '#src/space/space.ts'

const cifar: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }

function spaceOf(settings: Partial<FabricSettings>) {
  return fabric(FabricSettings.parse(settings))
}

function supernetOf(settings: Partial<FabricSettings>, task = cifar) {
  const supernet = spaceOf(settings).supernet?.(task)
  if (!supernet) throw new Error('A fabric has a supernet')
  return supernet
}

const convolutions = ({ nodes }: NetworkGraph) => nodes.filter(({ op }) => op.kind === 'conv2d')

describe('the number of paths', () => {
  it.each([
    [6, 2, 16n],
    [6, 3, 44n],
    [6, 4, 122n],
    [6, 8, 7442n],
    [6, 16, 28_249_720n],
    [2, 2, 4n],
    [3, 3, 17n],
  ])('is, at %i scales and %i layers, %i', (scales, layers, paths) => {
    expect(spaceOf({ scales, layers }).count()).toEqual({ value: paths, kind: 'exact' })
  })

  it('is what going through all sets of edges finds for parts', () => {
    // Seven edges between two layers of three scales; each way of choosing in both gaps is tried.
    const steps = [1, 2, 3].flatMap((from) => [1, 2, 3].map((to) => [from, to] as const))
    const near = steps.filter(([from, to]) => Math.abs(from - to) <= 1)
    const sets = Array.from({ length: 2 ** near.length }, (_, bits) =>
      near.filter((_, index) => (bits >> index) & 1),
    )
    const key = (scales: readonly number[]) => [...new Set(scales)].sort().join()
    const into = Map.groupBy(sets, (set) => key(set.map(([, to]) => to)))
    const out = Map.groupBy(sets, (set) => key(set.map(([from]) => from)))
    const total = [...into].reduce(
      (sum, [reached, ways]) =>
        reached === '' ? sum : sum + ways.length * (out.get(reached)?.length ?? 0),
      0,
    )
    expect(fabricWays({ layers: 3, scales: 3, onlyPaths: false }).total).toBe(BigInt(total))
    expect(fabricWays({ layers: 2, scales: 3, onlyPaths: false }).total).toBe(2n ** 7n - 1n)
  })
})

describe('the whole fabric', () => {
  it.each([
    [2, 64, 26, undefined],
    [8, 64, 122, 4_497_408],
    [16, 64, 250, 9_216_000],
    [8, 128, 122, 17_989_632],
  ])(
    'has, with %i layers of %i channels, %i edges with a gate each',
    (layers, channels, edges, weights) => {
      const { graph } = supernetOf({ layers, channels })
      const rows = gateShape(graph)
      expect(rows.reduce((sum, count) => sum + count, 0)).toBe(edges)
      expect(rows).toHaveLength(layers * 6 - 1)
      // Beside them the image's convolution, a norm a node, and the head.
      const others = 27 * channels + layers * 6 * 2 * channels + channels * 10 + 10
      const found = countGraph(graph).parameterCount - others
      expect(found).toBe(9 * channels * channels * edges)
      if (weights !== undefined) expect(found).toBe(weights)
    },
  )

  it('is what all gates of 1 leave', () => {
    const { graph, gatesOf } = supernetOf({ layers: 4, channels: 3, architectures: 'parts' })
    const whole = specialize(
      graph,
      gateShape(graph).map((count) => Array(count).fill(1)),
    )
    expect(convolutions(whole)).toHaveLength(3 * 16 + 10 + 1)
    const space = spaceOf({ layers: 4, channels: 3, architectures: 'parts' })
    const all = space.parse(
      Array(3).fill('1>1,1>2,2>1,2>2,2>3,3>2,3>3,3>4,4>3,4>4,4>5,5>4,5>5,5>6,6>5,6>6').join('|'),
    )
    expect(graphHash(whole)).toBe(graphHash(space.compile(all, cifar)))
    expect(
      gatesOf(all)
        .flat()
        .every((gate) => gate === 1),
    ).toBe(true)
  })
})

describe('a path', () => {
  it('is the chain of convolutions that a person would write', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [3, 32, 32])
    let wire = convNormActivation(builder, 'first', image, { channels: 8 })
    // Down to 16 pixels in the first layer, on, up to 32, on, down to one pixel in the last.
    const strides = [2, 1, 'up', 1, 2, 2, 2, 2, 2] as const
    for (const [index, stride] of strides.entries()) {
      if (stride === 'up') wire = builder.add(`up${index}`, unpool2d(2, 32), [wire])
      const settings = { channels: 8, stride: stride === 'up' ? 1 : stride }
      wire = convNormActivation(builder, `conv${index}`, wire, settings)
    }
    const chain = builder.finish([classifierHead(builder, 'head', wire, { classCount: 10 })])
    const space = spaceOf({ layers: 5, channels: 8 })
    // Between layers: 16 to 16, 16 to 32, 32 to 32, then to 16 in the last layer.
    const path = space.compile(space.parse('2>2|2>1|1>1|1>2'), cifar)
    expect(graphHash(path)).toBe(graphHash(chain))
  })

  it('has a convolution for each edge and one for the image', () => {
    const space = spaceOf({ layers: 6, channels: 4 })
    for (let seed = 0; seed < 20; seed++) {
      const path = space.sample(Random.named(seed, 'path'))
      const [first = 1] = path[0]?.[0] ?? []
      const [, last = 1] = path.at(-1)?.[0] ?? []
      const edges = first - 1 + 5 + (6 - last)
      expect(convolutions(space.compile(path, cifar))).toHaveLength(edges + 1)
    }
  })
})

describe('a part of a fabric', () => {
  it('sums what arrives at a node before its norm', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [1, 5, 6])
    const conv = (id: string, from: string, stride: number) =>
      builder.add(id, conv2d({ channels: 2, stride }), [from])
    const fine = convNormActivation(builder, 'fine', image, { channels: 2 })
    const coarse = normActivation(builder, 'coarse', conv('a', fine, 2))
    const apart = builder.add('apart', unpool2d(2, [5, 6]), [coarse])
    const next = normActivation(
      builder,
      'next',
      addAll(builder, 'sum', [conv('b', fine, 1), conv('c', apart, 1)]),
    )
    const last = normActivation(
      builder,
      'last',
      addAll(builder, 'sums', [conv('d', next, 2), conv('e', coarse, 1)]),
    )
    const wanted = builder.finish([classifierHead(builder, 'head', last, { classCount: 3 })])
    const space = spaceOf({ layers: 2, scales: 2, channels: 2, architectures: 'parts' })
    const task: Task = { kind: 'images', inputShape: [1, 5, 6], classCount: 3 }
    const part = space.compile(space.parse('1>1,2>1,2>2'), task)
    expect(graphHash(part)).toBe(graphHash(wanted))
  })

  it('halves odd sizes up, and brings them back', () => {
    const space = spaceOf({ layers: 3, scales: 4, channels: 2, architectures: 'parts' })
    const task: Task = { kind: 'images', inputShape: [1, 28, 13], classCount: 3 }
    const shapes = inferShapes(space.compile(space.parse('1>1,3>4,4>4|1>1,4>3'), task))
    expect(shapes.get('layer1.scale2.relu')).toEqual([2, 14, 7])
    expect(shapes.get('layer1.scale3.relu')).toEqual([2, 7, 4])
    expect(shapes.get('layer2.scale4.relu')).toEqual([2, 4, 2])
    expect(shapes.get('layer3.scale3.coarser.unpool')).toEqual([2, 7, 4])
    expect(shapes.get('layer3.scale4.sum')).toBeUndefined()
  })

  it.each([
    ['1>1,1>2|2>2', 'layers 1 to 2', 'each step on a way'],
    ['1>1|2>2', 'layers 2 to 3', 'each step on a way'],
    ['1>1|1>3', 'layers 2 to 3', 'at most one up or down'],
    ['1>1|1>2,1>1', 'layers 2 to 3', 'in order, each once'],
    ['1>1|1>4', 'layers 2 to 3', 'scales 1 to 3'],
    ['1>1|', 'layers 2 to 3', 'steps from scale to scale'],
    ['1>1', 'the length', '2 places'],
  ])('is not %s', (text, place, expected) => {
    const space = spaceOf({ layers: 3, scales: 3, architectures: 'parts' })
    expect(() => space.parse(text)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place, expected: expect.stringContaining(expected) }),
      }),
    )
  })

  it('is no path when it branches', () => {
    const space = spaceOf({ layers: 3, scales: 3 })
    expect(() => space.parse('1>1,1>2|1>1,2>1')).toThrow('expected one step, found 1>1,1>2')
  })
})

describe('sampling', () => {
  it.each(['paths', 'parts'] as const)('draws %s uniformly', (architectures) => {
    const space = spaceOf({ layers: 3, scales: 2, architectures })
    const expected = Number(space.count().value)
    const draws = expected * 200
    const counts = new Map<string, number>()
    for (let index = 0; index < draws; index++) {
      const text = space.format(space.sample(Random.named(index, 'uniform')))
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
    expect(counts.size).toBe(expected)
    const squares = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
    // Chi-square: mean the degrees of freedom, five standard deviations above; one in a million.
    const freedom = expected - 1
    expect(squares).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom))
  })
})

describe('the heaviest part', () => {
  it('goes back from the last node by the heaviest edge, whatever else weighs', () => {
    const { architectureOf, gatesOf } = supernetOf({ layers: 4, scales: 3 })
    const space = spaceOf({ layers: 4, scales: 3 })
    const path = space.parse('2>3|3>2|2>2')
    const weights = gatesOf(path).map((row) => row.map((gate) => 0.1 + 0.5 * gate))
    // Nodes off the path weigh more, but nothing heavy leads from them.
    const loud = weights.map((row) => (Math.max(...row) < 0.5 ? row.map((w) => w * 9) : row))
    expect(architectureOf(loud)).toEqual(path)
  })

  it('keeps every edge of at least half the heaviest, where parts are allowed', () => {
    const { architectureOf } = supernetOf({ layers: 2, scales: 2, architectures: 'parts' })
    const space = spaceOf({ layers: 2, scales: 2, architectures: 'parts' })
    // Rows: (1,2) from above; (2,1) from same, coarser; (2,2) from finer, same, above.
    const of = (...rows: number[][]) => space.format(architectureOf(rows))
    expect(of([1], [0.5, 0.2], [0.4, 0.2, 0.3])).toBe('1>1,1>2,2>2')
    expect(of([1], [0.5, 0.3], [0.4, 0.1, 0.3])).toBe('1>1,1>2,2>1')
    expect(of([1], [0.5, 0.3], [0.4, 0.1, 0.1])).toBe('1>2')
    expect(of([0], [0, 0], [0, 0, 0])).toBe('1>2')
  })
})

describe('settings', () => {
  it('take as many scales as bring an image down to one pixel', () => {
    const scalesFor = (imageSize: number) =>
      (spaceOf({ imageSize }).settings as { scales: number }).scales
    expect([2, 28, 32, 33, 64].map(scalesFor)).toEqual([2, 6, 6, 7, 7])
  })
})

describe('the drawing', () => {
  it('stands on a grid, a column a layer and a row a scale', () => {
    const space = spaceOf({ layers: 3, scales: 3 })
    const { nodes, edges } = space.draw(space.parse('2>2|2>1'))
    expect(nodes).toHaveLength(3 * 3 + 2)
    expect(nodes.filter(({ role }) => role === 'zero')).toHaveLength(3)
    expect(nodes.find(({ id }) => id === 'layer2.scale3')).toMatchObject({
      label: '4',
      role: 'zero',
      place: { column: 2, row: 2 },
    })
    // The image, one down, two steps, two down, the classes.
    expect(edges).toHaveLength(7)
  })
})
