/**
 * Shape inference: one rule an operation, PyTorch's formulas in floor mode.
 *
 * @see PyTorch documentation of `torch.nn.Conv2d` and `torch.nn.MaxPool2d`, section "Shape".
 */
import { ArchloomError, type ErrorCode, unreachable } from '#src/errors.ts'
import type { GraphNode, NetworkGraph, Operation, OperationKind, Shape } from './graph.ts'
import {
  attentionShape,
  embeddingShape,
  layerNormShape,
  positionalShape,
  recurrentShape,
} from './sequence-shape.ts'
import {
  elementCount,
  featureAxis,
  featureCount,
  invalid,
  maximumElements,
  mismatch,
  oversized,
  type Problem,
  show,
} from './shape-problem.ts'

type Op<K extends OperationKind> = Extract<Operation, { kind: K }>

/**
 * Shape of a node's output.
 *
 * @param inputs - shapes of its inputs, in order, without the batch axis
 * @param place - how an error names the node, such as `nodes[3] "stem.conv"`
 * @throws graph/shape when the operation cannot take these inputs
 * @throws graph/invalid when its settings contradict each other, whatever the input
 */
export function inferShape(op: Operation, inputs: readonly Shape[], place: string): Shape {
  const shape = arityProblem(op, inputs) ?? applyRule(op, inputs, place)
  if ('code' in shape) throw graphError(shape.code, `${place} (${op.kind})`, shape.text)
  if (elementCount(shape) > maximumElements) {
    const text = `expected at most ${maximumElements} elements a sample, found the output ${show(shape)}; make it smaller`
    throw graphError('graph/shape', `${place} (${op.kind})`, text)
  }
  return shape
}

/**
 * Shapes of every input and node of a graph, by id.
 *
 * @param path - where the graph lies within a larger one; empty for a whole network
 * @throws graph/shape as `inferShape` does, and graph/invalid for a reference to no earlier node
 */
export function inferShapes(graph: NetworkGraph, path = ''): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>(graph.inputs.map(({ id, shape }) => [id, shape]))
  const tokens = tokenInputs(graph)
  for (const [index, node] of graph.nodes.entries()) {
    const place = `${path}nodes[${index}] "${node.id}"`
    const inputs = node.inputs.map((ref, position) => {
      const shape = shapes.get(ref)
      if (shape) return shape
      const text = `expected the id of a graph input or of an earlier node, found "${ref}"; order the nodes so that each comes after its inputs`
      throw graphError('graph/invalid', `${place}.inputs[${position}]`, text)
    })
    checkTokens(node, tokens, place)
    shapes.set(node.id, inferShape(node.op, inputs, place))
  }
  return shapes
}

/** Shapes of a valid graph's outputs, in order. */
export function outputShapes(graph: NetworkGraph, path = ''): Shape[] {
  const shapes = inferShapes(graph, path)
  const tokens = tokenInputs(graph)
  return graph.outputs.map((ref, index) => {
    const shape = shapes.get(ref)
    if (shape && !tokens.has(ref)) return shape
    if (shape) {
      const text = `expected floats, found the tokens "${ref}"; put an embedding before it`
      throw graphError('graph/invalid', `${path}outputs[${index}]`, text)
    }
    const text = `expected the id of a graph input or node, found "${ref}"`
    throw graphError('graph/invalid', `${path}outputs[${index}]`, text)
  })
}

/** An error about one place of a graph. */
export function graphError(code: ErrorCode, place: string, text: string): ArchloomError {
  return new ArchloomError(code, `Graph ${place}: ${text}`, { details: { place } })
}

/**
 * Ids of a graph's inputs that are tokens: whole numbers, no values to reckon with.
 */
export function tokenInputs(graph: NetworkGraph): ReadonlySet<string> {
  return new Set(graph.inputs.flatMap(({ id, dtype }) => (dtype === 'tokens' ? [id] : [])))
}

/**
 * An embedding takes tokens and nothing else does.
 *
 * @param tokens - `tokenInputs` of the node's graph
 * @throws graph/invalid naming the node
 */
export function checkTokens(
  node: Pick<GraphNode, 'op' | 'inputs'>,
  tokens: ReadonlySet<string>,
  place: string,
): void {
  const wanted = node.op.kind === 'embedding'
  const wrong = node.inputs.findIndex((ref) => tokens.has(ref) !== wanted)
  if (wrong < 0) return
  const text = wanted
    ? `expected tokens, found "${node.inputs[wrong]}", which is floats; give it a graph input of dtype tokens`
    : `expected floats, found the tokens "${node.inputs[wrong]}"; put an embedding before it`
  throw graphError('graph/invalid', `${place} (${node.op.kind})`, text)
}

function arityProblem(op: Operation, inputs: readonly Shape[]): Problem | undefined {
  const found = inputs.length
  switch (op.kind) {
    case 'choice':
      return found >= 1 ? undefined : invalid(`expected at least 1 input, found ${found}`)
    case 'blend':
    case 'attention':
      return found === 3 ? undefined : invalid(`expected 3 inputs, found ${found}`)
    case 'add':
    case 'multiply':
    case 'concat':
      if (found >= 2) return undefined
      return invalid(`expected at least 2 inputs, found ${found}; leave the node out for one input`)
    default:
      return found === 1 ? undefined : invalid(`expected 1 input, found ${found}`)
  }
}

function applyRule(op: Operation, inputs: readonly Shape[], place: string): Shape | Problem {
  const [input = [], ...others] = inputs
  switch (op.kind) {
    case 'conv2d':
      return image(input) ?? convShape(op, input)
    case 'linear':
      return linearShape(op, input)
    case 'pool2d':
      return image(input) ?? poolShape(op, input)
    case 'global-pool':
      return image(input) ?? input.slice(0, 1)
    case 'flatten':
      return [elementCount(input)]
    case 'add':
    case 'multiply':
    case 'blend':
      return oneShape(input, others)
    case 'concat':
      return concatShape(input, others)
    case 'zero':
      return image(input) ?? strided(input, op.stride)
    case 'channel-slice':
      return sliceShape(op, input)
    case 'channel-pad':
      return channelPadShape(op, input)
    case 'pad2d':
      return image(input) ?? padShape(op, input)
    case 'resize':
      return image(input) ?? [...input.slice(0, 1), ...op.size]
    case 'unpool2d':
      return image(input) ?? unpoolShape(op, input)
    case 'batch-norm':
      return batchNormShape(input)
    case 'embedding':
      return embeddingShape(op, input)
    case 'positional-embedding':
      return positionalShape(op, input)
    case 'layer-norm':
      return layerNormShape(input)
    case 'attention':
      return attentionShape(op, inputs)
    case 'recurrent':
      return recurrentShape(op, input, outputShapes(op.cell, `${place}.cell.`))
    case 'activation':
    case 'scale':
    case 'identity':
    case 'dropout':
    case 'drop-path':
      return input
    case 'choice':
      return choiceShape(op, inputs, place)
    default:
      return unreachable(op)
  }
}

function image(input: Shape): Problem | undefined {
  if (input.length === 3) return undefined
  return mismatch(`expected an input of [channels, height, width], found ${show(input)}`)
}

function convShape(op: Op<'conv2d'>, input: Shape): Shape | Problem {
  const [channels = 0] = input
  if (op.channels % op.groups !== 0) {
    return invalid(
      `expected channels to be a multiple of groups ${op.groups}, found ${op.channels} channels`,
    )
  }
  if (channels % op.groups !== 0) {
    return mismatch(
      `expected input channels to be a multiple of groups ${op.groups}, found ${show(input)}`,
    )
  }
  const weights = op.channels * (channels / op.groups) * op.kernel[0] * op.kernel[1]
  return oversized(weights) ?? windowed([op.channels], input, op)
}

function linearShape(op: Op<'linear'>, input: Shape): Shape | Problem {
  if (input.length > 2) {
    return mismatch(
      `expected an input of [features] or [length, features], found ${show(input)}; put a flatten or global-pool before it`,
    )
  }
  return oversized(op.features * featureCount(input)) ?? input.with(-1, op.features)
}

function batchNormShape(input: Shape): Shape | Problem {
  if (input.length !== 2) return input
  return mismatch(
    `expected [features] or [channels, height, width], found the sequence ${show(input)}; use a layer-norm`,
  )
}

function poolShape(op: Op<'pool2d'>, input: Shape): Shape | Problem {
  if (op.mode === 'max' && op.countPadding) {
    return invalid('expected countPadding false for mode max, found true')
  }
  const [high, wide] = op.kernel
  const [above, beside] = op.padding
  if (above > Math.floor(high / 2) || beside > Math.floor(wide / 2)) {
    return invalid(
      `expected padding of at most half the kernel ${show(op.kernel)}, found ${show(op.padding)}`,
    )
  }
  return windowed(input.slice(0, 1), input, { ...op, dilation: [1, 1] })
}

interface Window {
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
  readonly dilation: readonly [number, number]
}

/** `floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1` on either axis. */
function windowed(channels: Shape, input: Shape, window: Window): Shape | Problem {
  const sizes = ([0, 1] as const).map((axis) => {
    const reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1
    const padded = (input[axis + 1] ?? 0) + 2 * window.padding[axis]
    return Math.floor((padded - reach) / window.stride[axis]) + 1
  })
  if (sizes.every((size) => size >= 1)) return [...channels, ...sizes]
  return mismatch(
    `expected the kernel ${show(window.kernel)} with dilation ${show(window.dilation)} to fit into the input padded by ${show(window.padding)}, found ${show(input)}; use a smaller kernel, more padding or fewer strides before it`,
  )
}

function unpoolShape(op: Op<'unpool2d'>, input: Shape): Shape | Problem {
  const [channels = 0, ...size] = input
  const wanted = op.size.map((extent, axis) => Math.ceil(extent / (op.stride[axis] ?? 1)))
  if (show(wanted) === show(size)) return [channels, ...op.size]
  return mismatch(
    `expected height and width ${show(wanted)}, which unpooling by ${show(op.stride)} brings to ${show(op.size)}, found ${show(input)}`,
  )
}

function strided(input: Shape, stride: readonly [number, number]): Shape {
  const [channels = 0, height = 0, width = 0] = input
  return [channels, Math.ceil(height / stride[0]), Math.ceil(width / stride[1])]
}

function oneShape(first: Shape, others: readonly Shape[]): Shape | Problem {
  const index = others.findIndex((shape) => show(shape) !== show(first))
  if (index < 0) return first
  return mismatch(
    `expected inputs of one shape, found ${show(first)} at inputs[0] and ${show(others[index] ?? [])} at inputs[${index + 1}]; project, pad or resize one of them`,
  )
}

function concatShape(first: Shape, others: readonly Shape[]): Shape | Problem {
  const axis = featureAxis(first)
  const rest = show(first.toSpliced(axis, 1))
  const index = others.findIndex(
    (shape) => shape.length !== first.length || show(shape.toSpliced(axis, 1)) !== rest,
  )
  if (index >= 0) {
    return mismatch(
      `expected inputs that differ in channels only, found ${show(first)} at inputs[0] and ${show(others[index] ?? [])} at inputs[${index + 1}]; pool, pad or resize one of them`,
    )
  }
  const channels = [first, ...others].reduce((sum, shape) => sum + featureCount(shape), 0)
  return first.with(axis, channels)
}

function sliceShape(op: Op<'channel-slice'>, input: Shape): Shape | Problem {
  if (op.start >= op.end) {
    return invalid(`expected start below end, found start ${op.start} and end ${op.end}`)
  }
  if (op.end <= featureCount(input)) return input.with(featureAxis(input), op.end - op.start)
  return mismatch(`expected at least ${op.end} channels, found ${show(input)}`)
}

function channelPadShape(op: Op<'channel-pad'>, input: Shape): Shape | Problem {
  if (featureCount(input) <= op.channels) return input.with(featureAxis(input), op.channels)
  return mismatch(
    `expected at most ${op.channels} channels to pad to ${op.channels}, found ${show(input)}; use a channel-slice to drop channels`,
  )
}

function padShape(op: Op<'pad2d'>, input: Shape): Shape | Problem {
  const [channels = 0, height = 0, width = 0] = input
  const padded = [channels, height + op.top + op.bottom, width + op.left + op.right]
  // PyTorch cuts before it pads, and can cut no more than there is.
  const kept = [
    height + Math.min(op.top, 0) + Math.min(op.bottom, 0),
    width + Math.min(op.left, 0) + Math.min(op.right, 0),
  ]
  if (padded.every((size) => size >= 1) && kept.every((size) => size >= 0)) return padded
  return mismatch(`expected padding that leaves rows and columns, found the input ${show(input)}`)
}

/** Every candidate takes the node's inputs and gives one output, all of one shape. */
function choiceShape(op: Op<'choice'>, inputs: readonly Shape[], place: string): Shape | Problem {
  const shapes: Shape[] = []
  for (const [index, candidate] of op.candidates.entries()) {
    const where = `candidates[${index}]`
    const wanted = candidate.inputs.map(({ shape }) => show(shape)).join(', ')
    const given = inputs.map(show).join(', ')
    if (wanted !== given) {
      return mismatch(`expected ${where} to take the inputs ${given}, found it to take ${wanted}`)
    }
    if (candidate.inputs.some(({ dtype }) => dtype === 'tokens')) {
      return invalid(`expected ${where} to take floats, found tokens; embed them before`)
    }
    const outputs = outputShapes(candidate, `${place}.${where}.`)
    const [output] = outputs
    if (!output || outputs.length > 1) {
      return invalid(`expected ${where} to have 1 output, found ${outputs.length}`)
    }
    shapes.push(output)
  }
  const [first = [], ...others] = shapes
  const index = others.findIndex((shape) => show(shape) !== show(first))
  if (index < 0) return first
  return mismatch(
    `expected candidates of one output shape, found ${show(first)} from candidates[0] and ${show(others[index] ?? [])} from candidates[${index + 1}]`,
  )
}
