import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import { addAll, classifierHead, concatAll, convNormActivation } from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { pool2d } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import { type Cell, hasEdge, vertexCount, vertexLimits } from './cell.ts'
import { sourceList } from './text.ts'

/**
 * The network around the cell; the defaults are the published ones.
 * @see Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search", section 2.1.
 */
export const networkSettings = {
  /** Of the stem and the first stack; each later stack has twice as many. One a vertex at least. */
  channels: z
    .int()
    .min(vertexLimits.max - 2)
    .max(4096)
    .default(128),
  stacks: z.int().min(1).max(8).default(3),
  cellsPerStack: z.int().min(1).max(100).default(3),
}
const NetworkSettings = z.strictObject(networkSettings)
export type NetworkSettings = z.infer<typeof NetworkSettings>

/** TensorFlow's decay of 0.997 is a weight of 0.003 in PyTorch's sense. */
const norm = { momentum: 0.003, epsilon: 1e-5 } as const

/**
 * Channels at each vertex of a cell.
 *
 * @remarks
 * Vertices with an edge to the output share its channels, the earlier ones taking what is left over;
 * each other one has as many as the widest vertex that it leads to, the output apart.
 *
 * @param cell - pruned
 * @see google-research/nasbench `model_builder.py`, `compute_vertex_channels`.
 */
export function vertexChannels(cell: Cell, input: number, output: number): readonly number[] {
  const last = vertexCount(cell) - 1
  const channels = [input, ...cell.operations.map(() => 0), output]
  const joined = sourceList(cell.adjacency, last).filter((vertex) => vertex > 0)
  for (const [index, vertex] of joined.entries()) {
    const leftOver = index < output % joined.length ? 1 : 0
    channels[vertex] = Math.floor(output / joined.length) + leftOver
  }
  for (let vertex = last - 2; vertex > 0; vertex--) {
    if (joined.includes(vertex)) continue
    const widths = channels.filter(
      (_, target) => target > vertex && target < last && hasEdge(cell.adjacency, vertex, target),
    )
    channels[vertex] = Math.max(...widths)
  }
  return channels
}

/**
 * Stem, stacks of cells with a max pool of stride 2 between them, head.
 *
 * @param cell - pruned
 * @param space - the name that errors give
 * @throws space/invalid-settings when the image is too small for the pools
 * @see Ying et al. 2019, section 2.1; google-research/nasbench `model_builder.py`, `base_ops.py`.
 */
export function compileCell(
  cell: Cell,
  settings: NetworkSettings,
  task: Task,
  space = 'nas-bench-101',
): NetworkGraph {
  const { channels: inputChannels, height, width, classCount } = imageTask(space, task)
  const smallest = 2 ** (settings.stacks - 1)
  if (Math.min(height, width) < smallest) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The space ${space} halves its images ${settings.stacks - 1} times, so height and width must be at least ${smallest}, but the task has [${inputChannels}, ${height}, ${width}]; take fewer stacks or larger images`,
      { details: { space, place: 'inputShape', found: task.inputShape } },
    )
  }
  const builder = graphBuilder()
  const input = builder.input('image', [inputChannels, height, width])
  let wire = convNormActivation(builder, 'stem', input, { channels: settings.channels, norm })
  for (let stack = 0; stack < settings.stacks; stack++) {
    const channels = settings.channels * 2 ** stack
    if (stack > 0) {
      const halved = pool2d({ mode: 'max', kernel: 2, stride: 2, padding: 0 })
      wire = builder.add(`stack${stack}.downsample`, halved, [wire])
    }
    for (let index = 0; index < settings.cellsPerStack; index++) {
      wire = addCell({ builder, id: `stack${stack}.cell${index}`, cell }, wire, channels)
    }
  }
  return builder.finish([classifierHead(builder, 'head', wire, { classCount })])
}

interface Place {
  readonly builder: GraphBuilder
  readonly id: string
  readonly cell: Cell
}

function addCell(place: Place, input: string, output: number): string {
  const { builder, id, cell } = place
  const last = vertexCount(cell) - 1
  const channels = vertexChannels(cell, builder.shape(input)[0] ?? 0, output)
  const wires = [input]
  for (let vertex = 1; vertex < last; vertex++) {
    wires.push(addVertex(place, vertex, wires, channels[vertex] ?? 0))
  }
  const sources = sourceList(cell.adjacency, last)
  const joined = sources.filter((vertex) => vertex > 0).map((vertex) => wires[vertex] ?? input)
  const terms = joined.length > 0 ? [concatAll(builder, `${id}.output.concat`, joined)] : []
  if (sources.includes(0)) terms.push(project(place, 'output', input, output))
  return addAll(builder, `${id}.output.sum`, terms)
}

function addVertex(
  place: Place,
  vertex: number,
  wires: readonly string[],
  channels: number,
): string {
  const { builder, id, cell } = place
  const name = `${id}.vertex${vertex}`
  const terms = sourceList(cell.adjacency, vertex).map((source) => {
    const wire = wires[source] ?? ''
    if (source === 0) return project(place, `vertex${vertex}`, wire, channels)
    // A vertex before another is as wide or one channel wider.
    if (builder.shape(wire)[0] === channels) return wire
    const slice = { kind: 'channel-slice', start: 0, end: channels } as const
    return builder.add(`${name}.slice${source}`, slice, [wire])
  })
  const sum = addAll(builder, `${name}.sum`, terms)
  switch (cell.operations[vertex - 1]) {
    case 'conv1x1':
      return convNormActivation(builder, `${name}.conv1x1`, sum, { channels, kernel: 1, norm })
    case 'conv3x3':
      return convNormActivation(builder, `${name}.conv3x3`, sum, { channels, norm })
    default:
      return builder.add(`${name}.maxpool3x3`, pool2d({ mode: 'max' }), [sum])
  }
}

/** What an edge from the cell's input does, whether or not the widths agree. */
function project({ builder, id }: Place, vertex: string, input: string, channels: number): string {
  return convNormActivation(builder, `${id}.${vertex}.project`, input, {
    channels,
    kernel: 1,
    norm,
  })
}
