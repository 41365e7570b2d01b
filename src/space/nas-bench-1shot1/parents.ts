/** How many parents each vertex of a 1Shot1 cell has, and what follows from it. */
import type { Random } from '#src/random/random.ts'
import {
  bitCount,
  type Cell,
  type CellProblem,
  edgePlaces,
  sourcesOf,
  vertexCount,
} from '../nas-bench-101/cell.ts'
import {
  crossOperations,
  operationNeighbours,
  otherOperations,
  sampleOperations,
  withOperation,
} from '../nas-bench-101/changes.ts'
import { sourceList } from '../nas-bench-101/text.ts'
import { uniformProduct } from '../uniform-product.ts'

export const variants = ['S1', 'S2', 'S3'] as const
export type Variant = (typeof variants)[number]

/** Parents of vertices 1, 2, …, the output last; nine in all. */
export type ParentCounts = readonly number[]

/** @see Zela, Siems and Hutter 2020, "NAS-Bench-1Shot1", section 3; its code, `search_spaces`. */
export const parentCounts: Readonly<Record<Variant, ParentCounts>> = {
  S1: [1, 2, 2, 2, 2],
  S2: [1, 1, 2, 2, 3],
  S3: [1, 1, 1, 2, 2, 2],
}

/** What the counts of a space come to, listed once: parents are bits of the adjacency number. */
export interface ParentChoices {
  readonly counts: ParentCounts
  /** Of each vertex from 1 on, the bits of every combination of its parents. */
  readonly bits: readonly (readonly number[])[]
  /** Vertices with more than one combination, the output perhaps among them. */
  readonly choosing: readonly number[]
}

export function parentChoices(counts: ParentCounts): ParentChoices {
  const bits = counts.map((count, index) =>
    combinations(index + 1, count).map((parents) => parentBits(parents, index + 1)),
  )
  const vertices = counts.map((_, index) => index + 1)
  const choosing = vertices.filter((vertex) => (bits[vertex - 1] ?? []).length > 1)
  return { counts, bits, choosing }
}

/** Every set of so many vertices below one, in lexicographic order. */
export function combinations(vertex: number, count: number): readonly (readonly number[])[] {
  const extend = (first: number, left: number): readonly (readonly number[])[] => {
    if (left === 0) return [[]]
    return Array.from({ length: vertex - first }, (_, index) => first + index).flatMap((next) =>
      extend(next + 1, left - 1).map((rest) => [next, ...rest]),
    )
  }
  return extend(0, count)
}

/** Parents of each vertex from 1 on. */
export function parentsOf(cell: Cell): readonly (readonly number[])[] {
  return Array.from({ length: cell.operations.length + 1 }, (_, index) =>
    sourceList(cell.adjacency, index + 1),
  )
}

/** The adjacency number of parents of vertices 1, 2, … */
export function adjacencyOf(parents: readonly (readonly number[])[]): number {
  return parents.reduce((mask, list, index) => mask | parentBits(list, index + 1), 0)
}

function parentBits(parents: readonly number[], vertex: number): number {
  return parents.reduce((mask, source) => mask | (1 << source), 0) << edgePlaces(vertex)
}

/** Adjacency numbers of every choice of parents. */
export function* everyMatrix({ bits }: ParentChoices): Generator<number> {
  for (const { architecture } of uniformProduct(bits)) {
    yield architecture.reduce((mask, own) => mask | own, 0)
  }
}

export function sampleCell({ bits }: ParentChoices, random: Random): Cell {
  let adjacency = 0
  for (const own of bits) adjacency |= random.pick(own)
  return { adjacency, operations: sampleOperations(bits.length - 1, random) }
}

/**
 * A hidden-state mutation (a vertex that has a choice, the output among them, gives one parent up for
 * another) or an operation mutation, each half of the time.
 *
 * @see NAS-Bench-1Shot1, `optimizers/discrete/regularized_evolution.py`, which also repeats the
 *   parent in a third of its calls.
 */
export function mutateCell(cell: Cell, { choosing }: ParentChoices, random: Random): Cell {
  if (random.bernoulli(0.5)) {
    const index = random.int(cell.operations.length)
    return withOperation(cell, index, random.pick(otherOperations(cell.operations[index])))
  }
  const vertex = random.pick(choosing)
  const given = pickBit(sourcesOf(cell.adjacency, vertex), random)
  const taken = pickBit(strangersOf(cell.adjacency, vertex), random)
  return withExchanged(cell, vertex, given | taken)
}

/** Every cell that `mutateCell` can make. */
export function* cellNeighbours(cell: Cell, { choosing }: ParentChoices): Iterable<Cell> {
  for (const vertex of choosing) {
    const strangers = strangersOf(cell.adjacency, vertex)
    for (let own = sourcesOf(cell.adjacency, vertex); own !== 0; own &= own - 1) {
      for (let others = strangers; others !== 0; others &= others - 1) {
        yield withExchanged(cell, vertex, lowestBit(own) | lowestBit(others))
      }
    }
  }
  yield* operationNeighbours(cell)
}

/** A vertex's parents and its operation, each from either. */
export function crossCells(first: Cell, second: Cell, random: Random): Cell {
  let adjacency = 0
  for (let vertex = 1; vertex < vertexCount(first); vertex++) {
    const either = random.bernoulli(0.5) ? second : first
    adjacency |= sourcesOf(either.adjacency, vertex) << edgePlaces(vertex)
  }
  return { adjacency, operations: crossOperations(first, second, random) }
}

/** Vertices with another number of parents than theirs; the cell is one of the right size. */
export function parentProblems(cell: Cell, counts: ParentCounts): readonly CellProblem[] {
  return counts.flatMap((count, index): CellProblem[] => {
    const found = bitCount(sourcesOf(cell.adjacency, index + 1))
    if (found === count) return []
    const place = index === counts.length - 1 ? 'the output' : `vertex ${index + 1}`
    return [
      { place, expected: `${count} ${count === 1 ? 'parent' : 'parents'}`, found: `${found}` },
    ]
  })
}

/** A bit mask of the vertices below one that are not among its parents. */
function strangersOf(adjacency: number, vertex: number): number {
  return sourcesOf(~adjacency, vertex)
}

/** One of the bits that are set, uniformly. */
function pickBit(mask: number, random: Random): number {
  let rest = mask
  for (let skipped = random.int(bitCount(mask)); skipped > 0; skipped--) rest &= rest - 1
  return lowestBit(rest)
}

function lowestBit(mask: number): number {
  return mask & -mask
}

/** One parent given up, the other taken. */
function withExchanged(cell: Cell, vertex: number, both: number): Cell {
  const { adjacency, operations } = cell
  return { adjacency: adjacency ^ (both << edgePlaces(vertex)), operations }
}
