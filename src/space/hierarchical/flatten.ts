/** The one graph of primitives that motifs of motifs stand for. */
import { sha256 } from '#src/encoding/hash.ts'
import { inputsBy } from '../dag-coloring.ts'
import { type DagVertex, placesIn, quickOrder } from '../dag-form.ts'
import {
  allLive,
  connectedMotifs,
  type Genotype,
  isLive,
  type Levels,
  type Motif,
} from './genotype.ts'
import { type Primitive, primitives } from './settings.ts'

export interface CellVertex {
  /** `merge` joins its inputs; a primitive has one input, the cell's input has none. */
  readonly kind: 'input' | 'merge' | Exclude<Primitive, 'id'>
  /** Positions of earlier vertices. */
  readonly inputs: readonly number[]
  /** Edges from the cell down to it: `edge0_1.edge0_2`, with a `node3` at the end for a merge. */
  readonly path: string
}

export interface FlatCell {
  /** Inputs before consumers; all of them reach the output. */
  readonly vertices: readonly CellVertex[]
  /** Position of the cell's output. */
  readonly output: number
}

/**
 * Puts in for each motif what it is made of, down to primitives.
 *
 * @remarks
 * Edges that nothing flows through, or that lead nowhere, are left out; identities hand on what they
 * get, and so does a node with one edge. What is left is what the network computes: motifs that are
 * not used, their numbering, and equal motifs under two names make no difference.
 *
 * @param genotype - with a connected cell
 */
export function flattenCell(genotype: Genotype, { primitives }: Levels): FlatCell {
  const connected = connectedMotifs(genotype)
  const live = genotype.map((motifs, level) =>
    motifs.map((motif) => liveNodes(motif, connected[level - 1] ?? allLive)),
  )
  const vertices: CellVertex[] = [{ kind: 'input', inputs: [], path: 'input' }]
  const append = (vertex: CellVertex) => vertices.push(vertex) - 1

  /** Position of what an operation of a level makes of a vertex. */
  const apply = (level: number, operation: number, source: number, path: string): number => {
    if (level < 0) {
      const kind = primitives[operation - 1] ?? 'id'
      return kind === 'id' ? source : append({ kind, inputs: [source], path })
    }
    const values = [source]
    for (const { target, edges } of live[level]?.[operation - 1] ?? []) {
      const terms = edges.map(({ source: from, operation: below }) =>
        apply(level - 1, below, values[from] ?? source, joined(path, `edge${from}_${target}`)),
      )
      const [only = source] = terms
      values[target] =
        terms.length === 1
          ? only
          : append({ kind: 'merge', inputs: terms, path: joined(path, `node${target}`) })
    }
    return values.at(-1) ?? source
  }
  const output = apply(genotype.length - 1, 1, 0, '')
  return { vertices, output }
}

/** A hash equal for cells exactly when their graphs of primitives are isomorphic. */
export function flatCellHash(cell: FlatCell): string {
  const vertices = foldedVertices(cell)
  const order = quickOrder(vertices)
  const places = placesIn(order)
  // Numbers, of which those below zero begin a vertex: a text takes longer to make than to hash.
  const numbers: number[] = []
  for (const position of order) {
    numbers.push(-1 - labels.indexOf(vertices[position]?.label ?? ''))
    for (const place of inputsBy(vertices[position], places)) numbers.push(place)
  }
  return sha256(new Uint8Array(Int32Array.from(numbers).buffer))
}

const kinds: readonly string[] = ['input', 'merge', ...primitives]
const labels: readonly string[] = [...kinds, ...kinds.map((kind) => `${kind}!`)]

/** The cell with its output marked, and with primitives that one merge alone takes as ports of it. */
function foldedVertices({ vertices, output }: FlatCell): readonly DagVertex[] {
  const consumed = new Uint8Array(vertices.length)
  const merged = new Uint8Array(vertices.length)
  for (const { kind, inputs } of vertices) {
    for (const input of inputs) {
      consumed[input] = Math.min(2, (consumed[input] ?? 0) + 1)
      if (kind === 'merge') merged[input] = 1
    }
  }
  const folded: DagVertex[] = []
  const places = new Int32Array(vertices.length)
  /** Of a primitive that became a port, 1 and more; 0 for every other vertex. */
  const portsOf = new Uint8Array(vertices.length)
  for (let position = 0; position < vertices.length; position++) {
    const { kind, inputs } = vertices[position] as CellVertex
    const taken = inputs.map((input) => places[input] ?? 0)
    if (
      kind !== 'merge' &&
      kind !== 'input' &&
      consumed[position] === 1 &&
      merged[position] === 1
    ) {
      portsOf[position] = kinds.indexOf(kind)
      places[position] = taken[0] ?? 0
      continue
    }
    const label = position === output ? `${kind}!` : kind
    const ports = inputs.map((input) => portsOf[input] ?? 0)
    places[position] = folded.push({ label, inputs: taken, ports }) - 1
  }
  return folded
}

interface LiveEdge {
  readonly source: number
  readonly operation: number
}

interface LiveNode {
  readonly target: number
  readonly edges: readonly LiveEdge[]
}

/** Nodes between input and output that something flows through, with the edges that carry it. */
function liveNodes(motif: Motif, below: number): readonly LiveNode[] {
  // Nodes are bits of a number.
  let reached = 1
  const nodes: LiveNode[] = []
  for (let target = 1, first = 0; first < motif.length; first += target, target++) {
    const edges: LiveEdge[] = []
    for (let source = 0; source < target; source++) {
      const operation = ((reached >> source) & 1) === 1 ? (motif[first + source] ?? 0) : 0
      if (isLive(operation, below)) edges.push({ source, operation })
    }
    if (edges.length > 0) reached |= 1 << target
    nodes.push({ target, edges })
  }
  return neededNodes(nodes)
}

/** Those that a way to the last one goes through. */
function neededNodes(nodes: readonly LiveNode[]): readonly LiveNode[] {
  let needed = 1 << nodes.length
  for (const { target, edges } of nodes.toReversed()) {
    if (((needed >> target) & 1) === 1) for (const { source } of edges) needed |= 1 << source
  }
  return nodes.filter(({ target, edges }) => ((needed >> target) & 1) === 1 && edges.length > 0)
}

function joined(path: string, segment: string): string {
  return path === '' ? segment : `${path}.${segment}`
}
