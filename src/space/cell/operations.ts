/** Operations of cells: what they are called, what they look like, how the network has them. */
import type { GraphBuilder } from '#src/graph/builder.ts'
import {
  activationConvNorm,
  factorizedReduction,
  projection,
  separableConv,
} from '#src/graph/compose.ts'
import type { DrawingRole } from '#src/graph/drawing.ts'
import { activation, batchNorm, conv2d, pool2d } from '#src/graph/operations.ts'

export const cellOperations = [
  'skip',
  'avg3',
  'max3',
  'max5',
  'max7',
  'conv1',
  'conv3',
  'conv1x3',
  'conv1x7',
  'dilconv3',
  'sep3',
  'sep5',
  'sep7',
  'dil3',
  'dil5',
] as const
/** A name of an operation, as the text form has it; `docs/spaces/nasnet.md` has the table. */
export type CellOperation = (typeof cellOperations)[number]

type Window = readonly [number, number]

type OperationForm =
  | { readonly family: 'skip' }
  | { readonly family: 'pool'; readonly mode: 'avg' | 'max'; readonly kernel: number }
  | { readonly family: 'conv'; readonly windows: readonly Window[]; readonly dilation: number }
  | {
      readonly family: 'separable'
      readonly kernel: number
      readonly dilation: number
      readonly repeats: number
    }

const forms: Readonly<Record<CellOperation, OperationForm>> = {
  skip: { family: 'skip' },
  avg3: { family: 'pool', mode: 'avg', kernel: 3 },
  max3: { family: 'pool', mode: 'max', kernel: 3 },
  max5: { family: 'pool', mode: 'max', kernel: 5 },
  max7: { family: 'pool', mode: 'max', kernel: 7 },
  conv1: { family: 'conv', windows: [[1, 1]], dilation: 1 },
  conv3: { family: 'conv', windows: [[3, 3]], dilation: 1 },
  conv1x3: {
    family: 'conv',
    windows: [
      [1, 3],
      [3, 1],
    ],
    dilation: 1,
  },
  conv1x7: {
    family: 'conv',
    windows: [
      [1, 7],
      [7, 1],
    ],
    dilation: 1,
  },
  dilconv3: { family: 'conv', windows: [[3, 3]], dilation: 2 },
  sep3: { family: 'separable', kernel: 3, dilation: 1, repeats: 2 },
  sep5: { family: 'separable', kernel: 5, dilation: 1, repeats: 2 },
  sep7: { family: 'separable', kernel: 7, dilation: 1, repeats: 2 },
  dil3: { family: 'separable', kernel: 3, dilation: 2, repeats: 1 },
  dil5: { family: 'separable', kernel: 5, dilation: 2, repeats: 1 },
}

/** What the two families of published networks do differently inside an operation. */
export interface OperationStyle {
  /** What a skip of stride 2 is: a 1x1 convolution, or a factorized reduction. */
  readonly stridedSkip: 'conv' | 'factorized'
  /** Whether convolutions work on fewer channels, between two 1x1 convolutions. */
  readonly bottleneck: boolean
}

export interface OperationPlace extends OperationStyle {
  /** Output channels. */
  readonly channels: number
  readonly stride: 1 | 2
}

/**
 * The operation as nodes with the prefix `id`; the input itself for a skip that changes nothing.
 *
 * @see `_apply_operation` in the code of Zoph et al. 2018 and of Real et al. 2019; `OPS` in the
 * code of Liu, Simonyan and Yang 2019.
 */
export function addOperation(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: OperationPlace & { readonly operation: CellOperation },
): string {
  const form = forms[settings.operation]
  switch (form.family) {
    case 'skip':
      return addSkip(builder, id, input, settings)
    case 'pool': {
      const { mode, kernel } = form
      const pooled = pool2d({ mode, kernel, stride: settings.stride })
      return matchChannels(builder, id, builder.add(`${id}.pool`, pooled, [input]), settings)
    }
    case 'conv':
      return addConvolutions(builder, id, input, { ...settings, ...form })
    case 'separable':
      return addSeparable(builder, id, input, { ...settings, ...form })
  }
}

/** How a drawing shows an operation. */
export function operationLook(operation: CellOperation): { label: string; role: DrawingRole } {
  const form = forms[operation]
  switch (form.family) {
    case 'skip':
      return { label: 'skip', role: 'identity' }
    case 'pool':
      return { label: `${form.mode} ${form.kernel}×${form.kernel}`, role: 'pool' }
    case 'conv': {
      const windows = form.windows.map(([high, wide]) => `${high}×${wide}`).join(', ')
      return { label: `${form.dilation === 1 ? 'conv' : 'dilated'} ${windows}`, role: 'conv' }
    }
    case 'separable': {
      const name = form.dilation === 1 ? 'sep' : 'dil'
      return { label: `${name} ${form.kernel}×${form.kernel}`, role: 'separable' }
    }
  }
}

function addSkip(
  builder: GraphBuilder,
  id: string,
  input: string,
  { channels, stride, stridedSkip }: OperationPlace,
): string {
  if (stride === 1 && builder.shape(input)[0] === channels) return input
  return stride === 2 && stridedSkip === 'factorized'
    ? factorizedReduction(builder, id, input, { channels })
    : activationConvNorm(builder, id, input, { channels, kernel: 1, stride })
}

function matchChannels(
  builder: GraphBuilder,
  id: string,
  input: string,
  { channels }: OperationPlace,
): string {
  return builder.shape(input)[0] === channels
    ? input
    : projection(builder, `${id}.project`, input, { channels })
}

/** From the first repeat on with the output's channels, in which the two published forms agree. */
function addSeparable(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: OperationPlace & {
    readonly kernel: number
    readonly dilation: number
    readonly repeats: number
  },
): string {
  const { channels, kernel, dilation, repeats } = settings
  let wire = input
  for (let index = 0; index < repeats; index++) {
    const stride = index === 0 ? settings.stride : 1
    wire = separableConv(builder, `${id}.${index}`, wire, { channels, kernel, dilation, stride })
  }
  return wire
}

type Convolutions = OperationPlace & {
  readonly windows: readonly Window[]
  readonly dilation: number
}

function addConvolutions(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: Convolutions,
): string {
  const { channels, windows, bottleneck } = settings
  const isPointwise = windows.every(([high, wide]) => high === 1 && wide === 1)
  // Three eighths for the pair of three, a quarter otherwise, as in the code of Real et al. 2019.
  const narrow = Math.floor(
    windows[0]?.[1] === 3 && windows.length > 1 ? (channels * 3) / 8 : channels / 4,
  )
  if (!bottleneck || isPointwise || narrow < 1) {
    return addWindows(builder, id, input, settings)
  }
  const before = activationConvNorm(builder, `${id}.before`, input, { channels: narrow, kernel: 1 })
  const inner = addWindows(builder, id, before, { ...settings, channels: narrow })
  return activationConvNorm(builder, `${id}.after`, inner, { channels, kernel: 1 })
}

/** Activation, the convolutions one after the other, norm; a norm and an activation between them where the channels are few. */
function addWindows(
  builder: GraphBuilder,
  id: string,
  input: string,
  { channels, windows, dilation, stride, bottleneck }: Convolutions,
): string {
  let wire = builder.add(`${id}.relu`, activation('relu'), [input])
  for (const [index, window] of windows.entries()) {
    // The stride goes along the axis that a window of one row or one column is long in.
    const strides: Window = [
      window[0] === 1 && windows.length > 1 ? 1 : stride,
      window[1] === 1 && windows.length > 1 ? 1 : stride,
    ]
    const conv = conv2d({ channels, kernel: window, stride: strides, dilation })
    wire = builder.add(`${id}.conv${index}`, conv, [wire])
    const isLast = index === windows.length - 1
    if (isLast || bottleneck) wire = builder.add(`${id}.norm${index}`, batchNorm(), [wire])
    if (!isLast && bottleneck) {
      wire = builder.add(`${id}.relu${index}`, activation('relu'), [wire])
    }
  }
  return wire
}
