import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { inferShapes } from '#src/graph/shape.ts'
import { Random } from '#src/random/random.ts'
import { prune } from '#src/space/nas-bench-101/cell.ts'
import { enumerateCells, storedCell } from '#src/space/nas-bench-101/enumerate.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import {
  compileCell,
  type NetworkSettings,
  vertexChannels,
} from '#src/space/nas-bench-101/network.ts'
import { parameterCount } from '#src/space/nas-bench-101/parameter-count.ts'
import { parseCell } from '#src/space/nas-bench-101/text.ts'
import type { Task } from '#src/space/space.ts'

const cifar10: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }
const published: NetworkSettings = { channels: 128, stacks: 3, cellsPerStack: 3 }
const tiny: NetworkSettings = { channels: 7, stacks: 2, cellsPerStack: 2 }
const cell = (text: string) => parseCell(text, 'nas-bench-101')

function compile(text: string, settings = tiny, task = cifar10) {
  const graph = compileCell(cell(text), settings, task)
  return { graph, shapes: inferShapes(graph), ids: graph.nodes.map(({ id }) => id) }
}

describe('the channels of a cell', () => {
  it.each([
    // google-research/nasbench, tests/model_builder_test.py.
    ['conv3x3(0)|conv3x3(0)|output(1,2)', 8, 15, [8, 8, 7, 15]],
    ['conv3x3(0)|conv3x3(0)|conv3x3(0)|output(1,2,3)', 8, 8, [8, 3, 3, 2, 8]],
    ['output(0)', 8, 16, [8, 16]],
    // Vertex 1 leads to vertices 2 and 3, which share nine: it is as wide as the wider.
    ['conv3x3(0)|conv3x3(1)|conv3x3(1)|output(2,3)', 4, 9, [4, 5, 5, 4, 9]],
    // A vertex that is joined to the output is narrow, whatever follows it.
    ['conv3x3(0)|conv3x3(1)|output(1,2)', 4, 9, [4, 5, 4, 9]],
  ])('%s are from %i to %i: %j', (text, input, output, channels) => {
    expect(vertexChannels(cell(text), input, output)).toEqual(channels)
  })

  it('narrow along no edge by more than one, and never grow', () => {
    for (const each of enumerateCells(6)) {
      const channels = vertexChannels(each, 16, 23)
      for (let target = 2; target <= each.operations.length; target++) {
        for (let source = 1; source < target; source++) {
          const isEdge = ((each.adjacency >> (source + (target * (target - 1)) / 2)) & 1) === 1
          const narrowing = (channels[source] ?? 0) - (channels[target] ?? 0)
          if (isEdge && (narrowing < 0 || narrowing > 1)) throw new Error(JSON.stringify(each))
        }
      }
    }
  })
})

describe('the network', () => {
  it('has the published defaults', () => {
    expect(NasBench101Settings.parse({})).toEqual({
      vertices: 7,
      maxEdges: 9,
      mutation: 'one-variable',
      encoding: 'matrix',
      ...published,
    })
  })

  it('doubles channels and halves the image before each stack but the first', () => {
    const { shapes, graph } = compile('conv3x3(0)|output(1)', published)
    expect(shapes.get('stem.relu')).toEqual([128, 32, 32])
    expect(shapes.get('stack1.downsample')).toEqual([128, 16, 16])
    expect(shapes.get('stack1.cell0.vertex1.conv3x3.relu')).toEqual([256, 16, 16])
    expect(shapes.get('stack2.cell2.vertex1.conv3x3.relu')).toEqual([512, 8, 8])
    expect(shapes.get('head.pool')).toEqual([512])
    expect(graph.outputs).toEqual(['head.linear'])
    const pool = graph.nodes.find(({ id }) => id === 'stack1.downsample')?.op
    expect(pool).toMatchObject({ mode: 'max', kernel: [2, 2], stride: [2, 2], padding: [0, 0] })
  })

  it('weighs new batches by 0.003, and has no bias but the last', () => {
    const { graph } = compile('conv3x3(0)|conv1x1(0,1)|output(0,1,2)')
    const norms = graph.nodes.flatMap(({ op }) => (op.kind === 'batch-norm' ? [op] : []))
    expect(norms.length).toBeGreaterThan(10)
    expect(norms.every((op) => op.momentum === 0.003 && op.epsilon === 1e-5 && op.affine)).toBe(
      true,
    )
    expect(graph.nodes.some(({ op }) => op.kind === 'conv2d' && op.bias)).toBe(false)
    expect(graph.nodes.at(-1)?.op).toEqual({ kind: 'linear', features: 10, bias: true })
  })

  it('projects the input, cuts wider vertices, sums, and joins what leads to the output', () => {
    const { ids, graph, shapes } = compile('conv3x3(0)|maxpool3x3(0,1)|output(0,1,2)')
    expect(ids.filter((id) => id.startsWith('stack0.cell1.'))).toEqual(
      [
        'vertex1.project.conv',
        'vertex1.project.norm',
        'vertex1.project.relu',
        'vertex1.conv3x3.conv',
        'vertex1.conv3x3.norm',
        'vertex1.conv3x3.relu',
        'vertex2.project.conv',
        'vertex2.project.norm',
        'vertex2.project.relu',
        'vertex2.slice1',
        'vertex2.sum',
        'vertex2.maxpool3x3',
        'output.concat',
        'output.project.conv',
        'output.project.norm',
        'output.project.relu',
        'output.sum',
      ].map((id) => `stack0.cell1.${id}`),
    )
    const inputsOf = (id: string) =>
      graph.nodes.find((node) => node.id === `stack0.cell1.${id}`)?.inputs
    expect(inputsOf('vertex2.slice1')).toEqual(['stack0.cell1.vertex1.conv3x3.relu'])
    expect(inputsOf('output.concat')).toEqual([
      'stack0.cell1.vertex1.conv3x3.relu',
      'stack0.cell1.vertex2.maxpool3x3',
    ])
    // Seven channels are four and three.
    expect(shapes.get('stack0.cell1.vertex1.conv3x3.relu')?.[0]).toBe(4)
    expect(shapes.get('stack0.cell1.vertex2.maxpool3x3')?.[0]).toBe(3)
    expect(inputsOf('vertex1.project.conv')).toEqual(['stack0.cell0.output.sum'])
  })

  it('is one projection where input and output are all there is', () => {
    const { ids } = compile('output(0)')
    expect(ids.filter((id) => id.startsWith('stack0.cell0.'))).toEqual([
      'stack0.cell0.output.project.conv',
      'stack0.cell0.output.project.norm',
      'stack0.cell0.output.project.relu',
    ])
  })

  it('refuses an image that the pools use up', () => {
    const small: Task = { ...cifar10, inputShape: [3, 32, 3] }
    expect(() => compile('output(0)', published, small)).toThrow(
      'The space nas-bench-101 halves its images 2 times, so height and width must be at least 4, but the task has [3, 32, 3]; take fewer stacks or larger images',
    )
    expect(compile('output(0)', tiny, small).shapes.get('stack1.downsample')).toEqual([7, 16, 1])
  })
})

describe('equal hashes', () => {
  const space = nasBench101(NasBench101Settings.parse({ channels: 7, cellsPerStack: 1 }))

  it('are equal networks, though the orders of the vertices differ', () => {
    // The two share seven channels by their order: four for the 3x3 convolution, or three.
    const [one, other] = [
      space.parse('conv3x3(0)|conv1x1(0)|conv3x3()|conv3x3()|conv3x3()|output(1,2)'),
      space.parse('conv3x3()|conv1x1(0)|conv3x3(0)|conv3x3(3)|conv3x3()|output(2,3)'),
    ]
    expect(space.canonical(one)).toBe(space.canonical(other))
    expect(space.compile(other, cifar10)).toEqual(space.compile(one, cifar10))
    const counts = ['conv3x3(0)|conv1x1(0)|output(1,2)', 'conv1x1(0)|conv3x3(0)|output(1,2)'].map(
      (text) => parameterCount(cell(text), tiny, cifar10),
    )
    expect(counts[0]).not.toBe(counts[1])
  })
})

describe('the parameter count', () => {
  it.each([
    ['output(0)', 882_570],
    ['conv3x3(0)|output(1)', 10_177_674],
    ['conv1x1(0)|output(1)', 1_920_138],
    ['maxpool3x3(0)|output(1)', 882_570],
    ['conv3x3(0)|conv3x3(0,1)|output(2)', 20_346_506],
    ['conv1x1(0)|conv3x3(0)|conv3x3(0)|conv3x3(3)|maxpool3x3(0)|output(1,2,4,5)', 2_694_282],
    ['conv1x1(0)|conv3x3(0)|maxpool3x3(2)|conv3x3(3)|conv3x3(0,1,4)|output(0,5)', 32_426_634],
  ])('of %s at the published size is %i, in closed form and in the graph', (text, count) => {
    expect(parameterCount(cell(text), published, cifar10)).toBe(count)
    expect(countGraph(compile(text, published).graph).parameterCount).toBe(count)
  })

  it('is that of the graph on every cell of up to five vertices', () => {
    const task: Task = { kind: 'images', inputShape: [2, 4, 6], classCount: 3 }
    for (const each of enumerateCells(5)) {
      const { parameterCount: counted } = countGraph(compileCell(each, tiny, task))
      expect(parameterCount(each, tiny, task)).toBe(counted)
    }
  })

  it('is that of the graph on cells of seven, at the published size', () => {
    const space = nasBench101(NasBench101Settings.parse({}))
    for (let seed = 0; seed < 100; seed++) {
      const drawn = space.sample(Random.named(seed, 'counted'))
      const { parameterCount: counted } = countGraph(space.compile(drawn, cifar10))
      expect(parameterCount(storedCell(prune(drawn)), published, cifar10)).toBe(counted)
    }
  })
})
