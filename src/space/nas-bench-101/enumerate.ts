/**
 * Isomorphism of cells, exactly: by trying every order of the vertices between input and output.
 * The published hash finds the same classes within the space; it is compared with this in tests.
 */
import {
  bitCount,
  type Cell,
  type CellOperation,
  cellOperations,
  edgePlaces,
  sourcesOf,
  vertexCount,
  vertexLimits,
  verticesInUse,
} from './cell.ts'

/**
 * The isomorphic cell that the benchmark stores: the first that its enumeration meets, so the one of
 * the smallest adjacency number, and of those the first in the order of operations.
 *
 * @remarks
 * The widths of a network's layers depend on the order of the vertices, so that isomorphic cells
 * may differ in their number of parameters: in 53,908 of the benchmark's 423,624 classes they do.
 *
 * @param cell - pruned
 */
export function storedCell(cell: Cell): Cell {
  const vertices = vertexCount(cell)
  const labels = cell.operations.map((operation) => cellOperations.indexOf(operation))
  let adjacency = cell.adjacency
  let code = codeOf(labels)
  for (const order of vertexOrders(vertices)) {
    const moved = reordered(cell.adjacency, order)
    if (moved === null || moved > adjacency) continue
    const movedCode = reorderedCode(labels, order)
    if (moved === adjacency && movedCode >= code) continue
    adjacency = moved
    code = movedCode
  }
  return { adjacency, operations: operationsOf(code, vertices - 2) }
}

/**
 * Every cell of at most so many vertices and edges, one of each isomorphism class, as the benchmark
 * stores them and in the order in which its enumeration meets them.
 *
 * @see google-research/nasbench `generate_graphs.py`.
 */
export function* enumerateCells(vertices: number, maxEdges = 9): Generator<Cell> {
  for (let size: number = vertexLimits.min; size <= vertices; size++) {
    const orders = vertexOrders(size)
    const codes = cellOperations.length ** (size - 2)
    for (const adjacency of fullMatrices(size, maxEdges)) {
      const same = symmetries(adjacency, orders)
      if (same === null) continue
      for (let code = 0; code < codes; code++) {
        const labels = labelsOf(code, size - 2)
        if (same.some((order) => reorderedCode(labels, order) < code)) continue
        yield { adjacency, operations: labels.map((label) => cellOperations[label] ?? 'conv3x3') }
      }
    }
  }
}

/** Adjacency numbers in which pruning keeps every vertex, ascending. */
export function* fullMatrices(vertices: number, maxEdges = 9): Generator<number> {
  const all = (1 << vertices) - 1
  for (let adjacency = 0; adjacency < 2 ** edgePlaces(vertices); adjacency++) {
    if (bitCount(adjacency) <= maxEdges && verticesInUse(adjacency, vertices) === all) {
      yield adjacency
    }
  }
}

/** New places of the vertices, by old place; input and output stay. */
type VertexOrder = readonly number[]

function vertexOrders(vertices: number): readonly VertexOrder[] {
  const inner = Array.from({ length: vertices - 2 }, (_, index) => index + 1)
  return permutations(inner).map((order) => [0, ...order, vertices - 1])
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]]
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  )
}

/** The adjacency number in another order; null where an edge would lead backwards. */
function reordered(adjacency: number, order: VertexOrder): number | null {
  let moved = 0
  for (let target = 1; target < order.length; target++) {
    const newTarget = order[target] ?? 0
    for (let rest = sourcesOf(adjacency, target); rest !== 0; rest &= rest - 1) {
      const newSource = order[31 - Math.clz32(rest & -rest)] ?? 0
      if (newSource >= newTarget) return null
      moved |= 1 << (newSource + edgePlaces(newTarget))
    }
  }
  return moved
}

/** Orders that leave the matrix as it is; null when another order gives a smaller one. */
function symmetries(adjacency: number, orders: readonly VertexOrder[]): VertexOrder[] | null {
  const same: VertexOrder[] = []
  for (const order of orders) {
    const moved = reordered(adjacency, order)
    if (moved === null) continue
    if (moved < adjacency) return null
    if (moved === adjacency) same.push(order)
  }
  return same
}

/** Operations as one number that sorts as they do: the first vertex counts most. */
function codeOf(labels: readonly number[]): number {
  return labels.reduce((code, label) => code * cellOperations.length + label, 0)
}

function reorderedCode(labels: readonly number[], order: VertexOrder): number {
  let code = 0
  for (const [index, label] of labels.entries()) {
    code += label * cellOperations.length ** (labels.length - (order[index + 1] ?? 0))
  }
  return code
}

function labelsOf(code: number, length: number): readonly number[] {
  return Array.from(
    { length },
    (_, index) =>
      Math.floor(code / cellOperations.length ** (length - 1 - index)) % cellOperations.length,
  )
}

function operationsOf(code: number, length: number): readonly CellOperation[] {
  return labelsOf(code, length).map((label) => cellOperations[label] ?? 'conv3x3')
}
