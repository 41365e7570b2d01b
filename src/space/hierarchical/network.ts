import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import { classifierHead, convNormActivation } from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { activation, batchNorm, concat, conv2d, pool2d } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import { type CellVertex, type FlatCell, flattenCell } from './flatten.ts'
import type { Genotype } from './genotype.ts'
import type { HierarchicalSettings } from './settings.ts'

const stageCount = 3

/**
 * Stem, three stages of cells with a separable convolution of stride 2 that doubles the channels
 * between them, global average pool, linear.
 *
 * @remarks
 * Convolutions are followed by norm and relu. Several edges into a node are concatenated and brought
 * back to the channels of the cell by a 1x1 convolution; one edge alone is handed on as it is.
 *
 * @throws space/invalid-settings when the task's samples are no images
 * @see Liu et al. 2018, "Hierarchical Representations for Efficient Architecture Search", section 2.3
 */
export function compileGenotype(
  genotype: Genotype,
  settings: HierarchicalSettings,
  task: Task,
): NetworkGraph {
  const { channels: colors, height, width, classCount } = imageTask('hierarchical', task)
  const cell = flattenCell(genotype, settings)
  const builder = graphBuilder()
  const image = builder.input('image', [colors, height, width])
  let wire = convNormActivation(builder, 'stem', image, { channels: settings.channels })
  for (let stage = 0; stage < stageCount; stage++) {
    const channels = settings.channels * 2 ** stage
    if (stage > 0) wire = addSeparable(builder, `reduction${stage}`, wire, { channels, stride: 2 })
    for (let index = 0; index < settings.cellsPerStage; index++) {
      wire = addCell(builder, `stage${stage}.cell${index}`, wire, cell)
    }
  }
  return builder.finish([classifierHead(builder, 'head', wire, { classCount })])
}

function addCell(builder: GraphBuilder, id: string, input: string, cell: FlatCell): string {
  const wires: string[] = []
  for (const { kind, inputs, path } of cell.vertices) {
    const terms = inputs.map((position) => wires[position] ?? input)
    wires.push(kind === 'input' ? input : addVertex(builder, `${id}.${path}`, terms, kind))
  }
  return wires[cell.output] ?? input
}

function addVertex(
  builder: GraphBuilder,
  id: string,
  inputs: readonly string[],
  kind: Exclude<CellVertex['kind'], 'input'>,
): string {
  const [input = ''] = inputs
  const [channels = 1] = builder.shape(input)
  switch (kind) {
    case 'merge': {
      const joined = builder.add(`${id}.concat`, concat, inputs)
      return convNormActivation(builder, id, joined, { channels, kernel: 1 })
    }
    case 'conv1':
      return convNormActivation(builder, id, input, { channels, kernel: 1 })
    case 'dw3':
      return convNormActivation(builder, id, input, { channels, groups: channels })
    case 'sep3':
      return addSeparable(builder, id, input, { channels, stride: 1 })
    case 'max3':
      return builder.add(`${id}.pool`, pool2d({ mode: 'max' }), [input])
    case 'avg3':
      return builder.add(`${id}.pool`, pool2d({ mode: 'avg' }), [input])
  }
}

/** Depthwise 3x3, pointwise, norm, relu. */
function addSeparable(
  builder: GraphBuilder,
  id: string,
  input: string,
  { channels, stride }: { readonly channels: number; readonly stride: number },
): string {
  const [groups = 1] = builder.shape(input)
  const depthwise = conv2d({ channels: groups, groups, stride })
  const spread = builder.add(`${id}.depthwise`, depthwise, [input])
  const mixed = builder.add(`${id}.pointwise`, conv2d({ channels, kernel: 1 }), [spread])
  const normed = builder.add(`${id}.norm`, batchNorm(), [mixed])
  return builder.add(`${id}.relu`, activation('relu'), [normed])
}
