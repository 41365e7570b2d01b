import { cellLayers, type Layer, union } from '#src/graph/layer-graph.ts'
import { categorical, parameterSpace } from '#src/parameter/define.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { Encodings, FeatureEncoding, LayerEncoding, ParameterEncoding } from '../space.ts'
import {
  type Cell,
  type CellOperation,
  cellOperations,
  incoming,
  innerNodes,
  withoutDeadEdges,
} from './cell.ts'

export function cellEncodings(): Encodings<Cell> {
  return {
    parameters: cellParameters(),
    adjacency: cellAdjacency,
    path: cellPaths,
    layers: layerEncoding,
  }
}

/** A parameter's name for each edge, in the order of `Cell`. */
const edgeNames = innerNodes.flatMap((node) =>
  Array.from({ length: node }, (_, source) => `edge${source}_${node}`),
)

/** Six independent choices of an operation; every configuration is a cell. */
function cellParameters(): ParameterEncoding<Cell> {
  const space = parameterSpace({
    name: 'nas-bench-201',
    parameters: edgeNames.map((name) => categorical(name, cellOperations)),
  })
  return {
    space,
    encode: (cell) => Object.fromEntries(edgeNames.map((name, edge) => [name, cell[edge] ?? ''])),
    decode(configuration) {
      const [problem, ...more] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...more] }
      // A configuration without problems has one of the operations at every edge.
      return { architecture: edgeNames.map((name) => configuration[name] as CellOperation) }
    },
  }
}

/** Row by row the edges, in each row a one for the operation that the edge has. */
const cellAdjacency: FeatureEncoding<Cell> = {
  size: edgeNames.length * cellOperations.length,
  description: `one-hot operation (${cellOperations.join(', ')}) of each of six edges`,
  isCanonical: false,
  encode: (cell) =>
    cell.flatMap((operation) => cellOperations.map((other) => Number(operation === other))),
}

/** The order of operations in the path code. */
const pathOperations: readonly CellOperation[] = [
  'avg_pool_3x3',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'none',
  'skip_connect',
]
/** Nodes on the way from the input, 0, to the output, 3. */
const pathShapes: readonly (readonly number[])[] = [
  [0, 3],
  [0, 1, 3],
  [0, 2, 3],
  [0, 1, 2, 3],
]

/**
 * One bit for each sequence of one to three operations from input to output, `none` among them:
 * 5 + 25 + 125. The first 5 and 30 bits are the usual truncations.
 *
 * @remarks Both ways over two edges share their bits, so different cells can have one code.
 * @see White et al. 2021, "BANANAS", section 3; naszilla/naszilla `nas_bench_201/cell_201.py`.
 */
const cellPaths: FeatureEncoding<Cell> = {
  size: 155,
  description:
    'one bit for each sequence of 1, 2 or 3 operations (avg pool, conv 1x1, conv 3x3, none, skip) from input to output',
  isCanonical: false,
  // Paths of one and two operations.
  usualSize: 30,
  encode(cell) {
    const bits = new Array<number>(155).fill(0)
    for (const nodes of pathShapes) bits[pathIndex(cell, nodes)] = 1
    return bits
  },
}

const edgeLayers: Readonly<
  Record<Exclude<CellOperation, 'none' | 'skip_connect'>, Pick<Layer, 'kind' | 'label' | 'kernel'>>
> = {
  nor_conv_1x1: { kind: 'conv', label: 'conv1x1', kernel: 1 },
  nor_conv_3x3: { kind: 'conv', label: 'conv3x3', kernel: 3 },
  avg_pool_3x3: { kind: 'avg-pool', label: 'avgpool3x3', kernel: 3 },
}

/**
 * A layer for each edge that something flows through.
 * @see Ru et al. 2021, "Interpretable NAS via Bayesian Optimisation with Weisfeiler-Lehman Kernels".
 */
const layerEncoding: LayerEncoding<Cell> = {
  description: 'edges as layers, none dropped, skips contracted',
  encode(cell) {
    const live = withoutDeadEdges(cell)
    const graph = cellLayers(['input'])
    const nodes: (readonly number[])[] = [[0]]
    for (const node of innerNodes) {
      const terms = incoming(live, node).map((operation, source) => {
        const producers = nodes[source] ?? []
        if (operation === 'none') return []
        return operation === 'skip_connect'
          ? producers
          : graph.add(edgeLayers[operation], producers)
      })
      nodes.push(union(...terms))
    }
    return [graph.finish(nodes.at(-1) ?? [])]
  },
}

function pathIndex(cell: Cell, nodes: readonly number[]): number {
  const operations = nodes
    .slice(1)
    .map((node, step) => incoming(cell, node)[nodes[step] ?? 0] ?? 'none')
  // Shorter paths come first: 5 of one operation, 25 of two.
  const offset = [0, 0, 5, 30][operations.length] ?? 0
  return operations.reduce(
    (index, operation, step) => index + pathOperations.indexOf(operation) * 5 ** step,
    offset,
  )
}
