import { categorical, constant, parameterSpace } from '#src/parameter/define.ts'
import type { Configuration, Parameter } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { type Cell, type CellOperation, cellOperations } from '../nas-bench-101/cell.ts'
import type { Decoded, ParameterEncoding } from '../space.ts'
import { adjacencyOf, combinations, type ParentCounts, parentsOf } from './parents.ts'

/**
 * An operation for each vertex and one of its combinations of parents, such as `"0,3"`; a vertex
 * with a single combination has a constant. Every configuration is a cell.
 *
 * @see NAS-Bench-1Shot1, `core/search_space.py`, `get_configuration_space`.
 */
export function choiceBlockEncoding(name: string, counts: ParentCounts): ParameterEncoding<Cell> {
  const operationNames = counts.slice(1).map((_, index) => `choice_block_${index + 1}_op`)
  const parentNames = counts.map((_, index) => `choice_block_${index + 1}_parents`)
  const space = parameterSpace({
    name,
    parameters: [
      ...operationNames.map((operation) => categorical(operation, cellOperations)),
      ...parentNames.map((parents, index) =>
        parentsParameter(parents, index + 1, counts[index] ?? 0),
      ),
    ],
  })
  return {
    space,
    encode: (cell) =>
      Object.fromEntries([
        ...operationNames.map((operation, index) => [operation, cell.operations[index] ?? '']),
        ...parentsOf(cell).map((parents, index) => [parentNames[index] ?? '', parents.join()]),
      ]),
    decode(configuration: Configuration): Decoded<Cell> {
      const [wrong, ...others] = configurationProblems(space, configuration)
      if (wrong !== undefined) return { problems: [wrong, ...others] }
      // The configuration is in the space, so these are operations and lists of vertices.
      const operations = operationNames.map((key) => configuration[key] as CellOperation)
      const parents = parentNames.map((key) => String(configuration[key]).split(',').map(Number))
      return { architecture: { adjacency: adjacencyOf(parents), operations } }
    },
  }
}

function parentsParameter(name: string, vertex: number, count: number): Parameter {
  const choices = combinations(vertex, count).map((parents) => parents.join())
  const [only = ''] = choices
  return choices.length === 1 ? constant(name, only) : categorical(name, choices)
}
