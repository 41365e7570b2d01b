import { ArchloomError } from '#src/errors.ts'

/** The five operations, in the order of the official genotypes. */
export const cellOperations = [
  'none',
  'skip_connect',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'avg_pool_3x3',
] as const
export type CellOperation = (typeof cellOperations)[number]

/** Nodes 0 (the cell's input) to 3 (its output), every earlier one joined to every later one. */
export const cellNodeCount = 4
export const cellEdgeCount = 6

/**
 * One cell: an operation for each edge, ordered by target node, then by source node:
 * 0→1, 0→2, 1→2, 0→3, 1→3, 2→3.
 */
export type Cell = readonly CellOperation[]

/** Position of an edge in a cell. */
export function edgeIndex(node: number, source: number): number {
  return (node * (node - 1)) / 2 + source
}

/** Operations of the edges into a node; the position is the source node. */
export function incoming(cell: Cell, node: number): readonly CellOperation[] {
  return cell.slice(edgeIndex(node, 0), edgeIndex(node + 1, 0))
}

/** The cell with `none` on every edge that nothing flows through from its input to its output. */
export function withoutDeadEdges(cell: Cell): Cell {
  return innerNodes.flatMap((node) =>
    incoming(cell, node).map((operation, source) =>
      receives(cell, source) && reaches(cell, node) ? operation : 'none',
    ),
  )
}

/** Nodes that have incoming edges: 1, 2, 3. */
export const innerNodes = [1, 2, 3] as const

/** Reasons why a value is not a cell, each naming its edge. */
export function cellProblems(cell: Cell): readonly string[] {
  if (!Array.isArray(cell) || cell.length !== cellEdgeCount) {
    return [`The cell needs ${cellEdgeCount} operations, one for each edge`]
  }
  return innerNodes.flatMap((node) =>
    incoming(cell, node)
      .map((operation, source) => operationProblem(operation, place(node, source)))
      .filter((problem) => problem !== null),
  )
}

/** The official text form, such as `|none~0|+|none~0|skip_connect~1|+|none~0|none~1|none~2|`. */
export function formatCell(cell: Cell): string {
  return innerNodes
    .map((node) => {
      const edges = incoming(cell, node).map((operation, source) => `${operation}~${source}`)
      return `|${edges.join('|')}|`
    })
    .join('+')
}

/**
 * Reads the official text form.
 * @throws space/invalid-architecture naming node and edge
 */
export function parseCell(text: string): Cell {
  const parts = text.split('+')
  if (parts.length !== innerNodes.length) {
    refuse('the cell', 'three nodes joined by "+", as in "|op~0|+|op~0|op~1|+|…|"', quote(text))
  }
  return innerNodes.flatMap((node, position) => parseNode(parts[position] ?? '', node))
}

/**
 * The benchmark's own isomorphism key.
 *
 * @remarks
 * Node 0 is `0`. A term is `#` for `none` or a source that is `#`, the source's own text for a skip,
 * else `(source)@operation`; a node is its terms, sorted and joined by `+`. It is not a complete
 * invariant: `#` terms stay in sums, and skips are flattened as text, so 6,466 classes are told
 * apart where 4,930 functions exist. It is kept because the benchmark's results are keyed by it.
 *
 * @see Dong and Yang 2020, "NAS-Bench-201"; AutoDL-Projects `genotypes.py`, `to_unique_str`.
 */
export function uniqueText(cell: Cell, node: number = cellNodeCount - 1): string {
  if (node === 0) return '0'
  return incoming(cell, node)
    .map((operation, source) => uniqueTerm(operation, uniqueText(cell, source)))
    .sort()
    .join('+')
}

function uniqueTerm(operation: CellOperation, source: string): string {
  if (operation === 'none' || source === '#') return '#'
  return operation === 'skip_connect' ? source : `(${source})@${operation}`
}

/** Whether anything of the cell's input arrives at a node. */
export function receives(cell: Cell, node: number): boolean {
  return (
    node === 0 ||
    incoming(cell, node).some((operation, source) => operation !== 'none' && receives(cell, source))
  )
}

/** Whether anything of a node arrives at the cell's output. */
export function reaches(cell: Cell, node: number): boolean {
  const last = cellNodeCount - 1
  return (
    node === last ||
    innerNodes.some(
      (target) =>
        target > node &&
        (incoming(cell, target)[node] ?? 'none') !== 'none' &&
        reaches(cell, target),
    )
  )
}

function parseNode(text: string, node: number): CellOperation[] {
  if (text.length < 2 || !text.startsWith('|') || !text.endsWith('|')) {
    refuse(`node ${node}`, 'edges enclosed and separated by "|"', quote(text))
  }
  const edges = text.slice(1, -1).split('|')
  if (edges.length !== node) {
    refuse(`node ${node}`, `edges from ${node} nodes`, `${edges.length} in ${quote(text)}`)
  }
  return edges.map((edge, source) => parseEdge(edge, node, source))
}

function parseEdge(edge: string, node: number, source: number): CellOperation {
  const tilde = edge.lastIndexOf('~')
  const name = tilde < 0 ? edge : edge.slice(0, tilde)
  const operation = cellOperations.find((candidate) => candidate === name)
  if (operation === undefined) refuse(place(node, source), `one of ${names()}`, quote(name))
  if (edge !== `${name}~${source}`) {
    refuse(place(node, source), `"${name}~${source}"`, quote(edge))
  }
  return operation
}

function operationProblem(operation: CellOperation, where: string): string | null {
  if (cellOperations.includes(operation)) return null
  return `The cell's ${where} needs one of ${names()}, not ${JSON.stringify(operation)}`
}

function place(node: number, source: number): string {
  return `node ${node}, edge from node ${source}`
}

function names(): string {
  return cellOperations.join(', ')
}

function quote(text: string): string {
  return JSON.stringify(text)
}

/** `found` comes quoted where it is the user's own text. */
function refuse(where: string, expected: string, found: string): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The nas-bench-201 architecture is wrong at ${where}: expected ${expected}, found ${found}`,
    { details: { space: 'nas-bench-201', place: where, expected, found } },
  )
}
