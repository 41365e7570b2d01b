import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import { choicesOf, gateShape, specialize } from '#src/graph/choice.ts'
import { addAll } from '#src/graph/compose.ts'
import { countGraph } from '#src/graph/counts.ts'
import type { NetworkGraph, Operation, Shape } from '#src/graph/graph.ts'
import { graphHash } from '#src/graph/hash.ts'
import {
  activation,
  add,
  batchNorm,
  concat,
  conv2d,
  globalPool,
  linear,
  pool2d,
  zero,
} from '#src/graph/operations.ts'
import { inferShapes, outputShapes } from '#src/graph/shape.ts'
import { validateGraph } from '#src/graph/validate.ts'
import { Random } from '#src/random/random.ts'
import { errorOf } from './error-of.ts'

const image: Shape = [4, 6, 6]

/** A graph of one input made by a function. */
function graphOf(shape: Shape, make: (builder: GraphBuilder, input: string) => string) {
  const builder = graphBuilder()
  const input = builder.input('x', shape)
  return builder.finish([make(builder, input)])
}

const wire = graphOf(image, (_, x) => x)
const nothing = graphOf(image, (builder, x) => builder.add('op', zero(), [x]))
const conv = graphOf(image, (builder, x) => builder.add('op', conv2d({ channels: 4 }), [x]))
const pool = graphOf(image, (builder, x) => builder.add('op', pool2d({ mode: 'max' }), [x]))

const choice = (gate: number, ...candidates: NetworkGraph[]): Operation => ({
  kind: 'choice',
  gate,
  candidates,
})

/**
 * A random cell made twice under one selection: as a supernet with choices, and directly. Its edges
 * offer nothing, a wire, a convolution, a pool and a branch with a choice of its own.
 */
function cellTwice(random: Random) {
  const nodeCount = 2 + random.int(4)
  const edges = Array.from({ length: (nodeCount * (nodeCount - 1)) / 2 }, (_, edge) => edge)
  const shared = random.bernoulli(0.3)
  const rowOf = (edge: number) => (shared ? edge % 2 : edge)
  const rows = shared ? Math.min(2, edges.length) : edges.length
  const subset = (count: number) => Array.from({ length: count }, () => random.int(2))
  const gates = [...Array.from({ length: rows }, () => subset(5)), subset(2)]
  const branch = graphOf(image, (builder, x) => {
    const relu = builder.add('relu', activation('relu'), [x])
    const inner = builder.add('inner', choice(rows, conv, wire), [relu])
    return builder.add('norm', batchNorm(), [inner])
  })
  const build = (edge: (builder: GraphBuilder, at: string, from: Wire, row: number) => Wire) =>
    graphOf(image, (builder, input) => {
      const nodes: Wire[] = [input]
      let next = 0
      for (let target = 1; target < nodeCount; target++) {
        const terms = nodes.map((from, source) =>
          edge(builder, `edge${source}_${target}`, from, rowOf(next++)),
        )
        nodes.push(sum(builder, `node${target}`, terms))
      }
      const last = nodes.at(-1) ?? null
      // A node that all of the rest leads to, so that there is an output whatever the gates are.
      const start = builder.add('start', conv2d({ channels: 4, kernel: 1 }), [input])
      return sum(builder, 'output', [start, last]) ?? start
    })
  const supernet = build((builder, at, from, row) => {
    if (from === null) throw new Error('Every wire of a supernet is there')
    return builder.add(at, choice(row, nothing, wire, conv, pool, branch), [from])
  })
  const direct = build((builder, at, from, row) => {
    const [, asWire, asConv, asPool, asBranch] = gates[row] ?? []
    const there = from ?? builder.add(`${at}_zero`, zero(), ['x'])
    return sum(builder, at, [
      asWire === 1 ? from : null,
      asConv === 1 ? builder.add(`${at}_c`, conv2d({ channels: 4 }), [there]) : null,
      asPool === 1 ? builder.add(`${at}_p`, pool2d({ mode: 'max' }), [there]) : null,
      asBranch === 1 ? directBranch(builder, at, there, gates.at(-1) ?? []) : null,
    ])
  })
  return { supernet, gates, direct }
}

/** Null where nothing flows. */
type Wire = string | null

function sum(builder: GraphBuilder, id: string, terms: readonly Wire[]): Wire {
  const live = terms.filter((term) => term !== null)
  return live.length === 0 ? null : addAll(builder, id, live)
}

function directBranch(builder: GraphBuilder, at: string, from: string, inner: readonly number[]) {
  const relu = builder.add(`${at}_relu`, activation('relu'), [from])
  const terms = [
    inner[0] === 1 ? builder.add(`${at}_inner`, conv2d({ channels: 4 }), [relu]) : null,
    inner[1] === 1 ? relu : null,
  ]
  const value = sum(builder, `${at}_sum`, terms) ?? builder.add(`${at}_none`, zero(), [relu])
  return builder.add(`${at}_norm`, batchNorm(), [value])
}

describe('specialize', () => {
  it('gives the network that is built directly, over random supernets and selections', () => {
    const property = fc.property(fc.nat(1_000_000), (seed) => {
      const { supernet, gates, direct } = cellTwice(Random.named(seed, 'cell'))
      const special = specialize(validateGraph(supernet), gates)
      expect(validateGraph(special)).toEqual(special)
      expect(outputShapes(special)).toEqual([image])
      expect(countGraph(special)).toEqual(countGraph(direct))
      expect(choicesOf(special)).toEqual([])
      // Zeros are made from whatever is at hand, so that cells which need some may differ in that.
      const hasZeros = [special, direct].some(({ nodes }) =>
        nodes.some(({ op }) => op.kind === 'zero'),
      )
      if (!hasZeros) expect(graphHash(special)).toBe(graphHash(direct))
    })
    fc.assert(property, { numRuns: 300, seed: 11 })
  })

  it('names what is left as the worker names the parameters of the supernet', () => {
    const outer = graphOf(image, (builder, x) => {
      const inner = builder.add('edge', choice(1, wire, conv), [x])
      return builder.add('norm', batchNorm(), [inner])
    })
    const graph = graphOf(image, (builder, x) => builder.add('cell', choice(0, pool, outer), [x]))
    expect(choicesOf(graph).map(({ id }) => id)).toEqual(['cell', 'cell.c1.edge'])
    expect(gateShape(graph)).toEqual([2, 2])
    const nodesOf = (gates: number[][]) => specialize(graph, gates).nodes.map(({ id }) => id)
    expect(
      nodesOf([
        [0, 1],
        [0, 1],
      ]),
    ).toEqual(['cell.c1.edge.c1.op', 'cell.c1.norm'])
    expect(
      nodesOf([
        [1, 1],
        [1, 0],
      ]),
    ).toEqual(['cell.c0.op', 'cell.c1.norm', 'cell.sum'])
  })

  it('hands candidates of several inputs what they use', () => {
    const second = graphBuilder()
    second.input('a', image)
    const b = second.input('b', image)
    const builder = graphBuilder()
    const x = builder.input('x', image)
    const relu = builder.add('relu', activation('relu'), [x])
    const both = graphBuilder()
    const joined = both.add('join', add, [both.input('a', image), both.input('b', image)])
    const op = choice(0, second.finish([b]), both.finish([joined]))
    const graph = builder.finish([builder.add('pick', op, [x, relu])])
    expect(specialize(graph, [[1, 0]])).toMatchObject({ outputs: ['relu'] })
    expect(specialize(graph, [[0, 1]]).nodes.at(-1)).toMatchObject({ inputs: ['x', 'relu'] })
  })

  it('puts zeros of the right shape where something other than a sum needs an empty choice', () => {
    const strided = graphOf([4, 7, 5], (builder, x) =>
      builder.add('op', conv2d({ channels: 6, stride: 2 }), [x]),
    )
    const graph = graphOf([4, 7, 5], (builder, x) => {
      const left = builder.add('left', choice(0, strided), [x])
      const right = builder.add('right', choice(1, strided), [x])
      return builder.add('join', concat, [left, right])
    })
    const special = specialize(graph, [[0], [1]])
    expect(outputShapes(special)).toEqual([[12, 4, 3]])
    expect(inferShapes(special).get('left.resize')).toEqual([6, 4, 3])
    expect(countGraph(special).parameterCount).toBe(9 * 4 * 6)
  })

  it('misses a vector only where an output needs it', () => {
    const vector = graphOf([4], (builder, x) => builder.add('op', linear(3), [x]))
    const graph = (needed: boolean) =>
      graphOf(image, (builder, x) => {
        const pooled = builder.add('pool', globalPool(), [x])
        const first = builder.add('first', choice(0, vector), [pooled])
        const norm = builder.add('norm', batchNorm(), [first])
        const second = builder.add('second', choice(1, vector), [pooled])
        return builder.add('join', needed ? concat : choice(2, wireTo(1), wireTo(0)), [
          norm,
          second,
        ])
      })
    expect(specialize(graph(false), [[0], [1], [1, 0]]).outputs).toEqual(['second.c0.op'])
    const error = errorOf(() => specialize(graph(true), [[0], [1]]))
    expect(error.code).toBe('graph/invalid')
    expect(error.message).toContain('choice "first" has no candidate left')
  })

  it.each([
    ['a row too few', [[1, 0]], 'gates: expected 2 rows', 'gates'],
    [
      'a gate too many',
      [
        [1, 0],
        [1, 0, 0],
      ],
      'gates[1]: expected 2 gates',
      'gates[1]',
    ],
    [
      'a weight',
      [
        [1, 0],
        [0.5, 0.5],
      ],
      'expected each gate to be 0 or 1, found 0.5',
      'gates[1]',
    ],
  ])('refuses %s', (_, gates, text, place) => {
    const graph = graphOf(image, (builder, x) => {
      const first = builder.add('first', choice(0, wire, conv), [x])
      return builder.add('second', choice(1, wire, pool), [first])
    })
    const error = errorOf(() => specialize(graph, gates))
    expect(error.code).toBe('graph/invalid')
    expect(error.message).toContain(text)
    expect(error.details.place).toBe(place)
  })

  it('leaves a graph without choices as it is', () => {
    expect(gateShape(conv)).toEqual([])
    expect(specialize(conv, [])).toEqual(conv)
  })
})

/** Of two vectors, one. */
function wireTo(position: number): NetworkGraph {
  const builder = graphBuilder()
  const refs = [builder.input('a', [3]), builder.input('b', [3])]
  return builder.finish([refs[position] ?? ''])
}
