import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { graphHash } from '#src/graph/hash.ts'
import { Random } from '#src/random/random.ts'
import {
  canonicalEnas,
  type EnasCell,
  enasCellGraph,
  formatEnas,
  outputNodes,
  readEnas,
} from '#src/space/recurrent/enas-cell.ts'
import { recurrentCells, recurrentEntry } from '#src/space/recurrent/recurrent.ts'
import { RecurrentSettings } from '#src/space/recurrent/settings.ts'
import type { SearchSpace } from '#src/space/space.ts'

const text = { kind: 'tokens', inputShape: [12], classCount: 65 } as const

function spaceOf(settings: object = {}): SearchSpace<EnasCell> {
  return recurrentCells(RecurrentSettings.parse(settings)) as SearchSpace<EnasCell>
}

function cellOf(words: string): EnasCell {
  const cell = readEnas(words)
  if ('place' in cell) throw new Error(`${words} is no cell`)
  return cell
}

const named = (name: string) => cellOf(recurrentEntry.named?.[name] ?? '')

/** Codes of the source: the source of each node and the number of its function. */
function cellOfCodes(codes: string): string {
  const numbers = codes.split(' ').map(Number)
  const functions = ['tanh', 'relu', 'sigmoid', 'identity']
  return Array.from(
    { length: numbers.length / 2 },
    (_, node) => `${functions[numbers[2 * node + 1] ?? 0]}@${numbers[2 * node]}`,
  ).join('|')
}

function nodeOf(graph: NetworkGraph, id: string) {
  const node = graph.nodes.find((candidate) => candidate.id === id)
  if (!node) throw new Error(`No node ${id}`)
  return node
}

describe('the published cells', () => {
  it('are those of the codes that the source evaluates', () => {
    expect(recurrentEntry.named).toEqual({
      'ENAS-RNN': cellOfCodes('0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2'),
      'DARTS-RNN': cellOfCodes('0 2 1 1 1 1 1 3 2 0 5 2 3 0 5 1'),
    })
  })

  it('make the 23 million parameters that DARTS states for Penn Treebank', () => {
    const [words, size] = [10_000, 850]
    const cell = enasCellGraph(named('DARTS-RNN'), { input: size, hidden: size }, 'all')
    const { parameterCount } = countGraph(cell)
    // The last layer's weights are the embedding's; it has biases of its own.
    expect(parameterCount + words * size + words).toBe(22_960_000)
  })
})

describe('the cell', () => {
  const sizes = { input: 5, hidden: 3 }

  it('has one matrix for function and gate of each node, without biases', () => {
    const cell = cellOf('relu@0|identity@1|sigmoid@1')
    const { parameterCount } = countGraph(enasCellGraph(cell, sizes, 'all'))
    expect(parameterCount).toBe((5 + 3) * 6 + 3 * (3 * 6))
  })

  it('blends each node from its source by its gate', () => {
    const graph = enasCellGraph(cellOf('relu@0|identity@0'), sizes, 'all')
    expect(nodeOf(graph, 'node0.join').inputs).toEqual(['x', 'h'])
    expect(nodeOf(graph, 'node0.linear').inputs).toEqual(['node0.join'])
    // A gate of 0 keeps the source: the state before for node 0, node 0 for the others.
    expect(nodeOf(graph, 'node0.blend').inputs).toEqual(['node0.gate', 'node0.tanh', 'h'])
    expect(nodeOf(graph, 'node1.blend').inputs).toEqual(['node1.gate', 'node1.relu', 'node0.blend'])
    expect(nodeOf(graph, 'node2.blend').inputs).toEqual([
      'node2.gate',
      'node2.candidate',
      'node0.blend',
    ])
    expect(nodeOf(graph, 'node1.linear').inputs).toEqual(['node0.blend'])
    expect(nodeOf(graph, 'node1.candidate').op).toMatchObject({ start: 0, end: 3 })
    expect(nodeOf(graph, 'node1.gating').op).toMatchObject({ start: 3, end: 6 })
    expect(nodeOf(graph, 'node1.gate')).toMatchObject({
      op: { function: 'sigmoid' },
      inputs: ['node1.gating'],
    })
  })

  it('hands on the mean of all nodes but the first, or of the loose ends', () => {
    const cell = cellOf('relu@0|tanh@1|sigmoid@1|tanh@2')
    expect(outputNodes(cell, 'all')).toEqual([1, 2, 3, 4])
    expect(outputNodes(cell, 'loose-ends')).toEqual([3, 4])
    const graph = enasCellGraph(cell, sizes, 'loose-ends')
    expect(nodeOf(graph, 'sum').inputs).toEqual(['node3.blend', 'node4.blend'])
    expect(nodeOf(graph, 'mean').op).toEqual({ kind: 'scale', factor: 1 / 2 })
    expect(graph.outputs).toEqual(['mean'])
    const chain = enasCellGraph(cellOf('relu@0|tanh@1'), sizes, 'loose-ends')
    expect(chain.outputs).toEqual(['node2.blend'])
  })
})

describe('the canonical form', () => {
  it('is the same exactly for cells that are one network', () => {
    const space = spaceOf({ enas: { nodes: 4, functions: ['tanh', 'relu'] }, hidden: 4 })
    const queue = [space.sample(Random.named(1, 'start'))]
    const seen = new Set(queue.map(formatEnas))
    for (const cell of queue) {
      for (const other of space.neighbours(cell)) {
        if (seen.has(formatEnas(other))) continue
        seen.add(formatEnas(other))
        queue.push(other)
      }
    }
    expect(queue).toHaveLength(2 ** 4 * 24)
    const pairs = queue.map((cell) => [
      canonicalEnas(cell),
      graphHash(enasCellGraph(cell, { input: 4, hidden: 4 }, 'all')),
    ])
    const forms = new Set(pairs.map(([form]) => form)).size
    expect(new Set(pairs.map(([, hash]) => hash)).size).toBe(forms)
    expect(new Set(pairs.map((pair) => pair.join())).size).toBe(forms)
    expect(forms).toBeLessThan(queue.length)
  })

  it('does not see the order of branches', () => {
    expect(canonicalEnas(cellOf('relu@0|tanh@1|sigmoid@1|tanh@3'))).toBe(
      canonicalEnas(cellOf('relu@0|sigmoid@1|tanh@2|tanh@1')),
    )
    expect(canonicalEnas(cellOf('relu@0|tanh@1|sigmoid@1|tanh@3'))).not.toBe(
      canonicalEnas(cellOf('relu@0|tanh@1|sigmoid@1|tanh@2')),
    )
  })
})

describe('the space', () => {
  it('has 4^N N! cells, as the source counts for N = 12', () => {
    const factorial = 479_001_600n
    expect(spaceOf({ enas: { nodes: 12 } }).count()).toEqual({
      value: 4n ** 12n * factorial,
      kind: 'exact',
    })
  })

  it('draws functions and sources evenly', () => {
    const space = spaceOf({ enas: { nodes: 2, functions: ['tanh', 'relu'] } })
    const random = Random.named(7, 'even')
    const counts = new Map<string, number>()
    for (let draw = 0; draw < 4000; draw++) {
      const form = formatEnas(space.sample(random))
      counts.set(form, (counts.get(form) ?? 0) + 1)
    }
    expect(counts.size).toBe(8)
    // Five standard deviations of 500: a false alarm in 200,000 draws of all eight.
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(105)
  })

  it('stacks layers, the first of which takes the embedding', () => {
    const space = spaceOf({ embedding: 5, hidden: 4, layers: 3, dropoutRate: 0.1 })
    const graph = space.compile(space.sample(Random.named(1, 'cell')), text)
    expect(nodeOf(graph, 'layer1').inputs).toEqual(['embedding_dropout'])
    expect(nodeOf(graph, 'layer3').inputs).toEqual(['layer2_dropout'])
    expect(nodeOf(graph, 'classifier').inputs).toEqual(['layer3_dropout'])
    const takes = [1, 2, 3].map((layer) => {
      const { op } = nodeOf(graph, `layer${layer}`)
      return op.kind === 'recurrent' ? op.cell.inputs[0]?.shape : undefined
    })
    expect(takes).toEqual([[5], [4], [4]])
  })

  it('shows a step of the cell with its gated nodes', () => {
    const drawing = spaceOf().draw(named('ENAS-RNN'))
    expect(drawing.edges.filter(({ to }) => to === 'mean')).toHaveLength(8)
    expect(drawing.edges).toContainEqual({ from: 'node4', to: 'node5' })
    const loose = spaceOf({ enas: { output: 'loose-ends' } }).draw(named('ENAS-RNN'))
    expect(loose.edges.filter(({ to }) => to === 'mean').map(({ from }) => from)).toEqual([
      'node7',
      'node8',
    ])
  })

  it.each([
    [{ enas: { functions: [] } }, 'space/empty', 'enas.functions is an empty list'],
    [{ enas: { functions: ['tanh', 'tanh'] } }, 'space/invalid-settings', 'lists "tanh" twice'],
    [
      { enas: { nodes: 1, functions: ['tanh'] } },
      'space/invalid-settings',
      'a single cell, so there is nothing to search; raise enas.nodes',
    ],
  ])('refuses %j', (settings, code, message) => {
    expect(() => spaceOf(settings)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})
