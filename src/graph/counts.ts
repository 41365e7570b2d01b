import type { GraphNode, NetworkGraph, Shape } from './graph.ts'
import { inferShapes } from './shape.ts'
import { elementCount, featureCount } from './shape-problem.ts'

export interface GraphCounts {
  /** Learned numbers: weights, biases, scales and shifts; running statistics are not among them. */
  readonly parameterCount: number
  /**
   * Multiply-adds of one sample's forward pass in convolutions, linear layers and attention, biases
   * left out.
   */
  readonly multiplyAdds: number
}

/**
 * What a valid graph costs.
 *
 * @remarks
 * A `choice` counts as all of its candidates together: all their parameters exist, and all are
 * computed where no gate is 0. A one-hot row costs what the chosen candidate alone does.
 * @see `torch.utils.flop_counter`, which counts two operations for each multiply-add.
 */
export function countGraph(graph: NetworkGraph): GraphCounts {
  const shapes = inferShapes(graph)
  return sum(graph.nodes.map((node) => countNode(node, shapes)))
}

/**
 * What one node of a graph costs.
 *
 * @param shapes - `inferShapes` of its graph
 */
export function countNode(node: GraphNode, shapes: ReadonlyMap<string, Shape>): GraphCounts {
  const { op } = node
  const input = shapes.get(node.inputs[0] ?? '') ?? []
  const channels = featureCount(input)
  switch (op.kind) {
    case 'conv2d': {
      const perOutput = (channels / op.groups) * op.kernel[0] * op.kernel[1]
      return {
        parameterCount: op.channels * (perOutput + (op.bias ? 1 : 0)),
        multiplyAdds: elementCount(shapes.get(node.id) ?? []) * perOutput,
      }
    }
    case 'linear':
      return {
        parameterCount: op.features * (channels + (op.bias ? 1 : 0)),
        multiplyAdds: elementCount(input) * op.features,
      }
    case 'batch-norm':
      return { parameterCount: op.affine ? 2 * channels : 0, multiplyAdds: 0 }
    case 'embedding':
      return { parameterCount: op.vocabulary * op.features, multiplyAdds: 0 }
    case 'positional-embedding':
      return { parameterCount: op.length * channels, multiplyAdds: 0 }
    case 'layer-norm':
      return { parameterCount: 2 * channels, multiplyAdds: 0 }
    case 'attention':
      // Queries with keys, then weights with values; positions that a mask hides are reckoned too.
      return { parameterCount: 0, multiplyAdds: 2 * elementCount(input) * (input[0] ?? 0) }
    case 'recurrent': {
      const { parameterCount, multiplyAdds } = countGraph(op.cell)
      return { parameterCount, multiplyAdds: (input[0] ?? 0) * multiplyAdds }
    }
    case 'choice':
      return sum(op.candidates.map(countGraph))
    default:
      return { parameterCount: 0, multiplyAdds: 0 }
  }
}

function sum(counts: readonly GraphCounts[]): GraphCounts {
  return counts.reduce(
    (total, item) => ({
      parameterCount: total.parameterCount + item.parameterCount,
      multiplyAdds: total.multiplyAdds + item.multiplyAdds,
    }),
    { parameterCount: 0, multiplyAdds: 0 },
  )
}
