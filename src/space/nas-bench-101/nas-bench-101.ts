import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import {
  type Cell,
  type CellBounds,
  cellOperations,
  cellProblems,
  edgePlaces,
  isConnected,
  prune,
  vertexLimits,
} from './cell.ts'
import {
  cellNeighbours,
  crossCells,
  mutateCell,
  mutateCellEverywhere,
  sampleCell,
} from './changes.ts'
import { drawCell } from './draw.ts'
import { edgeListEncoding, edgeScoreEncoding } from './edge-encodings.ts'
import { cellEncodings } from './encodings.ts'
import { storedCell } from './enumerate.ts'
import { knownHashes } from './hash/known-hashes.ts'
import { compileCell, networkSettings } from './network.ts'
import { prunedSupport } from './support.ts'
import { formatCell, parseCell, refuseCell } from './text.ts'

/** The defaults are the published ones. */
export const NasBench101Settings = z.strictObject({
  /** Of a cell before pruning, input and output included. */
  vertices: z.int().min(3).max(vertexLimits.max).default(7),
  /** That a cell may have after pruning. */
  maxEdges: z.int().min(1).max(edgePlaces(vertexLimits.max)).default(9),
  /**
   * What `mutate` does. `one-variable`: one edge place or operation, as in automl/nas_benchmarks.
   * `notebook`: each edge flips with probability 1 / vertices and each operation changes with
   * probability 1 / (vertices - 2), as in the benchmark's own notebook. `naszilla`: an edge with
   * probability 1 / edge places, else the same.
   */
  mutation: z.enum(['one-variable', 'notebook', 'naszilla']).default('one-variable'),
  /**
   * What `encodings.parameters` is: `matrix`, a binary for each edge place; `edge-list`, the places of
   * `maxEdges` edges; `edge-scores`, a number of edges and a score for each place. These are the
   * encodings A, B and C of automl/nas_benchmarks.
   */
  encoding: z.enum(['matrix', 'edge-list', 'edge-scores']).default('matrix'),
  ...networkSettings,
})
export type NasBench101Settings = z.infer<typeof NasBench101Settings>

/**
 * The cells of NAS-Bench-101.
 *
 * @remarks
 * An architecture keeps the vertices and edges that pruning takes away, as the benchmark's own search
 * code does, since changes act on them. `canonical` is the benchmark's graph hash of what is left.
 * Isomorphic cells can differ in the widths of their layers; `compile` builds the one that the
 * benchmark stores, so that equal hashes are equal networks, of the recorded size.
 *
 * @throws space/invalid-settings when single changes would not lead to every cell
 * @see Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search", section 2.
 */
export function nasBench101(settings: NasBench101Settings): SearchSpace<Cell> {
  const { vertices, maxEdges } = settings
  if (maxEdges < vertices) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The nas-bench-101 space's maxEdges must be at least its vertices, ${vertices}, so that single changes lead to every cell, not ${maxEdges}`,
      { details: { space: 'nas-bench-101', place: 'maxEdges', found: maxEdges } },
    )
  }
  const bounds: CellBounds = { vertices, maxEdges }
  const matrixCount = lazily(() => countMatrices(bounds))
  const problems = (cell: Cell) =>
    cellProblems(cell, bounds).map(
      ({ place, expected, found }) =>
        `The cell is wrong at ${place}: expected ${expected}, found ${found}`,
    )
  return {
    name: 'nas-bench-101',
    settings,
    takes: 'images',
    encodings: {
      ...cellEncodings(bounds, problems),
      ...(settings.encoding === 'edge-list' && { parameters: edgeListEncoding(bounds, problems) }),
      ...(settings.encoding === 'edge-scores' && {
        parameters: edgeScoreEncoding(bounds, problems),
      }),
    },
    distribution:
      'uniform over matrices and operations before pruning, drawn again where the cell is not in the space; isomorphic cells are counted apart',
    sample: (random) => sampleCell(bounds, random),
    mutate: mutationOf(settings),
    crossover: (first, second, random) => crossCells(first, second, bounds, random),
    neighbours: (cell) => cellNeighbours(cell, bounds),
    problems,
    count: () => ({
      value: BigInt(matrixCount()) * BigInt(cellOperations.length) ** BigInt(vertices - 2),
      kind: 'exact',
    }),
    support: () => prunedSupport(connectedMatrices(bounds), vertices),
    format: formatCell,
    parse(text) {
      const cell = parseCell(text, 'nas-bench-101')
      const [problem] = cellProblems(cell, bounds)
      if (problem) refuseCell('nas-bench-101', problem.place, problem.expected, problem.found)
      return cell
    },
    canonical: knownHashes(),
    compile: (cell, task) => compileCell(storedCell(prune(cell)), settings, task),
    draw: (cell) => drawCell(cell, 'NAS-Bench-101 cell'),
  }
}

export const nasBench101Entry: SpaceEntry<typeof NasBench101Settings> = {
  name: 'nas-bench-101',
  summary: 'Cells of at most seven vertices and nine edges with one of three operations a vertex',
  source: 'Ying et al. 2019, "NAS-Bench-101", section 2',
  settings: NasBench101Settings,
  named: {
    /** The highest mean test accuracy, 0.943176. */
    best: 'conv1x1(0)|conv3x3(0)|maxpool3x3(2)|conv3x3(3)|conv3x3(0,1,4)|output(0,5)',
    /** The example of the official README and notebook. */
    'inception-like': 'conv1x1(0)|conv3x3(0)|conv3x3(0)|conv3x3(3)|maxpool3x3(0)|output(1,2,4,5)',
  },
  create: nasBench101,
}

function mutationOf({ mutation, vertices, maxEdges }: NasBench101Settings) {
  const bounds = { vertices, maxEdges }
  if (mutation === 'one-variable') {
    return (cell: Cell, random: Random) => mutateCell(cell, bounds, random)
  }
  const edge = mutation === 'notebook' ? 1 / vertices : 1 / edgePlaces(vertices)
  const rates = { edge, operation: 1 / (vertices - 2) }
  return (cell: Cell, random: Random) => mutateCellEverywhere(cell, bounds, random, rates)
}

/** Matrices of the space before pruning; for the published bounds 1,538,083, in about 0.1 s. */
function countMatrices(bounds: CellBounds): number {
  let count = 0
  for (const _ of connectedMatrices(bounds)) count += 1
  return count
}

function* connectedMatrices(bounds: CellBounds): Generator<number> {
  for (let adjacency = 0; adjacency < 2 ** edgePlaces(bounds.vertices); adjacency++) {
    if (isConnected(adjacency, bounds)) yield adjacency
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
