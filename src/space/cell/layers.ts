/** Cells as graphs of layers. */
import { cellLayers, type Layer, type LayerGraph, union } from '#src/graph/layer-graph.ts'
import type { LayerEncoding } from '../space.ts'
import {
  type Cell,
  type CellPair,
  type CellRules,
  cellKinds,
  outputStates,
  type Side,
} from './cell.ts'

/**
 * One graph for each cell of a pair. A skip is a wire, and a state that several operations make is
 * made by all of them, added or concatenated.
 */
export function layerEncoding({ output }: Pick<CellRules, 'output'>): LayerEncoding<CellPair> {
  return {
    description: 'the operations of the normal and of the reduction cell, skips contracted',
    encode: (pair) => cellKinds.map((kind) => layersOf(pair[kind], output)),
  }
}

function layersOf(cell: Cell, output: CellRules['output']): LayerGraph {
  const graph = cellLayers(['input 0', 'input 1'])
  const states: (readonly number[])[] = [[0], [1]]
  const sideLayers = ({ operation, input }: Side) => {
    const producers = states[input] ?? []
    return operation === 'skip' ? producers : graph.add(formOf(operation), producers)
  }
  for (const { left, right } of cell.blocks) {
    states.push(union(sideLayers(left), sideLayers(right)))
  }
  return graph.finish(outputStates(cell, output).flatMap((state) => states[state] ?? []))
}

/** `sep5` and `dil5` are separable, `conv1x7` and `dilconv3` are not. */
function formOf(
  operation: Exclude<Side['operation'], 'skip'>,
): Pick<Layer, 'kind' | 'label' | 'kernel'> {
  const kernel = Number(operation.at(-1))
  const label = operation
  if (operation.startsWith('avg')) return { kind: 'avg-pool', label, kernel }
  if (operation.startsWith('max')) return { kind: 'max-pool', label, kernel }
  const isPlain = operation.startsWith('conv') || operation.startsWith('dilconv')
  return { kind: isPlain ? 'conv' : 'separable', label, kernel }
}
