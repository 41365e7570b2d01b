/** The one graph of primitives that motifs of motifs stand for. */
import { canonicalOrder } from '../dag-form.ts'
import {
  connectedMotifs,
  edgeIndex,
  type Genotype,
  isLive,
  type Levels,
  type Motif,
  range,
} from './genotype.ts'
import type { Primitive } from './settings.ts'

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
  const vertices: CellVertex[] = [{ kind: 'input', inputs: [], path: 'input' }]
  const append = (vertex: CellVertex) => vertices.push(vertex) - 1

  /** Position of what an operation of a level makes of a vertex. */
  const apply = (level: number, operation: number, source: number, path: string): number => {
    if (level < 0) {
      const kind = primitives[operation - 1] ?? 'id'
      return kind === 'id' ? source : append({ kind, inputs: [source], path })
    }
    const motif = genotype[level]?.[operation - 1] ?? []
    const below = connected[level - 1]
    const values = [source]
    for (const { target, sources } of liveNodes(motif, below)) {
      const terms = sources.map((from) =>
        apply(
          level - 1,
          motif[edgeIndex(target, from)] ?? 0,
          values[from] ?? source,
          joined(path, `edge${from}_${target}`),
        ),
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

/** A text equal for cells exactly when their graphs of primitives are isomorphic. */
export function flatCellText({ vertices, output }: FlatCell): string {
  const labelled = vertices.map(({ kind, inputs }, position) => ({
    label: position === output ? `${kind}!` : kind,
    inputs,
  }))
  const order = canonicalOrder(labelled)
  return order
    .map((position) => {
      const { label = '', inputs = [] } = labelled[position] ?? {}
      const places = inputs.map((input) => order.indexOf(input)).sort((one, other) => one - other)
      return `${label}@${places.join(',')}`
    })
    .join('|')
}

interface LiveNode {
  readonly target: number
  readonly sources: readonly number[]
}

/** Nodes between input and output that something flows through, with the edges that carry it. */
function liveNodes(motif: Motif, below: readonly boolean[] | undefined): readonly LiveNode[] {
  const reached = [true]
  const nodes: LiveNode[] = []
  for (let target = 1; edgeIndex(target, 0) < motif.length; target++) {
    const sources = range(target).filter(
      (source) => reached[source] && isLive(motif[edgeIndex(target, source)] ?? 0, below),
    )
    reached.push(sources.length > 0)
    nodes.push({ target, sources })
  }
  const needed = new Set([nodes.length])
  for (const { target, sources } of nodes.toReversed()) {
    if (needed.has(target)) for (const source of sources) needed.add(source)
  }
  return nodes.filter(({ target, sources }) => needed.has(target) && sources.length > 0)
}

function joined(path: string, segment: string): string {
  return path === '' ? segment : `${path}.${segment}`
}
