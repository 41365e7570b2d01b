import { describe, expect, it } from 'vitest'
import { graphBuilder } from '#src/graph/builder.ts'
import { convNormActivation } from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { flatten, linear, pool2d } from '#src/graph/operations.ts'
import { maximumElements } from '#src/graph/shape-problem.ts'
import { validateGraph } from '#src/graph/validate.ts'
import { Random } from '#src/random/random.ts'
import { randomGraph } from '#test/fixtures/random-graph.ts'
import { errorOf } from './error-of.ts'

function stem(): NetworkGraph {
  const builder = graphBuilder()
  const image = builder.input('image', [3, 8, 8])
  return builder.finish([convNormActivation(builder, 'stem', image, { channels: 4 })])
}

/** The graph with one field at a path replaced, or removed for `undefined`. */
function changed(graph: NetworkGraph, path: readonly (string | number)[], value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(graph)) as Record<string | number, unknown>
  let place = copy
  for (const key of path.slice(0, -1)) place = place[key] as typeof place
  const last = path.at(-1) ?? ''
  if (value === undefined) delete place[last]
  else place[last] = value
  return copy
}

describe('validateGraph', () => {
  it('hands back what any builder made, through JSON', () => {
    for (let index = 0; index < 50; index++) {
      const { graph } = randomGraph(Random.named(5, 'validate', index))
      expect(validateGraph(JSON.parse(JSON.stringify(graph)))).toEqual(graph)
    }
  })

  it.each([
    [
      ['nodes', 0, 'op', 'kernel', 1],
      0,
      'Graph nodes[0] "stem.conv".op.kernel[1]: expected at least 1, found 0',
    ],
    [
      ['nodes', 0, 'op', 'channels'],
      'many',
      'Graph nodes[0] "stem.conv".op.channels: expected number, found "many"',
    ],
    [
      ['nodes', 0, 'op', 'channels'],
      1.5,
      'Graph nodes[0] "stem.conv".op.channels: expected int, found 1.5',
    ],
    [
      ['nodes', 0, 'op', 'bias'],
      undefined,
      'Graph nodes[0] "stem.conv".op.bias: expected boolean, found nothing',
    ],
    [
      ['nodes', 1, 'op', 'momentum'],
      2,
      'Graph nodes[1] "stem.norm".op.momentum: expected at most 1, found 2',
    ],
    [
      ['nodes', 1, 'op', 'decay'],
      2,
      'Graph nodes[1] "stem.norm".op: expected no key "decay"; remove it or correct its name',
    ],
    [
      ['nodes', 2, 'op', 'kind'],
      'relu',
      'Graph nodes[2] "stem.relu".op.kind: expected a known kind of operation, found "relu"',
    ],
    [
      ['nodes', 2, 'inputs'],
      [],
      'Graph nodes[2] "stem.relu".inputs: expected at least 1 item, found []',
    ],
    [['version'], 7, 'Graph version: expected 1, found 7'],
    [['nodes', 0, 'inputs', 0], 'Image', expect.stringContaining('"stem.conv".inputs[0]: must be')],
  ])('says where and what is wrong with %j set to %j', (path, value, message) => {
    expect(errorOf(() => validateGraph(changed(stem(), path, value)))).toMatchObject({
      code: 'graph/invalid',
      message,
    })
  })

  it.each([null, 3, 'graph', [], undefined])('refuses %j as a graph', (value) => {
    expect(errorOf(() => validateGraph(value)).message).toMatch(
      /^Graph value: expected object, found /,
    )
  })

  it('names an input that is no earlier node', () => {
    const graph = changed(stem(), ['nodes', 1, 'inputs', 0], 'stem.relu')
    expect(errorOf(() => validateGraph(graph)).message).toBe(
      'Graph nodes[1] "stem.norm".inputs[0]: expected the id of a graph input or of an earlier node, found "stem.relu"; order the nodes so that each comes after its inputs',
    )
  })

  it('names a kernel that does not fit, and what to do', () => {
    const graph = stem()
    const pool = { id: 'pool', op: pool2d({ mode: 'max', kernel: 9, padding: 0 }) }
    const nodes = [...graph.nodes, { ...pool, inputs: graph.outputs }]
    expect(errorOf(() => validateGraph({ ...graph, nodes, outputs: ['pool'] }))).toMatchObject({
      code: 'graph/shape',
      message:
        'Graph nodes[3] "pool" (pool2d): expected the kernel [9, 9] with dilation [1, 1] to fit into the input padded by [0, 0], found [4, 8, 8]; use a smaller kernel, more padding or fewer strides before it',
    })
  })

  it('refuses tensors and weights beyond what an index reaches', () => {
    const builder = graphBuilder()
    const image = builder.input('image', [1, 46340, 46340])
    const vector = builder.add('vector', flatten, [image])
    expect(errorOf(() => builder.add('head', linear(2), [vector])).message).toContain(
      `at most ${maximumElements} weights`,
    )
    const grow = { kind: 'pad2d', top: 2, bottom: 0, left: 0, right: 0 } as const
    expect(errorOf(() => builder.add('grow', grow, [image])).message).toContain(
      `at most ${maximumElements} elements`,
    )
  })
})
