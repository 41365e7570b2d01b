import { ArchloomError } from '#src/errors.ts'
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import {
  addAll,
  classifierHead,
  concatAll,
  convNorm,
  convNormActivation,
  factorizedReduction,
  projection,
} from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { activation, conv2d, flatten, linear, pool2d } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import {
  type Block,
  type Cell,
  type CellKind,
  type CellPair,
  type CellRules,
  outputStates,
  type Side,
  sideNames,
  stateOf,
} from './cell.ts'
import { addOperation } from './operations.ts'
import { type Before, hasSizeOf, type Skeleton } from './skeleton.ts'

/** The network around a pair of cells. */
export interface CellNetwork {
  readonly rules: CellRules
  readonly skeleton: Skeleton
  /** Which of a cell's inputs is state 0: the previous cell's output, or that of the one before it. */
  readonly firstState: 'current' | 'previous'
  /** Channels of the first stage. */
  readonly channels: number
  /** Normal cells of each stage. */
  readonly stages: readonly number[]
  readonly stem: 'small' | 'imagenet'
  readonly stemMultiplier: number
  /** Whether the first cell projects the stem as its earlier input; null: for small images alone. */
  readonly projectsStem: boolean | null
  /** Whether the cell after a reduction reads past it, to the output that the reduction read as its earlier one. */
  readonly skipsReduction: boolean
  readonly auxiliary: boolean
  readonly dropPathRate: number
  readonly dropoutRate: number
}

/** A cell to be built. */
interface Planned {
  readonly id: string
  readonly kind: CellKind
  readonly channels: number
  /** Position among all cells. */
  readonly index: number
  readonly cellCount: number
}

/**
 * Refuses settings that no network can have.
 * @throws space/invalid-settings naming the setting
 */
export function checkNetwork(network: CellNetwork): CellNetwork {
  const { rules, skeleton, channels, stages, stem } = network
  const refuse = (place: string, problem: string): never => {
    throw new ArchloomError('space/invalid-settings', `The ${rules.space} space's ${problem}`, {
      details: { space: rules.space, place },
    })
  }
  // A factorized reduction halves the channels of the narrowest cell.
  const channelsMin = 2 * 2 ** skeleton.stemCells(stem)
  if (channels < channelsMin) {
    refuse('channels', `channels must be at least ${channelsMin} with this stem, not ${channels}`)
  }
  if (stages.length === 1 && stages[0] === 0 && skeleton.stemCells(stem) === 0) {
    refuse('cellsPerStage', 'network has no cells; give its one stage at least one')
  }
  if (network.auxiliary && stages.length < 3) {
    refuse(
      'auxiliary',
      `auxiliary head belongs at the second reduction, but ${stages.length} stages have ${stages.length - 1}`,
    )
  }
  return network
}

/**
 * Stem, stages of normal cells with a reduction cell between each two, head; the auxiliary head's
 * scores are the second output where it is asked for.
 *
 * @throws space/invalid-settings when the task's samples are no images, or too small
 */
export function compileCells(pair: CellPair, network: CellNetwork, task: Task): NetworkGraph {
  const { rules, skeleton, stem, channels, stemMultiplier: multiplier } = network
  const { channels: inputChannels, height, width, classCount } = imageTask(rules.space, task)
  const least = skeleton.stemSizeMin(stem)
  if (Math.min(height, width) < least) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The space ${rules.space} with this stem needs images of at least ${least} by ${least} pixels, but the task has [${task.inputShape.join(', ')}]`,
      { details: { space: rules.space, place: 'inputShape', found: task.inputShape } },
    )
  }
  const builder = graphBuilder()
  const image = builder.input('image', [inputChannels, height, width])
  const isProjected = network.projectsStem ?? stem === 'small'
  const start = skeleton.stem(builder, image, { kind: stem, channels, multiplier, isProjected })
  const { last, auxiliary } = addStages(builder, pair, network, start)
  const wire = skeleton.lastActivation ? builder.add('last.relu', activation('relu'), [last]) : last
  const { dropoutRate } = network
  const outputs = [classifierHead(builder, 'head', wire, { classCount, dropoutRate })]
  if (network.auxiliary) {
    outputs.push(addAuxiliaryHead(builder, auxiliary ?? last, { network, classCount }))
  }
  return builder.finish(outputs)
}

function addStages(
  builder: GraphBuilder,
  pair: CellPair,
  network: CellNetwork,
  start: Before,
): { readonly last: string; readonly auxiliary: string | null } {
  const { skeleton, skipsReduction } = network
  let before = start
  let auxiliary: string | null = null
  for (const planned of plan(network)) {
    const isSecond = planned.id === 'stage2.reduction'
    if (isSecond && skeleton.auxiliaryPlace === 'before') auxiliary = before.current
    const output = addCell(builder, pair[planned.kind], { ...planned, before, network })
    if (isSecond && skeleton.auxiliaryPlace === 'after') auxiliary = output
    const isReduced = planned.kind === 'reduction'
    const isSkipped = isReduced && skipsReduction && planned.id.startsWith('stage')
    const previous = isSkipped ? before.previous : before.current
    before = { previous, current: output, isReduced }
  }
  return { last: before.current, auxiliary }
}

function plan({ skeleton, stem, stages, channels }: CellNetwork): readonly Planned[] {
  const stemCells = skeleton.stemCells(stem)
  const cells = [
    ...Array.from({ length: stemCells }, (_, index) => ({
      id: `stem.cell${index}`,
      kind: 'reduction' as const,
      channels: Math.floor(channels / 2 ** (stemCells - index)),
    })),
    ...stages.flatMap((count, stage) => {
      const width = channels * 2 ** stage
      return [
        ...(stage === 0
          ? []
          : [{ id: `stage${stage}.reduction`, kind: 'reduction' as const, channels: width }]),
        ...Array.from({ length: count }, (_, index) => ({
          id: `stage${stage}.cell${index}`,
          kind: 'normal' as const,
          channels: width,
        })),
      ]
    }),
  ]
  return cells.map((cell, index) => ({ ...cell, index, cellCount: cells.length }))
}

type CellPlace = Planned & { readonly before: Before; readonly network: CellNetwork }

function addCell(builder: GraphBuilder, cell: Cell, place: CellPlace): string {
  const { id, before, channels, network } = place
  const { previous, current } = network.skeleton.inputs(builder, id, before, channels)
  const states = network.firstState === 'current' ? [current, previous] : [previous, current]
  for (const [index, block] of cell.blocks.entries()) {
    states.push(addBlock(builder, block, { ...place, id: `${id}.block${index}` }, states))
  }
  const like = states.at(-1) ?? current
  const outputs = outputStates(cell, network.rules.output).map((state) =>
    addOutput(builder, `${id}.output${state}`, states[state] ?? current, like),
  )
  return concatAll(builder, `${id}.output`, outputs)
}

function addBlock(
  builder: GraphBuilder,
  block: Block,
  place: CellPlace,
  states: readonly string[],
): string {
  const sides = sideNames.map((name) =>
    addSide(builder, block[name], { ...place, id: `${place.id}.${name}` }, states),
  )
  return block.combine === 'add'
    ? addAll(builder, `${place.id}.add`, sides)
    : concatAll(builder, `${place.id}.concat`, sides)
}

/** A tensor that is handed on, brought to the size and the channels of the last block. */
function addOutput(builder: GraphBuilder, id: string, state: string, like: string): string {
  const [channels = 1] = builder.shape(like)
  if (!hasSizeOf(builder, state, like)) {
    return factorizedReduction(builder, id, state, { channels, activated: false })
  }
  return builder.shape(state)[0] === channels ? state : projection(builder, id, state, { channels })
}

/** Stride belongs to the cell's inputs, states 0 and 1, of a reduction cell. */
function addSide(
  builder: GraphBuilder,
  { operation, input }: Side,
  { id, kind, channels, index, cellCount, network }: CellPlace,
  states: readonly string[],
): string {
  const { skeleton, dropPathRate } = network
  const stride = kind === 'reduction' && input < stateOf(0) ? 2 : 1
  const { stridedSkip, bottleneck, dropsStridedSkips } = skeleton
  const settings = { operation, channels, stride, stridedSkip, bottleneck } as const
  const wire = addOperation(builder, id, states[input] ?? '', settings)
  const isDropped = operation !== 'skip' || (stride === 2 && dropsStridedSkips)
  if (dropPathRate === 0 || !isDropped) return wire
  const rate = skeleton.dropPathRate(dropPathRate, index, cellCount)
  return builder.add(`${id}.path`, { kind: 'drop-path', rate }, [wire])
}

/** Pixels of an edge of the window that the auxiliary head averages. */
const auxiliaryWindow = 5

/**
 * Scores from halfway, whose loss helps the lower cells to learn.
 * @see `_build_aux_head` in the code of Zoph et al. 2018; the last convolution's window is the whole
 * image there, and of 2 by 2 pixels, which is the same on CIFAR-10, in that of DARTS.
 */
function addAuxiliaryHead(
  builder: GraphBuilder,
  input: string,
  { network, classCount }: { readonly network: CellNetwork; readonly classCount: number },
): string {
  const { rules, skeleton, stem } = network
  const [, height = 0, width = 0] = builder.shape(input)
  if (Math.min(height, width) < auxiliaryWindow) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The space ${rules.space} needs ${auxiliaryWindow} by ${auxiliaryWindow} pixels or more for its auxiliary head, but the task's images have shrunk to ${height} by ${width} there; take larger images or leave the auxiliary head out`,
      { details: { space: rules.space, place: 'auxiliary', found: [height, width] } },
    )
  }
  const { stride, isNormed } = skeleton.auxiliary(stem)
  const id = 'auxiliary'
  const relu = builder.add(`${id}.relu`, activation('relu'), [input])
  const window = pool2d({ mode: 'avg', kernel: auxiliaryWindow, stride, padding: 0 })
  const pooled = builder.add(`${id}.pool`, window, [relu])
  const narrow = convNormActivation(builder, `${id}.narrow`, pooled, { channels: 128, kernel: 1 })
  const [, high = 1, wide = 1] = builder.shape(narrow)
  const whole = { channels: 768, kernel: [high, wide], padding: 0 } as const
  const wired = isNormed
    ? convNorm(builder, `${id}.whole`, narrow, whole)
    : builder.add(`${id}.whole.conv`, conv2d(whole), [narrow])
  const active = builder.add(`${id}.whole.relu`, activation('relu'), [wired])
  const flat = builder.add(`${id}.flatten`, flatten, [active])
  return builder.add(`${id}.linear`, linear(classCount), [flat])
}
