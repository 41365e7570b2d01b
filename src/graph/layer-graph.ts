/**
 * Networks as graphs of layers: what compares networks by their structure looks at. Norms,
 * activations and whatever has no kernel of its own are left out, sums and concatenations are layers
 * that read several others.
 */
import type { GraphNode, NetworkGraph, Operation } from './graph.ts'

export const layerKinds = [
  'input',
  'conv',
  /** A convolution of each channel alone, and a separable one as a whole. */
  'separable',
  'max-pool',
  'avg-pool',
  'linear',
  'other',
  'output',
] as const
export type LayerKind = (typeof layerKinds)[number]

export interface Layer {
  readonly kind: LayerKind
  /** Tells layers apart that do different things. */
  readonly label: string
  /** Width of the window in pixels; 0 where there is none. */
  readonly kernel: number
  /** Channels or features that it hands on; 0 for the output. */
  readonly channels: number
  /** Positions of earlier layers, each once, ascending. */
  readonly inputs: readonly number[]
}

/** Inputs first, each layer after its inputs, the one output last. */
export type LayerGraph = readonly Layer[]

/**
 * Channels that the layers of a cell are said to have: a cell stands in stages of different widths,
 * and only how its layers compare matters.
 */
export const cellChannels = 16

/** Collects the layers of a cell; what has nothing to read is not there. */
export function cellLayers(inputs: readonly string[]) {
  const layers: Layer[] = inputs.map((label) => ({
    kind: 'input',
    label,
    kernel: 0,
    channels: cellChannels,
    inputs: [],
  }))
  const add = (
    layer: Pick<Layer, 'kind' | 'label' | 'kernel'>,
    producers: readonly number[],
  ): readonly number[] => {
    if (producers.length === 0) return []
    return [layers.push({ ...layer, channels: cellChannels, inputs: union(producers) }) - 1]
  }
  return {
    add,
    /** The graph, with the layers whose outputs the cell hands on. */
    finish(producers: readonly number[]): LayerGraph {
      return [...layers, outputLayer(producers)]
    },
  }
}

/** Positions each once, ascending. */
export function union(...producers: readonly (readonly number[])[]): readonly number[] {
  return [...new Set(producers.flat())].sort((one, other) => one - other)
}

/**
 * The layers of a whole network.
 *
 * @remarks
 * Labels hold the width, such as `conv3x3-16`. An activation other than relu is added to the label of
 * the layer that it follows. The layers of a recurrent cell stand in the graph once. Weights that a
 * `choice` would share are not known here: the graph has no choices.
 */
export function networkLayers(graph: NetworkGraph): LayerGraph {
  const layers: Layer[] = []
  const producers = addLayers(graph, layers, (index) => {
    const input = graph.inputs[index]
    const channels = input?.shape[0] ?? 1
    const layer = { kind: 'input', label: 'input', kernel: 0, channels, inputs: [] } as const
    return [layers.push(layer) - 1]
  })
  return [...layers, outputLayer(union(...producers))]
}

/** Adds a graph's layers; hands back which of them make each output. */
function addLayers(
  graph: NetworkGraph,
  layers: Layer[],
  inputOf: (index: number) => readonly number[],
): readonly (readonly number[])[] {
  const producers = new Map<string, readonly number[]>()
  for (const [index, { id }] of graph.inputs.entries()) producers.set(id, inputOf(index))
  for (const node of graph.nodes) {
    const read = node.inputs.map((id) => producers.get(id) ?? [])
    producers.set(node.id, addNode(node, layers, read))
  }
  return graph.outputs.map((id) => producers.get(id) ?? [])
}

function addNode(
  { op }: GraphNode,
  layers: Layer[],
  read: readonly (readonly number[])[],
): readonly number[] {
  const inputs = union(...read)
  if (op.kind === 'zero') return []
  if (op.kind === 'activation') return activated(op.function, layers, inputs)
  if (op.kind === 'recurrent') {
    // Its states start at zero: nothing makes them.
    const [first = []] = addLayers(op.cell, layers, (index) => (index === 0 ? inputs : []))
    return first
  }
  const layer = layerOf(op, layers, inputs)
  return layer === null ? inputs : [layers.push(layer) - 1]
}

/** Null for what is left out. */
function layerOf(op: Operation, layers: readonly Layer[], inputs: readonly number[]): Layer | null {
  const channelsIn = inputs.reduce((sum, input) => sum + (layers[input]?.channels ?? 0), 0)
  switch (op.kind) {
    case 'conv2d': {
      const [height, width] = op.kernel
      const kind = op.groups > 1 && op.groups === op.channels ? 'separable' : 'conv'
      const window = `${height}x${width}${op.dilation[0] > 1 ? `d${op.dilation[0]}` : ''}`
      const name = kind === 'separable' ? 'depthwise' : 'conv'
      const kernel = Math.max(height, width)
      const label = `${name}${window}-${op.channels}`
      return { kind, label, kernel, channels: op.channels, inputs }
    }
    case 'pool2d': {
      const kernel = Math.max(...op.kernel)
      const label = `${op.mode}pool${op.kernel.join('x')}`
      return { kind: `${op.mode}-pool`, label, kernel, channels: channelsIn, inputs }
    }
    case 'linear':
      return { ...plain('linear', `linear-${op.features}`, inputs), channels: op.features }
    case 'embedding':
      return { ...plain('other', `embedding-${op.features}`, inputs), channels: op.features }
    case 'attention':
      return { ...plain('other', `attention-${op.heads}`, inputs), channels: channelsIn }
    default:
      return null
  }
}

function plain(kind: LayerKind, label: string, inputs: readonly number[]) {
  return { kind, label, kernel: 0, inputs }
}

function activated(name: string, layers: Layer[], inputs: readonly number[]): readonly number[] {
  for (const input of inputs) {
    const layer = layers[input]
    if (layer && name !== 'relu' && layer.kind !== 'input') {
      layers[input] = { ...layer, label: `${layer.label} ${name}` }
    }
  }
  return inputs
}

function outputLayer(inputs: readonly number[]): Layer {
  return { ...plain('output', 'output', union(inputs)), channels: 0 }
}
