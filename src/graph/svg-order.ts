import type { EdgeLabel, Graph, GraphLabel, NodeLabel } from '@dagrejs/dagre'

export type LayeredGraph = Graph<GraphLabel, NodeLabel, EdgeLabel>

/** Rounds without a better order before the best one is taken. */
const patience = 4

/**
 * Orders the nodes of each layer: dagre's barycenters first, then neighbors change places where that
 * spares crossings, which averages alone overlook, in every second round also where it costs none:
 * the bends of a line stand in layers of their own and have to change places one after the other.
 *
 * @param graph - nodes with a `rank`; edges lead from one rank to the next
 * @param order - dagre's own, which gives nodes their `order` within the rank
 * @see Gansner et al. 1993, "A Technique for Drawing Directed Graphs", section 3
 */
export function orderLayers(graph: LayeredGraph, order: (graph: LayeredGraph) => void): void {
  order(graph)
  const layers = layersOf(graph)
  let best = layers.map((layer) => [...layer])
  let fewest = crossingCount(graph, layers)
  for (let round = 0, idle = 0; idle < patience && fewest > 0; round++) {
    const tieSwaps = round % 2 === 1
    const swept = round % 4 < 2 ? layers : layers.toReversed()
    for (const layer of swept) transpose(graph, layer, tieSwaps)
    const count = crossingCount(graph, layers)
    idle = count < fewest ? 0 : idle + 1
    if (count >= fewest) continue
    fewest = count
    best = layers.map((layer) => [...layer])
  }
  for (const layer of best) setOrder(graph, layer)
}

/** Ids by rank, in their order. */
function layersOf(graph: LayeredGraph): string[][] {
  const layers: string[][] = []
  for (const id of graph.nodes()) {
    const { rank } = graph.node(id)
    if (rank === undefined || graph.children(id).length > 0) continue
    layers[rank] = [...(layers[rank] ?? []), id]
  }
  for (const layer of layers) layer.sort((one, other) => place(graph, one) - place(graph, other))
  return layers
}

/** Swaps neighbors that cross less the other way round, or with `tieSwaps` no more. */
function transpose(graph: LayeredGraph, layer: string[], tieSwaps: boolean): void {
  for (let index = 1; index < layer.length; index++) {
    const [left = '', right = ''] = [layer[index - 1], layer[index]]
    if (!maySwap(graph, left, right)) continue
    const now = crossings(graph, left, right)
    const swapped = crossings(graph, right, left)
    if (swapped < now || (tieSwaps && now > 0 && swapped === now)) {
      layer.splice(index - 1, 2, right, left)
      setOrder(graph, layer)
    }
  }
}

function setOrder(graph: LayeredGraph, layer: readonly string[]): void {
  for (const [index, id] of layer.entries()) graph.node(id).order = index
}

/** Members of a group stay together, between its borders. */
function maySwap(graph: LayeredGraph, left: string, right: string): boolean {
  const isBorder = [left, right].some((id) => graph.node(id).dummy === 'border')
  return !isBorder && graph.parent(left) === graph.parent(right)
}

/** Crossings among the edges of two neighbors, if they stand in this order. */
function crossings(graph: LayeredGraph, left: string, right: string): number {
  return (
    inversions(placesAbove(graph, left), placesAbove(graph, right)) +
    inversions(placesBelow(graph, left), placesBelow(graph, right))
  )
}

/** Crossings of all edges. */
function crossingCount(graph: LayeredGraph, layers: readonly (readonly string[])[]): number {
  let count = 0
  for (const layer of layers) {
    const ends = layer.map((id) => placesBelow(graph, id))
    for (const [index, left] of ends.entries()) {
      for (const right of ends.slice(index + 1)) count += inversions(left, right)
    }
  }
  return count
}

function inversions(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, one) => sum + right.filter((other) => other < one).length, 0)
}

function placesAbove(graph: LayeredGraph, id: string): readonly number[] {
  return (graph.predecessors(id) ?? []).map((above: string) => place(graph, above))
}

function placesBelow(graph: LayeredGraph, id: string): readonly number[] {
  return (graph.successors(id) ?? []).map((below: string) => place(graph, below))
}

function place(graph: LayeredGraph, id: string): number {
  return graph.node(id).order ?? 0
}
