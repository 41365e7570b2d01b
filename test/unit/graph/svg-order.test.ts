import { Graph, layout } from '@dagrejs/dagre'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LayeredGraph, orderLayers } from '#src/graph/svg-order.ts'

interface Outcome {
  readonly before: number
  readonly after: number
  readonly layers: readonly (readonly string[])[]
  /** Group of each place, before and after. */
  readonly groups: readonly [string, string]
}

/** Crossings of dagre's order and of the one made of it. */
function ordered(
  edges: readonly (readonly [number, number])[],
  groupOf: (id: number) => string | undefined = () => undefined,
): Outcome {
  const graph: LayeredGraph = new Graph({ compound: true, multigraph: true })
  graph.setGraph({})
  for (const id of new Set(edges.flat())) {
    graph.setNode(String(id), { width: 20, height: 20 })
    const group = groupOf(id)
    if (group === undefined) continue
    if (!graph.hasNode(group)) graph.setNode(group, { width: 0, height: 0 })
    graph.setParent(String(id), group)
  }
  for (const [index, [from, to]] of edges.entries()) {
    graph.setEdge(String(from), String(to), {}, String(index))
  }
  const outcomes: Outcome[] = []
  layout(graph, {
    customOrder: (layered: LayeredGraph, order: (graph: LayeredGraph) => void) => {
      order(layered)
      const before = crossingCount(layered)
      const groupsBefore = groupsOf(layered)
      orderLayers(layered, () => undefined)
      const groups = [groupsBefore, groupsOf(layered)] as const
      outcomes.push({ before, after: crossingCount(layered), layers: layersOf(layered), groups })
    },
  })
  return outcomes[0] ?? expect.fail('dagre did not ask for an order')
}

function groupsOf(graph: LayeredGraph): string {
  const layers = layersOf(graph)
  return JSON.stringify(layers.map((layer) => layer.map((id) => graph.parent(id) ?? null)))
}

function layersOf(graph: LayeredGraph): string[][] {
  const ids = graph.nodes().filter((id: string) => graph.children(id).length === 0)
  const ranks = [...new Set<number>(ids.map((id: string) => graph.node(id).rank ?? -1))]
  const order = (id: string) => graph.node(id).order ?? -1
  return ranks
    .sort((one, other) => one - other)
    .map((rank) => ids.filter((id: string) => graph.node(id).rank === rank))
    .map((layer) => layer.sort((one: string, other: string) => order(one) - order(other)))
}

/** Pairs of edges, counted one by one. */
function crossingCount(graph: LayeredGraph): number {
  const ends = graph.edges().map(({ v, w }: { v: string; w: string }) => ({
    rank: graph.node(v).rank ?? -1,
    from: graph.node(v).order ?? -1,
    to: graph.node(w).order ?? -1,
  }))
  let count = 0
  for (const [index, one] of ends.entries()) {
    for (const other of ends.slice(index + 1)) {
      const crosses = (one.from - other.from) * (one.to - other.to) < 0
      if (one.rank === other.rank && crosses) count++
    }
  }
  return count
}

const someEdges = fc.uniqueArray(
  fc
    .tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 11 }))
    .filter(([from, to]) => from < to),
  { minLength: 1, maxLength: 24, selector: ([from, to]) => `${from} ${to}` },
)

describe('orderLayers', () => {
  it('never crosses more lines than dagre, and keeps one place a node', () => {
    let spared = 0
    fc.assert(
      fc.property(someEdges, (edges) => {
        const { before, after, layers } = ordered(edges)
        expect(after).toBeLessThanOrEqual(before)
        spared += before - after
        for (const layer of layers) expect(new Set(layer).size).toBe(layer.length)
      }),
      { seed: 1, numRuns: 50 },
    )
    expect(spared).toBeGreaterThan(0)
  })

  it('leaves groups where they are and moves members only among themselves', () => {
    const groupOf = (id: number) => (id < 4 ? undefined : `group ${id % 2}`)
    let spared = 0
    fc.assert(
      fc.property(someEdges, (edges) => {
        const { before, after, groups } = ordered(edges, groupOf)
        expect(after).toBeLessThanOrEqual(before)
        expect(groups[1]).toBe(groups[0])
        spared += before - after
      }),
      { seed: 2, numRuns: 30 },
    )
    expect(spared).toBeGreaterThan(0)
  })

  it('draws a complete graph on four nodes without a crossing', () => {
    const edges = [0, 1, 2].flatMap((from) =>
      [1, 2, 3].filter((to) => to > from).map((to) => [from, to] as const),
    )
    expect(ordered(edges).after).toBe(0)
  })
})
