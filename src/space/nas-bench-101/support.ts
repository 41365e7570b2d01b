import type { Supported } from '../space.ts'
import {
  bitCount,
  type Cell,
  cellOperations,
  edgePlaces,
  prune,
  sourcesOf,
  verticesInUse,
} from './cell.ts'
import { storedCell } from './enumerate.ts'

/**
 * What uniform draws of a matrix and of operations come to: one cell for all whose matrices are the
 * same after pruning, up to the order of the vertices, with the probability of all of them.
 *
 * @remarks
 * An isomorphism of two matrices maps the labellings of one to those of the other, each as likely.
 *
 * @param matrices - adjacency numbers, each equally likely, all with a path from input to output
 * @param vertices - of every matrix
 */
export function* prunedSupport(
  matrices: Iterable<number>,
  vertices: number,
): Generator<Supported<Cell>> {
  const used = countUsed(matrices, vertices)
  for (const { adjacency, count } of mergePruned(used, vertices)) {
    const kept = verticesInUse(adjacency, vertices)
    // Neither input nor output has an operation.
    const inner = bitCount(kept) - 2
    const labellings = cellOperations.length ** inner
    for (let code = 0; code < labellings; code++) {
      yield {
        architecture: { adjacency, operations: label(code, kept, vertices) },
        probability: count / used.total / labellings,
      }
    }
  }
}

/** How many matrices have the same edges once unused ones are taken away, and the first of them. */
interface UsedMatrices {
  /** By what is left. */
  readonly counts: Float64Array
  readonly first: Uint32Array
  readonly total: number
}

function countUsed(matrices: Iterable<number>, vertices: number): UsedMatrices {
  const counts = new Float64Array(2 ** edgePlaces(vertices))
  const first = new Uint32Array(counts.length)
  let total = 0
  for (const adjacency of matrices) {
    const used = verticesInUse(adjacency, vertices)
    let kept = 0
    for (let vertex = 1; vertex < vertices; vertex++) {
      if ((used & (1 << vertex)) === 0) continue
      kept |= (sourcesOf(adjacency, vertex) & used) << edgePlaces(vertex)
    }
    if (counts[kept] === 0) first[kept] = adjacency
    counts[kept] = (counts[kept] ?? 0) + 1
    total += 1
  }
  return { counts, first, total }
}

/** Takes matrices together that are isomorphic after pruning; the first stands for all. */
function mergePruned({ counts, first }: UsedMatrices, vertices: number) {
  const merged = new Map<string, { readonly adjacency: number; count: number }>()
  const operations = Array.from({ length: vertices - 2 }, () => cellOperations[0])
  for (const [kept, count] of counts.entries()) {
    if (count === 0) continue
    const adjacency = first[kept] ?? 0
    const pruned = prune({ adjacency, operations })
    // All operations are equal here, so this tells matrices apart and nothing else.
    const key = `${pruned.operations.length} ${storedCell(pruned).adjacency}`
    const known = merged.get(key)
    if (known) known.count += count
    else merged.set(key, { adjacency, count })
  }
  return merged.values()
}

/** Operations of the vertices in use by the digits of a code; those of the others do not matter. */
function label(code: number, used: number, vertices: number): Cell['operations'] {
  let rest = code
  return Array.from({ length: vertices - 2 }, (_, index) => {
    if ((used & (2 << index)) === 0) return cellOperations[0]
    const digit = rest % cellOperations.length
    rest = Math.floor(rest / cellOperations.length)
    return cellOperations[digit] ?? cellOperations[0]
  })
}
