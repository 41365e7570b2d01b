/** How many parents each vertex of a 1Shot1 cell has, and what follows from it. */
import type { Random } from '#src/random/random.ts'
import { type Cell, type CellProblem, cellOperations, edgePlaces } from '../nas-bench-101/cell.ts'
import {
  crossOperations,
  operationNeighbours,
  otherOperations,
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
  return parents.reduce(
    (mask, list, index) =>
      list.reduce((inner, source) => inner | (1 << (source + edgePlaces(index + 1))), mask),
    0,
  )
}

/** Adjacency numbers of every choice of parents. */
export function* everyMatrix(counts: ParentCounts): Generator<number> {
  const choices = counts.map((count, index) => combinations(index + 1, count))
  for (const { architecture } of uniformProduct(choices)) yield adjacencyOf(architecture)
}

export function sampleCell(counts: ParentCounts, random: Random): Cell {
  const parents = counts.map((count, index) => random.pick(combinations(index + 1, count)))
  const operations = counts.slice(1).map(() => random.pick(cellOperations))
  return { adjacency: adjacencyOf(parents), operations }
}

/**
 * A hidden-state mutation (a vertex that has a choice, the output among them, gives one parent up for
 * another) or an operation mutation, each half of the time.
 *
 * @see NAS-Bench-1Shot1, `optimizers/discrete/regularized_evolution.py`, which also repeats the
 *   parent in a third of its calls.
 */
export function mutateCell(cell: Cell, counts: ParentCounts, random: Random): Cell {
  if (random.bernoulli(0.5)) {
    const index = random.int(cell.operations.length)
    return withOperation(cell, index, random.pick(otherOperations(cell.operations[index])))
  }
  const parents = parentsOf(cell)
  const index = random.pick(choosing(counts))
  const own = parents[index] ?? []
  const given = random.pick(own)
  const taken = random.pick(strangers(own, index + 1))
  return withParents(cell, parents, { index, given, taken })
}

/** Every cell that `mutateCell` can make. */
export function* cellNeighbours(cell: Cell, counts: ParentCounts): Iterable<Cell> {
  const parents = parentsOf(cell)
  for (const index of choosing(counts)) {
    const own = parents[index] ?? []
    for (const given of own) {
      for (const taken of strangers(own, index + 1)) {
        yield withParents(cell, parents, { index, given, taken })
      }
    }
  }
  yield* operationNeighbours(cell)
}

/** A vertex's parents and its operation, each from either. */
export function crossCells(first: Cell, second: Cell, random: Random): Cell {
  const others = parentsOf(second)
  const parents = parentsOf(first).map((own, index) =>
    random.bernoulli(0.5) ? (others[index] ?? own) : own,
  )
  return { adjacency: adjacencyOf(parents), operations: crossOperations(first, second, random) }
}

/** Vertices with another number of parents than theirs; the cell is one of the right size. */
export function parentProblems(cell: Cell, counts: ParentCounts): readonly CellProblem[] {
  return parentsOf(cell).flatMap((parents, index) => {
    const count = counts[index] ?? 0
    if (parents.length === count) return []
    return [
      {
        place: index === counts.length - 1 ? 'the output' : `vertex ${index + 1}`,
        expected: `${count} ${count === 1 ? 'parent' : 'parents'}`,
        found: `${parents.length}`,
      },
    ]
  })
}

/** Positions of the vertices that have more than one combination of parents. */
function choosing(counts: ParentCounts): readonly number[] {
  return [...counts.keys()].filter((index) => (counts[index] ?? 0) <= index)
}

/** Vertices below one that are not among its parents. */
function strangers(parents: readonly number[], vertex: number): readonly number[] {
  return [...Array(vertex).keys()].filter((source) => !parents.includes(source))
}

interface Replacement {
  /** Of the vertex, from 0 for vertex 1. */
  readonly index: number
  readonly given: number
  readonly taken: number
}

function withParents(
  cell: Cell,
  parents: readonly (readonly number[])[],
  { index, given, taken }: Replacement,
): Cell {
  const own = [...(parents[index] ?? []).filter((source) => source !== given), taken]
  return { ...cell, adjacency: adjacencyOf(parents.with(index, own)) }
}
