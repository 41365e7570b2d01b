import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import { classifierHead, convNormActivation } from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { activation, batchNorm, conv2d, pool2d } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import type { ConvolutionLayer, Layer, PoolLayer } from './layer.ts'

/**
 * The layers one after the other, then global average pool and linear.
 *
 * @remarks
 * A convolution is convolution, norm, activation; a separable one is depthwise, pointwise, norm,
 * activation. Convolutions pad to keep sizes (up to their stride, rounding up). A pool's window is
 * also its stride; what does not fill a window is cut off. A window is clipped to the image that
 * reaches it, so that every chain fits every image: a pool on one pixel does nothing.
 *
 * @throws space/invalid-settings when the task's samples are no images
 */
export function compileChain(layers: readonly Layer[], task: Task): NetworkGraph {
  const { channels, height, width, classCount } = imageTask('chain', task)
  const builder = graphBuilder()
  let wire = builder.input('image', [channels, height, width])
  for (const [position, layer] of layers.entries()) {
    wire = addLayer(builder, `layer${position + 1}`, wire, layer)
  }
  return builder.finish([classifierHead(builder, 'head', wire, { classCount })])
}

function addLayer(builder: GraphBuilder, id: string, input: string, layer: Layer): string {
  switch (layer.kind) {
    case 'conv':
      return convNormActivation(builder, id, input, layer)
    case 'separable':
      return addSeparable(builder, id, input, layer)
    case 'pool':
      return addPool(builder, id, input, layer)
  }
}

function addSeparable(
  builder: GraphBuilder,
  id: string,
  input: string,
  layer: ConvolutionLayer,
): string {
  const [groups = 1] = builder.shape(input)
  const { kernel, stride, channels } = layer
  const depthwise = conv2d({ channels: groups, groups, kernel, stride })
  const spread = builder.add(`${id}.depthwise`, depthwise, [input])
  const mixed = builder.add(`${id}.pointwise`, conv2d({ channels, kernel: 1 }), [spread])
  const normed = builder.add(`${id}.norm`, batchNorm(), [mixed])
  const name = `${id}.${layer.activation.replaceAll('-', '_')}`
  return builder.add(name, activation(layer.activation), [normed])
}

function addPool(builder: GraphBuilder, id: string, input: string, layer: PoolLayer): string {
  const [, height = 1, width = 1] = builder.shape(input)
  const window = [Math.min(layer.kernel, height), Math.min(layer.kernel, width)] as const
  if (window[0] === 1 && window[1] === 1) return input
  const pool = pool2d({ mode: layer.mode, kernel: window, stride: window, padding: 0 })
  return builder.add(`${id}.pool`, pool, [input])
}
