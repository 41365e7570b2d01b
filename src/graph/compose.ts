/**
 * Compositions of primitives that many networks share. Each takes a builder, the prefix of its node
 * ids, the reference it starts from and its settings, and hands back the reference of its output.
 * The ids are `prefix.conv`, `prefix.norm`, `prefix.relu` and so on.
 */
import type { GraphBuilder } from './builder.ts'
import type { ActivationFunction } from './graph.ts'
import {
  activation,
  add,
  batchNorm,
  type ConvSettings,
  concat,
  conv2d,
  globalPool,
  linear,
  type NormSettings,
} from './operations.ts'

export interface ConvNormSettings extends ConvSettings {
  readonly norm?: NormSettings
}

export interface ConvActivationSettings extends ConvNormSettings {
  /** Default `relu`. */
  readonly activation?: ActivationFunction
}

/** Convolution, norm. */
export function convNorm(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: ConvNormSettings,
): string {
  const conv = builder.add(`${id}.conv`, conv2d(settings), [input])
  return builder.add(`${id}.norm`, batchNorm(settings.norm), [conv])
}

/** Convolution, norm, activation. */
export function convNormActivation(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: ConvActivationSettings,
): string {
  const norm = convNorm(builder, id, input, settings)
  return activate(builder, id, norm, settings.activation)
}

/** Activation, convolution, norm: the order of NASNet, DARTS and NAS-Bench-201. */
export function activationConvNorm(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: ConvActivationSettings,
): string {
  return convNorm(builder, id, activate(builder, id, input, settings.activation), settings)
}

/** Norm, activation: what follows the last cell of a pre-activation network. */
export function normActivation(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: { readonly norm?: NormSettings; readonly activation?: ActivationFunction } = {},
): string {
  const norm = builder.add(`${id}.norm`, batchNorm(settings.norm), [input])
  return activate(builder, id, norm, settings.activation)
}

export interface SeparableSettings {
  readonly channels: number
  /** Default 3. */
  readonly kernel?: number
  /** Of the first repeat; the others have stride 1. Default 1. */
  readonly stride?: number
  /** Default 1. */
  readonly dilation?: number
  /** How often the four operations are applied. Default 1. */
  readonly repeats?: number
  readonly norm?: NormSettings
}

/**
 * Depthwise separable convolution: relu, depthwise, pointwise, norm. With `repeats` above 1 the ids
 * are `prefix.0.relu` and so on; all but the last repeat keep the input's channels.
 *
 * @see Liu, Simonyan and Yang 2019, "DARTS", section 3.1.1 (applied twice; `SepConv` in its code).
 */
export function separableConv(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: SeparableSettings,
): string {
  const { kernel = 3, stride = 1, dilation = 1, repeats = 1 } = settings
  const [inputChannels = 1] = builder.shape(input)
  let reference = input
  for (let index = 0; index < repeats; index++) {
    const prefix = repeats === 1 ? id : `${id}.${index}`
    const channels = index === repeats - 1 ? settings.channels : inputChannels
    reference = builder.add(`${prefix}.relu`, activation('relu'), [reference])
    const depthwise = conv2d({
      channels: inputChannels,
      groups: inputChannels,
      kernel,
      dilation,
      stride: index === 0 ? stride : 1,
    })
    reference = builder.add(`${prefix}.depthwise`, depthwise, [reference])
    reference = builder.add(`${prefix}.pointwise`, conv2d({ channels, kernel: 1 }), [reference])
    reference = builder.add(`${prefix}.norm`, batchNorm(settings.norm), [reference])
  }
  return reference
}

/**
 * Dilated separable convolution: a separable one, applied once, with dilation 2 unless given.
 *
 * @see Liu, Simonyan and Yang 2019, "DARTS", section 3.1.1 (`DilConv` in its code).
 */
export function dilatedSeparableConv(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: Omit<SeparableSettings, 'repeats'>,
): string {
  return separableConv(builder, id, input, { dilation: 2, ...settings, repeats: 1 })
}

export interface ReductionSettings {
  readonly channels: number
  /** Whether a relu comes first. Default true. */
  readonly activated?: boolean
  readonly norm?: NormSettings
}

/**
 * Halves height and width (rounding up) without a blind spot: relu, two 1x1 convolutions of stride 2,
 * the second on the input shifted by one pixel, concatenated, norm. For odd `channels` the second
 * convolution has one more.
 *
 * @see `FactorizedReduce` in the code of Liu, Simonyan and Yang 2019, "DARTS", and, with the shift
 * padded so that odd sizes work, in that of Dong and Yang 2020, "NAS-Bench-201".
 */
export function factorizedReduction(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: ReductionSettings,
): string {
  const half = Math.floor(settings.channels / 2)
  const even = { kernel: 1, stride: 2, padding: 0, channels: half }
  const shift = { kind: 'pad2d', top: -1, bottom: 1, left: -1, right: 1 } as const
  const isActivated = settings.activated ?? true
  const relu = isActivated ? builder.add(`${id}.relu`, activation('relu'), [input]) : input
  const shifted = builder.add(`${id}.shift`, shift, [relu])
  const joined = builder.add(`${id}.concat`, concat, [
    builder.add(`${id}.conv_even`, conv2d(even), [relu]),
    builder.add(`${id}.conv_odd`, conv2d({ ...even, channels: settings.channels - half }), [
      shifted,
    ]),
  ])
  return builder.add(`${id}.norm`, batchNorm(settings.norm), [joined])
}

export interface ProjectionSettings {
  readonly channels: number
  /** Default 1. */
  readonly stride?: number
  readonly norm?: NormSettings
}

/** 1x1 convolution and norm: brings a tensor to other channels, and to a smaller size by a stride. */
export function projection(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: ProjectionSettings,
): string {
  return convNorm(builder, id, input, { ...settings, kernel: 1 })
}

export interface HeadSettings {
  readonly classCount: number
  /** Dropout before the linear layer; none by default. */
  readonly dropoutRate?: number
}

/** Global average pool, dropout if asked for, linear: class scores from the last feature map. */
export function classifierHead(
  builder: GraphBuilder,
  id: string,
  input: string,
  settings: HeadSettings,
): string {
  let reference = builder.add(`${id}.pool`, globalPool('avg'), [input])
  if (settings.dropoutRate !== undefined && settings.dropoutRate > 0) {
    const dropout = { kind: 'dropout', rate: settings.dropoutRate } as const
    reference = builder.add(`${id}.dropout`, dropout, [reference])
  }
  return builder.add(`${id}.linear`, linear(settings.classCount), [reference])
}

/** Sum of the references: the only one itself where there is one, else an `add` node of this id. */
export function addAll(builder: GraphBuilder, id: string, inputs: readonly string[]): string {
  const [only] = inputs
  return inputs.length === 1 && only !== undefined ? only : builder.add(id, add, inputs)
}

/** The references joined along the channels; as `addAll` for one alone. */
export function concatAll(builder: GraphBuilder, id: string, inputs: readonly string[]): string {
  const [only] = inputs
  return inputs.length === 1 && only !== undefined ? only : builder.add(id, concat, inputs)
}

function activate(
  builder: GraphBuilder,
  id: string,
  input: string,
  name: ActivationFunction = 'relu',
): string {
  return builder.add(`${id}.${name.replaceAll('-', '_')}`, activation(name), [input])
}
