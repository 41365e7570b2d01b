/** Which weights of one trained network another can start from. */
import type { GraphNode, NetworkGraph, Shape } from './graph.ts'
import { inferShapes } from './shape.ts'
import { featureCount } from './shape-problem.ts'

/** Two nodes whose tensors have the same names and shapes: parameters, and running statistics. */
export interface WeightPair {
  /** Node of the trained network. */
  readonly source: string
  /** Node of the network that starts from it. */
  readonly target: string
}

/** In the order of the nodes; each node at most once. Nodes of the new network that it does not name start anew. */
export type WeightPlan = readonly WeightPair[]

/**
 * The nodes of two valid graphs that stand for each other: as many as possible, in the order of both.
 *
 * @remarks
 * Nodes can stand for each other when they are of one kind and all their tensors have equal shapes; a
 * stride or a dilation makes no difference. Nodes without tensors are left out. An architecture does
 * not say which layer of its parent a layer was, so a longest common sequence decides, and of equally
 * long ones one with the most pairs of equal ids. Time and memory grow with the product of the counts
 * of nodes.
 *
 * @see Real et al. 2017, "Large-Scale Evolution of Image Classifiers", section 3.3: "if a layer has
 *   matching shapes, the weights are preserved".
 */
export function weightPlan(trained: NetworkGraph, fresh: NetworkGraph): WeightPlan {
  const from = weightedNodes(trained)
  const to = weightedNodes(fresh)
  const width = to.length + 1
  const scores = commonScores(from, to)
  const score = (row: number, column: number) => scores[row * width + column] ?? 0
  const plan: WeightPair[] = []
  let [row, column] = [0, 0]
  while (row < from.length && column < to.length) {
    const best = score(row, column)
    if (best === score(row + 1, column)) row += 1
    else if (best === score(row, column + 1)) column += 1
    else {
      plan.push({ source: from[row]?.id ?? '', target: to[column]?.id ?? '' })
      row += 1
      column += 1
    }
  }
  return plan
}

interface WeightedNode {
  readonly id: string
  /** Equal for nodes whose tensors have the same names and shapes. */
  readonly tensors: string
}

/**
 * At row r and column c the score of the best common sequence of what follows: its length first, then
 * how many of its pairs have equal ids.
 */
function commonScores(from: readonly WeightedNode[], to: readonly WeightedNode[]): Float64Array {
  const width = to.length + 1
  const pairScore = Math.min(from.length, to.length) + 1
  const scores = new Float64Array((from.length + 1) * width)
  for (let row = from.length - 1; row >= 0; row--) {
    for (let column = to.length - 1; column >= 0; column--) {
      const place = row * width + column
      const without = Math.max(scores[place + width] ?? 0, scores[place + 1] ?? 0)
      const gain = matchScore(from[row], to[column], pairScore)
      scores[place] = Math.max(without, gain === 0 ? 0 : (scores[place + width + 1] ?? 0) + gain)
    }
  }
  return scores
}

function matchScore(
  one: WeightedNode | undefined,
  two: WeightedNode | undefined,
  pairScore: number,
): number {
  if (one === undefined || two === undefined || one.tensors !== two.tensors) return 0
  return pairScore + (one.id === two.id ? 1 : 0)
}

function weightedNodes(graph: NetworkGraph): readonly WeightedNode[] {
  const shapes = inferShapes(graph)
  return graph.nodes.flatMap((node) => {
    const tensors = describeTensors(node, shapes)
    return tensors === null ? [] : [{ id: node.id, tensors }]
  })
}

/** What a node keeps between two batches, as a text; null where it keeps nothing. */
function describeTensors(node: GraphNode, shapes: ReadonlyMap<string, Shape>): string | null {
  const { op } = node
  const features = featureCount(shapes.get(node.inputs[0] ?? '') ?? [])
  switch (op.kind) {
    case 'conv2d': {
      // Groups too: sixteen filters of one channel are other weights than a filter for each of sixteen.
      const sizes = [op.channels, features, op.groups, ...op.kernel]
      return `conv2d ${sizes.join(' ')} ${op.bias}`
    }
    case 'linear':
      return `linear ${op.features} ${features} ${op.bias}`
    case 'batch-norm':
      return `batch-norm ${features} ${op.affine}`
    case 'embedding':
      return `embedding ${op.vocabulary} ${op.features}`
    case 'positional-embedding':
      return `positional-embedding ${op.length} ${features}`
    case 'layer-norm':
      return `layer-norm ${features}`
    case 'recurrent':
      return describeInner('recurrent', [op.cell])
    case 'choice':
      return describeInner('choice', op.candidates)
    default:
      return null
  }
}

/** Networks within a node are taken over whole, so all their nodes must have one name and shape. */
function describeInner(kind: string, graphs: readonly NetworkGraph[]): string | null {
  const inner = graphs.map(weightedNodes)
  return inner.every((nodes) => nodes.length === 0) ? null : `${kind} ${JSON.stringify(inner)}`
}
