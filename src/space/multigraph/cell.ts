/**
 * A cell: a directed acyclic multigraph. Nodes are representations, 0 the cell's input and the last
 * one its output; edges are operations, several of them parallel if the space allows.
 */
import { ArchloomError } from '#src/errors.ts'
import { type EdgeOperation, edgeOperations, type Offer } from './settings.ts'

/**
 * The operations between each two nodes, in the order of the settings; pairs are ordered by target,
 * then by source: 0→1, 0→2, 1→2, 0→3, …
 */
export type Multigraph = readonly (readonly EdgeOperation[])[]

export interface NodePair {
  readonly source: number
  readonly target: number
}

export interface CellProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

/** Every pair of nodes, in order. */
export function pairsOf(nodes: number): readonly NodePair[] {
  return Array.from({ length: nodes - 1 }, (_, index) => index + 1).flatMap((target) =>
    Array.from({ length: target }, (_, source) => ({ source, target })),
  )
}

/** The cell without the operations that lie on no way from its input to its output. */
export function withoutDeadEdges(cell: Multigraph, nodes: number): Multigraph {
  const pairs = pairsOf(nodes)
  const isThere = (index: number) => (cell[index]?.length ?? 0) > 0
  const reached = new Set([0])
  for (const [index, { source, target }] of pairs.entries()) {
    if (reached.has(source) && isThere(index)) reached.add(target)
  }
  const leading = new Set([nodes - 1])
  for (const [index, { source, target }] of [...pairs.entries()].toReversed()) {
    if (leading.has(target) && isThere(index)) leading.add(source)
  }
  return cell.map((operations, index) => {
    const { source = -1, target = -1 } = pairs[index] ?? {}
    return reached.has(source) && leading.has(target) ? operations : []
  })
}

/** Whether anything of the input arrives at the output. */
export function isConnected(cell: Multigraph, nodes: number): boolean {
  const reached = [true]
  for (let target = 1, index = 0; target < nodes; target++) {
    reached[target] = false
    for (let source = 0; source < target; source++, index++) {
      if (reached[source] && (cell[index]?.length ?? 0) > 0) reached[target] = true
    }
  }
  return reached[nodes - 1] === true
}

/** What is wrong with a cell, each with its place. */
export function cellProblems(cell: Multigraph, offer: Offer): readonly CellProblem[] {
  const { nodes } = offer
  const pairs = pairsOf(nodes)
  if (!Array.isArray(cell) || cell.length !== pairs.length) {
    const found = Array.isArray(cell) ? String(cell.length) : JSON.stringify(cell)
    return [{ place: 'the cell', expected: `${pairs.length} pairs of nodes`, found }]
  }
  const problems = [
    ...pairs.flatMap((pair, index) => pairProblems(cell[index] ?? [], pair, offer)),
    ...(offer.rule === 'node' ? nodeProblems(cell, nodes) : []),
  ]
  if (problems.length > 0 || isConnected(cell, nodes)) return problems
  const expected = 'a way of operations from node 0'
  return [{ place: `node ${nodes - 1}, the output`, expected, found: formatCell(cell, nodes) }]
}

function pairProblems(
  operations: readonly EdgeOperation[],
  pair: NodePair,
  offer: Offer,
): readonly CellProblem[] {
  const place = pairPlace(pair)
  if (!Array.isArray(operations)) {
    return [{ place, expected: 'a list of operations', found: JSON.stringify(operations) }]
  }
  const found = formatPair(operations)
  const positions = operations.map((operation) => offer.operations.indexOf(operation))
  if (positions.includes(-1)) {
    return [{ place, expected: `operations among ${offer.operations.join(', ')}`, found }]
  }
  if (positions.some((position, index) => index > 0 && position <= (positions[index - 1] ?? 0))) {
    return [{ place, expected: `each once, in the order ${offer.operations.join(', ')}`, found }]
  }
  const isOne = operations.length === 1
  if (offer.rule === 'edge' && !isOne) return [{ place, expected: 'one operation', found }]
  if (offer.rule === 'optional-edge' && operations.length > 1) {
    return [{ place, expected: 'one operation or none', found }]
  }
  return []
}

function nodeProblems(cell: Multigraph, nodes: number): readonly CellProblem[] {
  return Array.from({ length: nodes - 1 }, (_, index) => index + 1).flatMap((node) => {
    const count = incoming(cell, node).flat().length
    const found = `${count}`
    return count === 1
      ? []
      : [{ place: `node ${node}`, expected: 'one operation from one earlier node', found }]
  })
}

/** Operations of the pairs that end in a node; the position is the source. */
export function incoming(cell: Multigraph, node: number): Multigraph {
  return cell.slice((node * (node - 1)) / 2, (node * (node + 1)) / 2)
}

/** Nodes joined by `|`, sources by `,`, parallel operations by `+`; `-` for none: `conv3|skip,-`. */
export function formatCell(cell: Multigraph, nodes: number): string {
  return Array.from({ length: nodes - 1 }, (_, index) =>
    incoming(cell, index + 1)
      .map(formatPair)
      .join(','),
  ).join('|')
}

/**
 * Reads the text form.
 * @throws space/invalid-architecture naming the nodes and what was expected
 */
export function parseCell(text: string, offer: Offer): Multigraph {
  const parts = text.split('|')
  if (parts.length !== offer.nodes - 1) {
    const expected = `${offer.nodes - 1} nodes joined by "|"`
    refuse({ place: 'the cell', expected, found: JSON.stringify(text) })
  }
  const cell = parts.flatMap((part, index) => {
    const pairs = part.split(',')
    if (pairs.length === index + 1) {
      return pairs.map((pair, source) => parsePair(pair, { source, target: index + 1 }))
    }
    const expected = `operations from ${index + 1} nodes, joined by ","`
    return refuse({ place: `node ${index + 1}`, expected, found: JSON.stringify(part) })
  })
  const [problem] = cellProblems(cell, offer)
  if (problem !== undefined) refuse(problem)
  return cell
}

function parsePair(text: string, pair: NodePair): readonly EdgeOperation[] {
  if (text === '-') return []
  return text.split('+').map((name) => {
    const operation = edgeOperations.find((candidate) => candidate === name)
    if (operation !== undefined) return operation
    const expected = `operations among ${edgeOperations.join(', ')}, joined by "+", or "-"`
    return refuse({ place: pairPlace(pair), expected, found: JSON.stringify(name) })
  })
}

function formatPair(operations: readonly EdgeOperation[]): string {
  return operations.length === 0 ? '-' : operations.join('+')
}

function pairPlace({ source, target }: NodePair): string {
  return `node ${target}, from node ${source}`
}

function refuse({ place, expected, found }: CellProblem): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The multigraph architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'multigraph', place, expected, found } },
  )
}
