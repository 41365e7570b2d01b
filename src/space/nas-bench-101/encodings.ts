import { cellLayers, type Layer } from '#src/graph/layer-graph.ts'
import { categorical, parameterSpace } from '#src/parameter/define.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type {
  Decoded,
  Encodings,
  FeatureEncoding,
  LayerEncoding,
  ParameterEncoding,
} from '../space.ts'
import {
  type Cell,
  type CellBounds,
  type CellOperation,
  cellOperations,
  edgeBit,
  hasEdge,
  prune,
  sourcesOf,
  vertexCount,
} from './cell.ts'

interface Edge {
  readonly name: string
  readonly source: number
  readonly target: number
}

/** @param problems - why a cell is not in the space, as the space says it */
export function cellEncodings(
  bounds: CellBounds,
  problems: (cell: Cell) => readonly string[],
): Encodings<Cell> {
  return {
    parameters: binaryEncoding(bounds, problems),
    adjacency: adjacencyEncoding(bounds.vertices),
    path: pathEncoding(bounds.vertices),
    layers: layerEncoding,
  }
}

/** The edge places by row: 0→1, 0→2, …, 1→2, … */
export function edges(vertices: number): readonly Edge[] {
  return Array.from({ length: vertices }, (_, source) =>
    Array.from({ length: vertices - source - 1 }, (_, index) => source + 1 + index).map(
      (target) => ({ name: `edge_${source}_${target}`, source, target }),
    ),
  ).flat()
}

/**
 * One binary parameter an edge place, one with three choices an operation; many of its
 * configurations are not in the space.
 *
 * @see automl/nas_benchmarks `nas_cifar10.py`, encoding A.
 */
function binaryEncoding(
  { vertices }: CellBounds,
  problems: (cell: Cell) => readonly string[],
): ParameterEncoding<Cell> {
  const places = edges(vertices)
  const names = Array.from({ length: vertices - 2 }, (_, index) => `operation_${index + 1}`)
  const space = parameterSpace({
    name: 'nas-bench-101',
    parameters: [
      // The edge from input to output by default, so that the default is a cell.
      ...places.map(({ name, source, target }) =>
        categorical(name, [0, 1], {
          defaultValue: source === 0 && target === vertices - 1 ? 1 : 0,
        }),
      ),
      ...names.map((name) => categorical(name, cellOperations)),
    ],
  })
  return {
    space,
    encode: (cell) =>
      Object.fromEntries([
        ...places.map(({ name, source, target }) => [
          name,
          hasEdge(cell.adjacency, source, target) ? 1 : 0,
        ]),
        ...names.map((name, index) => [name, cell.operations[index] ?? '']),
      ]),
    decode(configuration: Configuration): Decoded<Cell> {
      const [wrong, ...others] = configurationProblems(space, configuration)
      if (wrong !== undefined) return { problems: [wrong, ...others] }
      const cell = {
        adjacency: places
          .filter(({ name }) => configuration[name] === 1)
          .reduce((mask, { source, target }) => mask | edgeBit(source, target), 0),
        // The configuration is in the space, so these are operations.
        operations: names.map((name) => configuration[name] as CellOperation),
      }
      const [problem, ...rest] = problems(cell)
      return problem === undefined ? { architecture: cell } : { problems: [problem, ...rest] }
    },
  }
}

/** @see White et al. 2020, "A Study on Encodings for NAS", section 3 (there the operations as one number). */
function adjacencyEncoding(vertices: number): FeatureEncoding<Cell> {
  const places = edges(vertices)
  return {
    size: places.length + (vertices - 2) * cellOperations.length,
    description:
      'one bit an edge place of the cell before pruning, by row; then three a vertex, one-hot: conv3x3, conv1x1, maxpool3x3',
    isCanonical: false,
    encode: (cell) => [
      ...places.map(({ source, target }) => (hasEdge(cell.adjacency, source, target) ? 1 : 0)),
      ...cell.operations.flatMap((operation) =>
        cellOperations.map((candidate) => (candidate === operation ? 1 : 0)),
      ),
    ],
  }
}

/**
 * A path is the operations on its inner vertices; its bit is the sum over its steps i of
 * `3^i (operation + 1)`, so that shorter paths come first and the empty one is bit 0.
 *
 * @see White et al. 2021, "BANANAS", section 3; naszilla `nas_bench_101/cell_101.py`.
 */
function pathEncoding(vertices: number): FeatureEncoding<Cell> {
  const kinds = cellOperations.length
  const size = (kinds ** (vertices - 1) - 1) / (kinds - 1)
  return {
    size,
    description: `one bit for every sequence of 0 to ${vertices - 2} operations on a path from input to output, by length; a path's bit tells nothing of how often it is there`,
    isCanonical: true,
    // Paths of up to three operations: 40 bits.
    usualSize: Math.min(size, (kinds ** 4 - 1) / (kinds - 1)),
    encode(cell) {
      const bits = Array.from({ length: size }, () => 0)
      for (const index of pathIndices(cell)) bits[index] = 1
      return bits
    },
  }
}

const operationLayers: Readonly<Record<CellOperation, Pick<Layer, 'kind' | 'label' | 'kernel'>>> = {
  conv3x3: { kind: 'conv', label: 'conv3x3', kernel: 3 },
  conv1x1: { kind: 'conv', label: 'conv1x1', kernel: 1 },
  maxpool3x3: { kind: 'max-pool', label: 'maxpool3x3', kernel: 3 },
}

const layerEncoding: LayerEncoding<Cell> = {
  description: 'the pruned cell, a layer for each vertex',
  encode(cell) {
    const { adjacency, operations } = prune(cell)
    const graph = cellLayers(['input'])
    const sources = (vertex: number) =>
      Array.from({ length: vertex }, (_, source) => source).filter((source) =>
        hasEdge(adjacency, source, vertex),
      )
    // Every vertex reads something, so that its layer has its number.
    for (const [index, operation] of operations.entries()) {
      graph.add(operationLayers[operation], sources(index + 1))
    }
    return [graph.finish(sources(operations.length + 1))]
  },
}

/** Every path's bit, as often as there are such paths. */
function pathIndices(cell: Cell): readonly number[] {
  const kinds = cellOperations.length
  const last = vertexCount(cell) - 1
  /** Bits of the paths from a vertex to the output, that vertex's own operation included. */
  const from: (readonly number[])[] = []
  for (let vertex = last; vertex >= 0; vertex--) {
    const onward = from.flatMap((indices, target) =>
      target > vertex && (sourcesOf(cell.adjacency, target) & (1 << vertex)) !== 0 ? indices : [],
    )
    const operation = cell.operations[vertex - 1]
    const label = operation === undefined ? -1 : cellOperations.indexOf(operation)
    if (vertex === last) from[vertex] = [0]
    else if (vertex === 0) return onward
    else from[vertex] = onward.map((index) => label + 1 + kinds * index)
  }
  return []
}
