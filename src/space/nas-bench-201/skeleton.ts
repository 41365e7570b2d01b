import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import {
  activationConvNorm,
  addAll,
  classifierHead,
  convNorm,
  normActivation,
} from '#src/graph/compose.ts'
import type { NetworkGraph, Shape } from '#src/graph/graph.ts'
import { conv2d, pool2d, zero } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import {
  type Cell,
  type CellOperation,
  cellOperations,
  edgeIndex,
  incoming,
  innerNodes,
  reaches,
} from './cell.ts'

/**
 * The network around the cell; the defaults are the published ones.
 * @see Dong and Yang 2020, "NAS-Bench-201", section 2.1.
 */
export const SkeletonSettings = z.strictObject({
  /** Cells in each of the three stages. */
  cellsPerStage: z.int().min(1).max(100).default(5),
  /** Channels of the first stage; the later ones have two and four times as many. */
  channels: z.int().min(1).max(4096).default(16),
})
export type SkeletonSettings = z.infer<typeof SkeletonSettings>

/**
 * Stem, three stages of cells, a residual block of stride 2 before the second and the third, head.
 *
 * @remarks
 * Edges that nothing flows through are left out, with their parameters; `officialCounts` says what
 * the benchmark counts for them. A convolution of zeros followed by a norm gives the norm's shift,
 * not zero, so the official network can still learn a constant where this one has none. The space's
 * own isomorphism key treats such a term as nothing, too.
 *
 * @throws space/invalid-settings unless height and width divide by 4
 * @see Dong and Yang 2020, section 2.1; AutoDL-Projects `tiny_network.py`, `cell_operations.py`.
 */
export function compileCell(cell: Cell, settings: SkeletonSettings, task: Task): NetworkGraph {
  return compileSkeleton('nas-bench-201', settings, task, (builder, id, input) =>
    addCell(builder, id, input, cell),
  )
}

/**
 * The network with a choice of all operations at every edge. Edge k of every cell has gate row k.
 * @throws space/invalid-settings as `compileCell` does
 */
export function compileSupernet(settings: SkeletonSettings, task: Task): NetworkGraph {
  return compileSkeleton('nas-bench-201', settings, task, addWholeCell)
}

/** Adds a cell and hands back its output. */
export type AddCell = (builder: GraphBuilder, id: string, input: string) => string

/**
 * The network around any cell that keeps its input's shape.
 *
 * @param space - named in errors
 * @throws space/invalid-settings unless height and width divide by 4
 */
export function compileSkeleton(
  space: string,
  settings: SkeletonSettings,
  task: Task,
  addCell: AddCell,
): NetworkGraph {
  const { channels: inputChannels, height, width, classCount } = imageTask(space, task)
  if (height % 4 !== 0 || width % 4 !== 0) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The space ${space} halves its images twice, so height and width must divide by 4, but the task has [${inputChannels}, ${height}, ${width}]; pad or resize the images`,
      { details: { space, place: 'inputShape', found: task.inputShape } },
    )
  }
  const builder = graphBuilder()
  const input = builder.input('image', [inputChannels, height, width])
  let wire = convNorm(builder, 'stem', input, { channels: settings.channels })
  for (let stage = 0; stage < 3; stage++) {
    const channels = settings.channels * 2 ** stage
    if (stage > 0) wire = addResidualBlock(builder, `stage${stage}.reduction`, wire, channels)
    for (let index = 0; index < settings.cellsPerStage; index++) {
      wire = addCell(builder, `stage${stage}.cell${index}`, wire)
    }
  }
  const last = normActivation(builder, 'last', wire)
  return builder.finish([classifierHead(builder, 'head', last, { classCount })])
}

function addResidualBlock(
  builder: GraphBuilder,
  id: string,
  input: string,
  channels: number,
): string {
  const first = activationConvNorm(builder, `${id}.main0`, input, { channels, stride: 2 })
  const second = activationConvNorm(builder, `${id}.main1`, first, { channels })
  const halved = pool2d({ mode: 'avg', kernel: 2, stride: 2, padding: 0 })
  const pooled = builder.add(`${id}.shortcut.pool`, halved, [input])
  const shortcut = builder.add(`${id}.shortcut.conv`, conv2d({ channels, kernel: 1 }), [pooled])
  return addAll(builder, `${id}.sum`, [second, shortcut])
}

function addCell(builder: GraphBuilder, id: string, input: string, cell: Cell): string {
  /** What each node hands on; null where nothing of the input arrives. */
  const wires: (string | null)[] = [input]
  for (const node of innerNodes) {
    const terms = reaches(cell, node)
      ? incoming(cell, node).map((operation, source) =>
          addEdge(builder, `${id}.edge${source}_${node}`, wires[source] ?? null, operation),
        )
      : []
    const live = terms.filter((term) => term !== null)
    wires.push(live.length === 0 ? null : addAll(builder, `${id}.node${node}`, live))
  }
  return wires.at(-1) ?? builder.add(`${id}.zero`, zero(), [input])
}

function addWholeCell(builder: GraphBuilder, id: string, input: string): string {
  const candidates = cellOperations.map((operation) => candidateOf(builder.shape(input), operation))
  const wires = [input]
  for (const node of innerNodes) {
    const terms = wires.map((wire, source) => {
      const gate = edgeIndex(node, source)
      const edge = { kind: 'choice', gate, candidates } as const
      return builder.add(`${id}.edge${source}_${node}`, edge, [wire])
    })
    wires.push(addAll(builder, `${id}.node${node}`, terms))
  }
  return wires.at(-1) ?? input
}

function candidateOf(shape: Shape, operation: CellOperation): NetworkGraph {
  const builder = graphBuilder()
  const input = builder.input('x', shape)
  const output = addEdge(builder, operation, input, operation)
  return builder.finish([output ?? builder.add(operation, zero(), [input])])
}

function addEdge(
  builder: GraphBuilder,
  id: string,
  source: string | null,
  operation: CellOperation,
): string | null {
  if (source === null || operation === 'none') return null
  const [channels = 1] = builder.shape(source)
  switch (operation) {
    case 'skip_connect':
      return source
    case 'nor_conv_1x1':
      return activationConvNorm(builder, id, source, { channels, kernel: 1 })
    case 'nor_conv_3x3':
      return activationConvNorm(builder, id, source, { channels })
    case 'avg_pool_3x3':
      return builder.add(id, pool2d({ mode: 'avg' }), [source])
  }
}
