import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import {
  addAll,
  classifierHead,
  concatAll,
  convNormActivation,
  projection,
} from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { activation, batchNorm, conv2d, pool2d } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import { type ConvolutionOperation, readOperation } from './operation.ts'
import type { MultiBranchSettings } from './settings.ts'
import type { MultiBranch } from './text.ts'

type Join = MultiBranchSettings['join']

/**
 * The layers, wired as the architecture says, then global average pool and linear.
 *
 * @remarks
 * Several inputs of a layer are brought to the largest height and width among them by zeros around
 * them (below and right one more where it is odd). `concat` joins them along the channels. `add` sums
 * them, and first brings those with fewer channels than the widest to its channels by a 1x1
 * convolution and norm. Outputs that no layer reads are concatenated before the head, whatever the
 * join. Convolutions are convolution, norm, relu, and keep sizes up to their stride, rounding up.
 *
 * @throws space/invalid-settings when the task's samples are no images
 * @throws graph/shape when concatenation makes tensors too large
 * @see Zoph and Le 2017, "Neural Architecture Search with Reinforcement Learning", section 3.3
 */
export function compileMultiBranch(
  layers: MultiBranch,
  { join, stemChannels }: MultiBranchSettings,
  task: Task,
): NetworkGraph {
  const { channels, height, width, classCount } = imageTask('multi-branch', task)
  const builder = graphBuilder()
  const image = builder.input('image', [channels, height, width])
  const stem =
    stemChannels === null
      ? image
      : convNormActivation(builder, 'stem', image, { channels: stemChannels })
  const wires = [stem]
  for (const [index, { operation, inputs }] of layers.entries()) {
    const id = `layer${index + 1}`
    const terms = inputs.map((source) => wires[source] ?? stem)
    wires.push(addOperation(builder, id, joinAll(builder, `${id}.join`, terms, join), operation))
  }
  const loose = unreadLayers(layers).map((layer) => wires[layer] ?? stem)
  const last = joinAll(builder, 'head.join', loose, 'concat')
  return builder.finish([classifierHead(builder, 'head', last, { classCount })])
}

/** Numbers of the layers that no layer reads; the last one is always among them. */
export function unreadLayers(layers: MultiBranch): readonly number[] {
  const read = new Set(layers.flatMap(({ inputs }) => inputs))
  return layers.map((_, index) => index + 1).filter((layer) => !read.has(layer))
}

function addOperation(builder: GraphBuilder, id: string, input: string, text: string): string {
  const operation = readOperation(text)
  switch (operation?.kind) {
    case 'conv':
      return convNormActivation(builder, id, input, operation)
    case 'separable':
      return addSeparable(builder, id, input, operation)
    case 'pool':
      return builder.add(`${id}.pool`, pool2d(operation), [input])
    // The settings' schema has read every operation before.
    case undefined:
      return input
  }
}

function addSeparable(
  builder: GraphBuilder,
  id: string,
  input: string,
  { kernel, stride, channels }: ConvolutionOperation,
): string {
  const [groups = 1] = builder.shape(input)
  const depthwise = conv2d({ channels: groups, groups, kernel, stride })
  const spread = builder.add(`${id}.depthwise`, depthwise, [input])
  const mixed = builder.add(`${id}.pointwise`, conv2d({ channels, kernel: 1 }), [spread])
  const normed = builder.add(`${id}.norm`, batchNorm(), [mixed])
  return builder.add(`${id}.relu`, activation('relu'), [normed])
}

function joinAll(builder: GraphBuilder, id: string, terms: readonly string[], join: Join): string {
  const [only] = terms
  if (only !== undefined && terms.length === 1) return only
  const widest = largestOf(builder, terms, 0)
  const size = [largestOf(builder, terms, 1), largestOf(builder, terms, 2)] as const
  const fitted = terms.map((term, index) => {
    const isNarrow = join === 'add' && builder.shape(term)[0] !== widest
    const wide = isNarrow
      ? projection(builder, `${id}.project${index}`, term, { channels: widest })
      : term
    return padTo(builder, `${id}.pad${index}`, wide, size)
  })
  return join === 'add'
    ? addAll(builder, `${id}.sum`, fitted)
    : concatAll(builder, `${id}.concat`, fitted)
}

function largestOf(builder: GraphBuilder, terms: readonly string[], axis: number): number {
  return Math.max(...terms.map((term) => builder.shape(term)[axis] ?? 1))
}

/** Zeros around a smaller image. */
function padTo(
  builder: GraphBuilder,
  id: string,
  input: string,
  [height, width]: readonly [number, number],
): string {
  const [, high = 1, wide = 1] = builder.shape(input)
  const [rows, columns] = [height - high, width - wide]
  if (rows === 0 && columns === 0) return input
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)]
  const pad = { kind: 'pad2d', top, bottom: rows - top, left, right: columns - left } as const
  return builder.add(id, pad, [input])
}
