import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import {
  addAll,
  classifierHead,
  convNorm,
  convNormActivation,
  projection,
} from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import { type BlockChain, type BlockOperation, stagesOf } from './code.ts'
import type { MacroSettings } from './settings.ts'

/**
 * Stem, the stages' blocks one after the other, 1x1 convolution, global pool, linear.
 *
 * @throws space/invalid-settings when the task's samples are no images
 * @see xiusu/NAS-Bench-Macro `train/model.py`; its padding makes odd sizes round up.
 */
export function compileBlocks(
  blocks: BlockChain,
  settings: MacroSettings,
  task: Task,
): NetworkGraph {
  const { channels: colors, height, width, classCount } = imageTask('nas-bench-macro', task)
  const builder = graphBuilder()
  const image = builder.input('image', [colors, height, width])
  let wire = convNormActivation(builder, 'stem', image, { channels: settings.channels })
  for (const [stage, operations] of stagesOf(blocks, settings.blocksPerStage).entries()) {
    const channels = settings.channels * 2 ** (stage + 1)
    for (const [index, operation] of operations.entries()) {
      const stride = index === 0 ? 2 : 1
      const id = `stage${stage + 1}.block${index + 1}`
      wire = addBlock(builder, id, wire, { operation, channels, stride })
    }
  }
  const last = convNormActivation(builder, 'last', wire, {
    channels: settings.headChannels,
    kernel: 1,
  })
  return builder.finish([classifierHead(builder, 'head', last, { classCount })])
}

interface Block {
  readonly operation: BlockOperation
  readonly channels: number
  readonly stride: number
}

function addBlock(builder: GraphBuilder, id: string, input: string, block: Block): string {
  const { channels, stride } = block
  switch (block.operation) {
    case 'identity':
      return stride === 1 ? input : projection(builder, id, input, { channels, stride })
    case 'mb3-k3':
      return addInvertedResidual(builder, id, input, { ...block, expansion: 3, kernel: 3 })
    case 'mb6-k5':
      return addInvertedResidual(builder, id, input, { ...block, expansion: 6, kernel: 5 })
  }
}

interface InvertedResidual extends Block {
  /** Channels inside the block over channels that come in. */
  readonly expansion: number
  readonly kernel: number
}

/** @see Sandler et al. 2018, "MobileNetV2", section 3.3; with relu, as the benchmark's code has it. */
function addInvertedResidual(
  builder: GraphBuilder,
  id: string,
  input: string,
  { channels, stride, expansion, kernel }: InvertedResidual,
): string {
  const [inputChannels = 1] = builder.shape(input)
  const inner = inputChannels * expansion
  const wide = convNormActivation(builder, `${id}.expand`, input, { channels: inner, kernel: 1 })
  const mixed = convNormActivation(builder, `${id}.depthwise`, wide, {
    channels: inner,
    groups: inner,
    kernel,
    stride,
  })
  const narrow = convNorm(builder, `${id}.project`, mixed, { channels, kernel: 1 })
  return stride === 1 ? addAll(builder, `${id}.sum`, [narrow, input]) : narrow
}
