import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { graphBuilder } from '#src/graph/builder.ts'
import type { NetworkGraph, Operation } from '#src/graph/graph.ts'
import { graphHash } from '#src/graph/hash.ts'
import { add, batchNorm, concat, conv2d, identity, zero } from '#src/graph/operations.ts'
import { Random } from '#src/random/random.ts'
import { randomGraph } from '#test/fixtures/random-graph.ts'

const graphs = fc
  .nat(1_000_000)
  .map((seed) => ({ seed, graph: randomGraph(Random.named(seed, 'hash')).graph }))

/** The same network under new ids, its nodes in another valid order, sums and products shuffled. */
function disguised(graph: NetworkGraph, random: Random): NetworkGraph {
  const ids = [...graph.inputs, ...graph.nodes].map(({ id }) => id)
  const names = random.distinct(ids.length, ids.length).map((number) => `renamed${number}`)
  const renamed = new Map(ids.map((id, index) => [id, names[index] ?? '']))
  const name = (id: string) => renamed.get(id) ?? ''
  const waiting = random.shuffle(graph.nodes)
  const placed = new Set(graph.inputs.map(({ id }) => id))
  const nodes: NetworkGraph['nodes'] = []
  while (waiting.length > 0) {
    const index = waiting.findIndex(({ inputs }) => inputs.every((ref) => placed.has(ref)))
    const [node] = waiting.splice(index, 1)
    if (!node) throw new Error('No node can be placed')
    placed.add(node.id)
    const { op } = node
    const isFree = op.kind === 'add' || op.kind === 'multiply'
    const inputs = isFree ? random.shuffle(node.inputs) : node.inputs
    nodes.push({
      id: name(node.id),
      op: op.kind === 'recurrent' ? { ...op, cell: disguised(op.cell, random) } : op,
      inputs: inputs.map(name),
    })
  }
  return {
    version: 1,
    inputs: graph.inputs.map((input) => ({ ...input, id: name(input.id) })),
    nodes,
    outputs: graph.outputs.map(name),
  }
}

/** Every graph that differs in one setting of one operation; they need not be valid. */
function* neighbours(graph: NetworkGraph): Generator<NetworkGraph> {
  for (const [index, node] of graph.nodes.entries()) {
    if (node.op.kind === 'recurrent') {
      for (const cell of neighbours(node.op.cell)) {
        const op = { ...node.op, cell }
        yield { ...graph, nodes: graph.nodes.with(index, { ...node, op }) }
      }
      continue
    }
    if (node.op.kind === 'choice') {
      const { op } = node
      const others = op.candidates.flatMap((candidate, position) =>
        [...neighbours(candidate)].map((other) => op.candidates.with(position, other)),
      )
      for (const candidates of others) {
        yield { ...graph, nodes: graph.nodes.with(index, { ...node, op: { ...op, candidates } }) }
      }
      const shifted = { ...op, gate: op.gate + 1 }
      yield { ...graph, nodes: graph.nodes.with(index, { ...node, op: shifted }) }
      continue
    }
    for (const [key, value] of Object.entries(node.op)) {
      const op = { ...node.op, [key]: another(value) } as Operation
      yield { ...graph, nodes: graph.nodes.with(index, { ...node, op }) }
    }
  }
}

function another(value: unknown): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  if (Array.isArray(value)) return value.with(-1, another(value.at(-1)))
  return `${value}-other`
}

/** A graph over one image from `[id, operation, inputs]` rows; the last one is its output. */
function rows(
  ...nodes: readonly (readonly [string, Operation, readonly string[]])[]
): NetworkGraph {
  const builder = graphBuilder()
  builder.input('x', [4, 8, 8])
  const ids = nodes.map(([id, op, inputs]) => builder.add(id, op, inputs))
  return builder.finish(ids.slice(-1))
}

const conv = conv2d({ channels: 4 })

describe('graphHash', () => {
  it('does not see ids, the order of nodes, or the order of a sum or a product', () => {
    fc.assert(
      fc.property(graphs, ({ seed, graph }) => {
        const other = disguised(graph, Random.named(seed, 'disguise'))
        expect(graphHash(other)).toBe(graphHash(graph))
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  it('sees every setting of every operation', () => {
    fc.assert(
      fc.property(graphs, ({ graph }) => {
        const hash = graphHash(graph)
        for (const other of neighbours(graph)) expect(graphHash(other)).not.toBe(hash)
      }),
      { numRuns: 30, seed: 2 },
    )
  })

  it('sees input shapes, and the order of inputs and of outputs', () => {
    const builder = graphBuilder()
    builder.input('x', [4])
    builder.input('y', [4])
    builder.add('norm', batchNorm(), ['x'])
    const graph = builder.finish(['norm', 'y'])
    const hashes = [
      graph,
      { ...graph, outputs: graph.outputs.toReversed() },
      { ...graph, inputs: graph.inputs.toReversed() },
      { ...graph, inputs: graph.inputs.map(({ id }) => ({ id, shape: [5] })) },
    ].map(graphHash)
    expect(new Set(hashes).size).toBe(4)
  })

  it('sees whether an input is tokens', () => {
    const input = { id: 'x', shape: [4] }
    const graph: NetworkGraph = { version: 1, inputs: [input], nodes: [], outputs: ['x'] }
    const tokens: NetworkGraph = { ...graph, inputs: [{ ...input, dtype: 'tokens' }] }
    expect(graphHash(tokens)).not.toBe(graphHash(graph))
  })

  it('sees the order of a concatenation', () => {
    const joined = (...order: string[]) =>
      rows(['a', conv, ['x']], ['b', zero(), ['x']], ['c', concat, order])
    expect(graphHash(joined('a', 'b'))).not.toBe(graphHash(joined('b', 'a')))
    expect(graphHash(joined('a', 'b'))).not.toBe(graphHash(joined('a', 'b', 'a')))
  })

  it('tells one shared node from two equal ones', () => {
    const shared = rows(['a', conv, ['x']], ['c', add, ['a', 'a']])
    const twins = rows(['a', conv, ['x']], ['b', conv, ['x']], ['c', add, ['a', 'b']])
    expect(graphHash(shared)).not.toBe(graphHash(twins))
  })

  it('tells how twins are paired', () => {
    const paired = (first: readonly string[], second: readonly string[]) =>
      rows(
        ['a', conv, ['x']],
        ['b', conv, ['x']],
        ['c', add, first],
        ['d', add, second],
        ['e', concat, ['c', 'd']],
      )
    const hashes = [
      paired(['a', 'b'], ['a', 'b']),
      paired(['a', 'a'], ['b', 'b']),
      paired(['a', 'a'], ['a', 'b']),
    ].map(graphHash)
    expect(new Set(hashes).size).toBe(3)
  })

  it('tells which of two equal branches goes on', () => {
    const from = (branch: string) =>
      rows(
        ['a', conv, ['x']],
        ['b', conv, ['a']],
        ['c', identity, [branch]],
        ['d', concat, ['b', 'c', 'a']],
      )
    expect(graphHash(from('a'))).not.toBe(graphHash(from('b')))
  })

  it('sees gates and candidates, in order', () => {
    const plain = rows(['a', identity, ['x']])
    const norm = rows(['b', batchNorm(), ['x']])
    const renamed = rows(['other', identity, ['x']])
    const choice = (gate: number, candidates: NetworkGraph[]) =>
      graphHash(rows(['choice', { kind: 'choice', gate, candidates }, ['x']]))
    const hash = choice(0, [plain, norm])
    expect(choice(0, [renamed, norm])).toBe(hash)
    expect(choice(0, [norm, plain])).not.toBe(hash)
    expect(choice(1, [plain, norm])).not.toBe(hash)
    expect(choice(0, [plain, norm, norm])).not.toBe(hash)
  })
})
