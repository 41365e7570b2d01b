/**
 * Two more ways to write a cell as hyperparameters, with fewer decisions about edges than places for
 * them. What pruning takes away is not encoded: `decode(encode(cell))` is the cell up to that.
 *
 * @see automl/nas_benchmarks `tabular_benchmarks/nas_cifar10.py`, encodings B and C; Ying et al. 2019,
 *   "NAS-Bench-101", supplement S3.
 */
import { categorical, float, integer, parameterSpace } from '#src/parameter/define.ts'
import type { Configuration, Parameter } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { Decoded, ParameterEncoding } from '../space.ts'
import {
  type Cell,
  type CellBounds,
  type CellOperation,
  cellOperations,
  edgeBit,
  hasEdge,
  verticesInUse,
} from './cell.ts'
import { edges } from './encodings.ts'

/** How the edges of a cell are parameters. */
interface EdgeForm {
  readonly parameters: readonly Parameter[]
  /** @param used - positions of the edges on paths from input to output, rising, at least one */
  encode(used: readonly number[]): Configuration
  /** Positions of the edges, in any order, any of them more than once. */
  decode(configuration: Configuration): readonly number[]
}

/** Encoding B: `maxEdges` slots, each the position of an edge; the same one twice is one edge. */
export function edgeListEncoding(
  bounds: CellBounds,
  problems: (cell: Cell) => readonly string[],
): ParameterEncoding<Cell> {
  const positions = [...edges(bounds.vertices).keys()]
  const names = Array.from({ length: bounds.maxEdges }, (_, slot) => `edge_${slot}`)
  return withOperations(bounds, problems, {
    parameters: names.map((name) =>
      // The edge from input to output by default, so that the default is a cell.
      categorical(name, positions, { defaultValue: bounds.vertices - 2 }),
    ),
    encode: (used) =>
      Object.fromEntries(names.map((name, slot) => [name, used[slot] ?? used[0] ?? 0])),
    decode: (configuration) => names.map((name) => Number(configuration[name])),
  })
}

/** Encoding C: a number of edges, and a score for each place; the places of the highest have the edges. */
export function edgeScoreEncoding(
  bounds: CellBounds,
  problems: (cell: Cell) => readonly string[],
): ParameterEncoding<Cell> {
  const places = edges(bounds.vertices)
  const names = places.map(({ source, target }) => `score_${source}_${target}`)
  return withOperations(bounds, problems, {
    parameters: [
      integer('edges', 0, bounds.maxEdges, { defaultValue: 1 }),
      ...names.map((name, position) =>
        float(name, 0, 1, { defaultValue: position === bounds.vertices - 2 ? 1 : 0 }),
      ),
    ],
    encode: (used) => ({
      edges: used.length,
      ...Object.fromEntries(names.map((name, at) => [name, used.includes(at) ? 0.75 : 0.25])),
    }),
    decode(configuration) {
      const score = (position: number) => Number(configuration[names[position] ?? ''])
      // The sort is stable: of equal scores the first place is taken.
      return [...names.keys()]
        .sort((one, two) => score(two) - score(one))
        .slice(0, Number(configuration.edges))
    },
  })
}

function withOperations(
  { vertices }: CellBounds,
  problems: (cell: Cell) => readonly string[],
  form: EdgeForm,
): ParameterEncoding<Cell> {
  const places = edges(vertices)
  const names = Array.from({ length: vertices - 2 }, (_, index) => `operation_${index + 1}`)
  const space = parameterSpace({
    name: 'nas-bench-101',
    parameters: [...form.parameters, ...names.map((name) => categorical(name, cellOperations))],
  })
  return {
    space,
    encode(cell) {
      const inUse = verticesInUse(cell.adjacency, vertices)
      const isUsed = (vertex: number) => (inUse & (1 << vertex)) !== 0
      const used = places.flatMap(({ source, target }, position) =>
        hasEdge(cell.adjacency, source, target) && isUsed(source) && isUsed(target)
          ? [position]
          : [],
      )
      return {
        ...form.encode(used),
        ...Object.fromEntries(names.map((name, index) => [name, cell.operations[index] ?? ''])),
      }
    },
    decode(configuration): Decoded<Cell> {
      const [wrong, ...others] = configurationProblems(space, configuration)
      if (wrong !== undefined) return { problems: [wrong, ...others] }
      const cell = {
        adjacency: form.decode(configuration).reduce((mask, position) => {
          const { source = 0, target = 1 } = places[position] ?? {}
          return mask | edgeBit(source, target)
        }, 0),
        // The configuration is in the space, so these are operations.
        operations: names.map((name) => configuration[name] as CellOperation),
      }
      const [problem, ...rest] = problems(cell)
      return problem === undefined ? { architecture: cell } : { problems: [problem, ...rest] }
    },
  }
}
