import { z } from 'zod'
import type { DrawingRole } from '#src/graph/drawing.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { uniformProduct } from '../uniform-product.ts'
import {
  type Cell,
  type CellOperation,
  cellEdgeCount,
  cellOperations,
  cellProblems,
  edgeIndex,
  formatCell,
  incoming,
  innerNodes,
  parseCell,
  uniqueText,
  withoutDeadEdges,
} from './cell.ts'
import { cellEncodings } from './encodings.ts'
import { compileCell, compileSupernet, SkeletonSettings } from './skeleton.ts'

export const NasBench201Settings = z.strictObject({
  ...SkeletonSettings.shape,
  /**
   * Which edge `mutate` changes. `edge`: a uniform one. `node-edge`: of a uniform node a uniform edge,
   * as in the search code of NATS-Bench, so that the six have probabilities 1/3, 1/6, 1/6, 1/9, 1/9, 1/9.
   */
  mutation: z.enum(['edge', 'node-edge']).default('edge'),
})
export type NasBench201Settings = z.infer<typeof NasBench201Settings>

/**
 * The cells of NAS-Bench-201, also the topology space of NATS-Bench.
 *
 * @remarks
 * `mutate` gives one edge a different operation, see `mutation` of the settings. The supernet has a gate row for each edge,
 * the same in all cells, with a column for each operation; edges that nothing flows through count
 * as `none` there.
 *
 * @see Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible NAS", section 2.
 */
export function nasBench201(
  settings: SkeletonSettings & Partial<NasBench201Settings>,
): SearchSpace<Cell> {
  const drawEdge = settings.mutation === 'node-edge' ? nodeThenEdge : uniformEdge
  return {
    name: 'nas-bench-201',
    settings,
    takes: 'images',
    encodings: cellEncodings(),
    distribution: 'uniform over the 15,625 cells, isomorphic ones counted apart',
    sample: (random) => Array.from({ length: cellEdgeCount }, () => random.pick(cellOperations)),
    mutate(cell, random) {
      const edge = drawEdge(random)
      return cell.with(edge, random.pick(others(cell[edge])))
    },
    crossover: (first, second, random) =>
      first.map((operation, edge) =>
        random.bernoulli(0.5) ? (second[edge] ?? operation) : operation,
      ),
    neighbours: (cell) =>
      cell.flatMap((operation, edge) => others(operation).map((other) => cell.with(edge, other))),
    problems: cellProblems,
    count: () => ({ value: BigInt(cellOperations.length) ** BigInt(cellEdgeCount), kind: 'exact' }),
    support: () => uniformProduct(Array.from({ length: cellEdgeCount }, () => cellOperations)),
    format: formatCell,
    parse: parseCell,
    canonical: (cell) => uniqueText(cell),
    compile: (cell, task) => compileCell(cell, settings, task),
    supernet: (task) => ({
      graph: compileSupernet(settings, task),
      gatesOf: (cell) =>
        withoutDeadEdges(cell).map((operation) =>
          cellOperations.map((candidate) => (candidate === operation ? 1 : 0)),
        ),
      architectureOf: (weights) =>
        Array.from({ length: cellEdgeCount }, (_, edge) => heaviest(weights[edge] ?? [])),
    }),
    draw: (cell) => ({
      title: 'NAS-Bench-201 cell',
      direction: 'right',
      groups: [],
      nodes: [
        { id: 'node0', label: '0', detail: 'input', role: 'input' },
        { id: 'node1', label: '1', role: 'merge' },
        { id: 'node2', label: '2', role: 'merge' },
        { id: 'node3', label: '3', detail: 'output', role: 'output' },
      ],
      edges: innerNodes.flatMap((node) =>
        incoming(cell, node)
          .map((operation, source) => ({
            from: `node${source}`,
            to: `node${node}`,
            ...looks[operation],
          }))
          .filter(({ role }) => role !== 'zero'),
      ),
    }),
  }
}

export const nasBench201Entry: SpaceEntry<typeof NasBench201Settings> = {
  name: 'nas-bench-201',
  summary: 'Cells of four nodes with one of five operations on each of six edges',
  source: 'Dong and Yang 2020, "NAS-Bench-201", section 2',
  settings: NasBench201Settings,
  create: nasBench201,
}

const looks: Readonly<Record<CellOperation, { label: string; role: DrawingRole }>> = {
  none: { label: 'none', role: 'zero' },
  skip_connect: { label: 'skip', role: 'identity' },
  nor_conv_1x1: { label: 'conv 1×1', role: 'conv' },
  nor_conv_3x3: { label: 'conv 3×3', role: 'conv' },
  avg_pool_3x3: { label: 'avg pool 3×3', role: 'pool' },
}

/** The operation that weighs most; of equals the first. */
function heaviest(weights: readonly number[]): CellOperation {
  return cellOperations[weights.indexOf(Math.max(...weights))] ?? 'none'
}

function uniformEdge(random: Random): number {
  return random.int(cellEdgeCount)
}

function nodeThenEdge(random: Random): number {
  const node = random.pick(innerNodes)
  return edgeIndex(node, random.int(node))
}

function others(operation: CellOperation | undefined): readonly CellOperation[] {
  return cellOperations.filter((candidate) => candidate !== operation)
}
