import { ArchloomError } from '#src/errors.ts'

/**
 * The three operations (each convolution with batch norm and relu). The position is the label of
 * the published graph hash and the digit of the published tables.
 */
export const cellOperations = ['conv3x3', 'conv1x1', 'maxpool3x3'] as const
export type CellOperation = (typeof cellOperations)[number]

/** Input and output included. */
export const vertexLimits = { min: 2, max: 7 } as const

/**
 * One cell: a DAG with an operation on each vertex between input (vertex 0) and output (the last).
 * It may hold vertices and edges that no path from input to output uses; `prune` takes them away.
 */
export interface Cell {
  /** Bit `x + y(y - 1)/2` is the edge from vertex x to vertex y, with x < y. */
  readonly adjacency: number
  /** Of vertices 1 to the last but one. */
  readonly operations: readonly CellOperation[]
}

export interface CellBounds {
  /** Vertices of every cell, before pruning. */
  readonly vertices: number
  /** Edges that a cell may have after pruning. */
  readonly maxEdges: number
}

/** What is wrong with a cell; the places are those of the text form. */
export interface CellProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

export function vertexCount(cell: Cell): number {
  return cell.operations.length + 2
}

/** Places for edges between this many vertices. */
export function edgePlaces(vertices: number): number {
  return (vertices * (vertices - 1)) / 2
}

export function edgeBit(source: number, target: number): number {
  return 1 << (source + edgePlaces(target))
}

/** A bit mask of the vertices with an edge into this one. */
export function sourcesOf(adjacency: number, vertex: number): number {
  return (adjacency >>> edgePlaces(vertex)) & ((1 << vertex) - 1)
}

export function hasEdge(adjacency: number, source: number, target: number): boolean {
  return (adjacency & edgeBit(source, target)) !== 0
}

/** A bit mask of the vertices on a path from input to output; 0 where there is none. */
export function verticesInUse(adjacency: number, vertices: number): number {
  let reached = 1
  for (let vertex = 1; vertex < vertices; vertex++) {
    if ((sourcesOf(adjacency, vertex) & reached) !== 0) reached |= 1 << vertex
  }
  let leading = 1 << (vertices - 1)
  if ((reached & leading) === 0) return 0
  for (let vertex = vertices - 1; vertex > 0; vertex--) {
    if ((leading & (1 << vertex)) !== 0) leading |= sourcesOf(adjacency, vertex)
  }
  return reached & leading
}

/** Edges that pruning leaves; 0 exactly where no path leads from input to output. */
export function usedEdgeCount(adjacency: number, vertices: number): number {
  const used = verticesInUse(adjacency, vertices)
  let count = 0
  for (let vertex = 1; vertex < vertices; vertex++) {
    if ((used & (1 << vertex)) !== 0) count += bitCount(sourcesOf(adjacency, vertex) & used)
  }
  return count
}

/** Whether a matrix is one of the space: a path from input to output, not too many edges. */
export function isConnected(adjacency: number, { vertices, maxEdges }: CellBounds): boolean {
  const edges = usedEdgeCount(adjacency, vertices)
  return edges > 0 && edges <= maxEdges
}

/**
 * The cell without what no path from input to output uses; the vertices keep their order.
 *
 * @throws space/invalid-architecture when there is no such path
 * @see Ying et al. 2019, "NAS-Bench-101"; google-research/nasbench `model_spec.py`.
 */
export function prune(cell: Cell): Cell {
  const vertices = vertexCount(cell)
  const used = verticesInUse(cell.adjacency, vertices)
  if (used === (1 << vertices) - 1) return cell
  if (used === 0) {
    throw new ArchloomError(
      'space/invalid-architecture',
      'The nas-bench-101 cell is cut in two: expected a path from input to output, found none',
      { details: { space: 'nas-bench-101', place: 'the edges' } },
    )
  }
  let adjacency = 0
  let kept = 0
  for (let vertex = 0; vertex < vertices; vertex++) {
    if ((used & (1 << vertex)) === 0) continue
    adjacency |= gather(sourcesOf(cell.adjacency, vertex), used) << edgePlaces(kept)
    kept += 1
  }
  const operations: CellOperation[] = []
  for (let index = 0; index < cell.operations.length; index++) {
    const operation = cell.operations[index]
    if (operation !== undefined && (used & (2 << index)) !== 0) operations.push(operation)
  }
  return { adjacency, operations }
}

/** Everything that is wrong with a value as a cell of these bounds. */
export function cellProblems(cell: Cell, bounds: CellBounds): readonly CellProblem[] {
  const { vertices, maxEdges } = bounds
  const operations: unknown = cell?.operations
  if (!Array.isArray(operations) || operations.length !== vertices - 2) {
    const found = Array.isArray(operations) ? String(operations.length) : 'none'
    return [{ place: 'the cell', expected: `${vertices - 2} operations`, found }]
  }
  const problems = operations.flatMap((operation: unknown, index): CellProblem[] =>
    cellOperations.some((known) => known === operation)
      ? []
      : [
          {
            place: `vertex ${index + 1}`,
            expected: `one of ${cellOperations.join(', ')}`,
            found: JSON.stringify(operation) ?? 'nothing',
          },
        ],
  )
  const { adjacency } = cell
  const places = edgePlaces(vertices)
  if (!Number.isInteger(adjacency) || adjacency < 0 || adjacency >= 2 ** places) {
    const expected = `a whole number of ${places} bits`
    return [...problems, { place: 'the edges', expected, found: JSON.stringify(adjacency) ?? '' }]
  }
  const edges = usedEdgeCount(adjacency, vertices)
  if (edges > 0 && edges <= maxEdges) return problems
  const expected =
    edges === 0
      ? 'a path from vertex 0, the input, to the output'
      : `at most ${maxEdges} edges on paths from input to output`
  return [...problems, { place: 'the edges', expected, found: edges === 0 ? 'none' : `${edges}` }]
}

/** Bits that are set. */
export function bitCount(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1
  return count
}

/** The bits of `mask` that stand where `kept` has one, moved together. */
function gather(mask: number, kept: number): number {
  let gathered = 0
  let place = 0
  for (let rest = kept; rest !== 0; rest &= rest - 1) {
    if ((mask & rest & -rest) !== 0) gathered |= 1 << place
    place += 1
  }
  return gathered
}
