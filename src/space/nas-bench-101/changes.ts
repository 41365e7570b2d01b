/** Draws of cells, and the small changes from one to another. */
import type { Random } from '#src/random/random.ts'
import {
  type Cell,
  type CellBounds,
  type CellOperation,
  cellOperations,
  edgePlaces,
  isConnected,
} from './cell.ts'

/** Uniform over matrices and operations, drawn again while the matrix is not one of the space. */
export function sampleCell(bounds: CellBounds, random: Random): Cell {
  const places = edgePlaces(bounds.vertices)
  for (;;) {
    const adjacency = random.int(2 ** places)
    if (!isConnected(adjacency, bounds)) continue
    return { adjacency, operations: sampleOperations(bounds.vertices - 2, random) }
  }
}

export function sampleOperations(count: number, random: Random): CellOperation[] {
  const operations: CellOperation[] = []
  while (operations.length < count) operations.push(random.pick(cellOperations))
  return operations
}

/**
 * One of the edge places and operations, each equally likely, gets another value; drawn again while
 * the child is not in the space.
 *
 * @see Ying et al. 2019, "NAS-Bench-101"; automl/nas_benchmarks, whose evolution changes exactly
 *   one variable, but pays for children outside the space.
 */
export function mutateCell(cell: Cell, bounds: CellBounds, random: Random): Cell {
  const places = edgePlaces(bounds.vertices)
  for (;;) {
    const variable = random.int(places + cell.operations.length)
    if (variable >= places) {
      const index = variable - places
      return withOperation(cell, index, random.pick(otherOperations(cell.operations[index])))
    }
    const adjacency = cell.adjacency ^ (1 << variable)
    if (isConnected(adjacency, bounds)) return { adjacency, operations: cell.operations }
  }
}

/**
 * Each edge place flips with one probability and each operation gets another value with another, all
 * independently; drawn again while the child is the parent or not in the space.
 *
 * @see Ying et al. 2019, "NAS-Bench-101"; google-research/nasbench `NASBench.ipynb`, `mutate_spec`;
 *   naszilla `nas_bench_101/mutations.py`.
 */
export function mutateCellEverywhere(
  cell: Cell,
  bounds: CellBounds,
  random: Random,
  { edge, operation }: MutationRates,
): Cell {
  for (;;) {
    let { adjacency } = cell
    for (let place = 0; place < edgePlaces(bounds.vertices); place++) {
      if (random.bernoulli(edge)) adjacency ^= 1 << place
    }
    const operations = cell.operations.map((own) =>
      random.bernoulli(operation) ? random.pick(otherOperations(own)) : own,
    )
    const isParent =
      adjacency === cell.adjacency &&
      operations.every((own, index) => own === cell.operations[index])
    if (!isParent && isConnected(adjacency, bounds)) return { adjacency, operations }
  }
}

/** Probabilities of one change of `mutateCellEverywhere`. */
export interface MutationRates {
  readonly edge: number
  readonly operation: number
}

/** Every cell that `mutateCell` can make: one edge more or fewer, one operation changed. */
export function* cellNeighbours(cell: Cell, bounds: CellBounds): Iterable<Cell> {
  for (let place = 0; place < edgePlaces(bounds.vertices); place++) {
    const adjacency = cell.adjacency ^ (1 << place)
    if (isConnected(adjacency, bounds)) yield { adjacency, operations: cell.operations }
  }
  yield* operationNeighbours(cell)
}

/** Every cell with one operation changed. */
export function* operationNeighbours(cell: Cell): Iterable<Cell> {
  for (let index = 0; index < cell.operations.length; index++) {
    for (const other of otherOperations(cell.operations[index])) {
      yield withOperation(cell, index, other)
    }
  }
}

/** Each edge place and each operation from either parent; drawn again while not in the space. */
export function crossCells(first: Cell, second: Cell, bounds: CellBounds, random: Random): Cell {
  const places = edgePlaces(bounds.vertices)
  for (;;) {
    // Both parents are in the space and may be drawn whole, so this ends.
    const fromSecond = random.int(2 ** places)
    const adjacency = (first.adjacency & ~fromSecond) | (second.adjacency & fromSecond)
    if (!isConnected(adjacency, bounds)) continue
    return { adjacency, operations: crossOperations(first, second, random) }
  }
}

export function crossOperations(first: Cell, second: Cell, random: Random): CellOperation[] {
  return first.operations.map((operation, index) =>
    random.bernoulli(0.5) ? (second.operations[index] ?? operation) : operation,
  )
}

const others: Readonly<Record<CellOperation, readonly CellOperation[]>> = {
  conv3x3: ['conv1x1', 'maxpool3x3'],
  conv1x1: ['conv3x3', 'maxpool3x3'],
  maxpool3x3: ['conv3x3', 'conv1x1'],
}

export function otherOperations(operation: CellOperation | undefined): readonly CellOperation[] {
  return operation === undefined ? cellOperations : others[operation]
}

export function withOperation(
  { adjacency, operations }: Cell,
  index: number,
  operation: CellOperation,
): Cell {
  return { adjacency, operations: operations.with(index, operation) }
}
