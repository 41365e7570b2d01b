/** Operations with the defaults that most networks want; every setting can be given. */
import { ArchloomError } from '#src/errors.ts'
import type { ActivationFunction, NetworkGraph, Operation, OperationKind } from './graph.ts'

type Pair = [number, number]

/** One number for both axes, or height and width. */
export type Extent = number | readonly [number, number]

type Op<K extends OperationKind> = Extract<Operation, { kind: K }>

export interface ConvSettings {
  /** Output channels. */
  readonly channels: number
  /** Default 3. */
  readonly kernel?: Extent
  /** Default 1. */
  readonly stride?: Extent
  /** Default: `samePadding` of kernel and dilation. */
  readonly padding?: Extent
  /** Default 1. */
  readonly dilation?: Extent
  /** Default 1. */
  readonly groups?: number
  /** Default false: a norm follows most convolutions and has a shift of its own. */
  readonly bias?: boolean
}

export function conv2d(settings: ConvSettings): Op<'conv2d'> {
  const kernel = pairOf(settings.kernel ?? 3)
  const dilation = pairOf(settings.dilation ?? 1)
  return {
    kind: 'conv2d',
    channels: settings.channels,
    kernel,
    stride: pairOf(settings.stride ?? 1),
    padding:
      settings.padding === undefined ? samePadding(kernel, dilation) : pairOf(settings.padding),
    dilation,
    groups: settings.groups ?? 1,
    bias: settings.bias ?? false,
  }
}

export interface PoolSettings {
  readonly mode: 'max' | 'avg'
  /** Default 3. */
  readonly kernel?: Extent
  /** Default 1. */
  readonly stride?: Extent
  /** Default: `samePadding` of the kernel. */
  readonly padding?: Extent
  /** For `avg`: whether padded zeros count in the divisor. Default false, as in DARTS and NAS-Bench-201. */
  readonly countPadding?: boolean
}

export function pool2d(settings: PoolSettings): Op<'pool2d'> {
  const kernel = pairOf(settings.kernel ?? 3)
  return {
    kind: 'pool2d',
    mode: settings.mode,
    kernel,
    stride: pairOf(settings.stride ?? 1),
    padding: settings.padding === undefined ? samePadding(kernel) : pairOf(settings.padding),
    countPadding: settings.countPadding ?? false,
  }
}

export interface NormSettings {
  /** Whether scale and shift are learned. Default true. */
  readonly affine?: boolean
  /** Default 1e-5, PyTorch's. */
  readonly epsilon?: number
  /** Default 0.1, PyTorch's: the weight of the new batch. */
  readonly momentum?: number
}

export function batchNorm(settings: NormSettings = {}): Op<'batch-norm'> {
  return {
    kind: 'batch-norm',
    affine: settings.affine ?? true,
    epsilon: settings.epsilon ?? 1e-5,
    momentum: settings.momentum ?? 0.1,
  }
}

export function activation(name: ActivationFunction = 'relu'): Op<'activation'> {
  return { kind: 'activation', function: name }
}

export function linear(features: number, bias = true): Op<'linear'> {
  return { kind: 'linear', features, bias }
}

export function globalPool(mode: 'max' | 'avg' = 'avg'): Op<'global-pool'> {
  return { kind: 'global-pool', mode }
}

export function zero(stride: Extent = 1): Op<'zero'> {
  return { kind: 'zero', stride: pairOf(stride) }
}

export function resize(size: Extent, mode: 'nearest' | 'bilinear' = 'bilinear'): Op<'resize'> {
  return { kind: 'resize', size: pairOf(size), mode }
}

/** @param size - of the output */
export function unpool2d(stride: Extent, size: Extent): Op<'unpool2d'> {
  return { kind: 'unpool2d', stride: pairOf(stride), size: pairOf(size) }
}

export function embedding(vocabulary: number, features: number): Op<'embedding'> {
  return { kind: 'embedding', vocabulary, features }
}

/** @param length - positions of the longest sequence */
export function positionalEmbedding(length: number): Op<'positional-embedding'> {
  return { kind: 'positional-embedding', length }
}

/** @param epsilon - default 1e-5, PyTorch's */
export function layerNorm(epsilon = 1e-5): Op<'layer-norm'> {
  return { kind: 'layer-norm', epsilon }
}

export function attention(heads: number, causal: boolean): Op<'attention'> {
  return { kind: 'attention', heads, causal }
}

/** @param cell - from a position and states to states */
export function recurrent(cell: NetworkGraph): Op<'recurrent'> {
  return { kind: 'recurrent', cell }
}

export function scale(factor: number): Op<'scale'> {
  return { kind: 'scale', factor }
}

export const add: Op<'add'> = { kind: 'add' }
export const multiply: Op<'multiply'> = { kind: 'multiply' }
/** Inputs gate, first, second: `gate * first + (1 - gate) * second`. */
export const blend: Op<'blend'> = { kind: 'blend' }
export const concat: Op<'concat'> = { kind: 'concat' }
export const identity: Op<'identity'> = { kind: 'identity' }
export const flatten: Op<'flatten'> = { kind: 'flatten' }

/**
 * Padding that keeps the size at stride 1, and gives `ceil(size / stride)` otherwise.
 *
 * @throws graph/invalid for an even extent, which no equal padding of both sides can keep
 */
export function samePadding(kernel: Extent, dilation: Extent = 1): Pair {
  const [high, wide] = pairOf(kernel)
  const [down, across] = pairOf(dilation)
  const twice: Pair = [down * (high - 1), across * (wide - 1)]
  if (twice.some((amount) => amount % 2 !== 0)) {
    throw new ArchloomError(
      'graph/invalid',
      `Same padding needs an odd kernel, found [${high}, ${wide}]; give padding, or put a pad2d before it`,
    )
  }
  return [twice[0] / 2, twice[1] / 2]
}

function pairOf(extent: Extent): Pair {
  return typeof extent === 'number' ? [extent, extent] : [...extent]
}
