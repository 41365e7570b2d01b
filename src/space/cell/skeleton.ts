/**
 * The two published ways to build a network around cells. `network.ts` walks through the cells;
 * what differs between the two stands here.
 */
import type { GraphBuilder } from '#src/graph/builder.ts'
import {
  activationConvNorm,
  convNorm,
  convNormActivation,
  factorizedReduction,
  projection,
} from '#src/graph/compose.ts'
import { activation } from '#src/graph/operations.ts'
import type { OperationStyle } from './operations.ts'

/** Outputs of the two cells before the one that is being built; references into the graph. */
export interface Before {
  /** Of two cells before; null where there is none yet, and the current one stands in as it is. */
  readonly previous: string | null
  readonly current: string
  /** Whether `current` comes out of a reduction, so that `previous` is of twice its size. */
  readonly isReduced: boolean
}

export interface StemSettings {
  readonly kind: 'small' | 'imagenet'
  /** Of the first stage's cells. */
  readonly channels: number
  /** Stem channels over the cells' (small), or over 32 (imagenet). */
  readonly multiplier: number
  /** Whether the first cell projects the stem as its earlier input, too, where nothing else needs it. */
  readonly isProjected: boolean
}

/** Height and width at least; what the first convolution needs. */
const stemSizeMin = 3

export interface Skeleton extends OperationStyle {
  readonly name: 'nasnet' | 'darts'
  /** What comes before the cells. */
  stem(builder: GraphBuilder, image: string, settings: StemSettings): Before
  /** Reduction cells at the end of the stem, each with twice the channels of the one before. */
  stemCells(kind: StemSettings['kind']): number
  /** Pixels of an edge that the stem needs. */
  stemSizeMin(kind: StemSettings['kind']): number
  /** The cell's inputs with the cell's channels, as far as the skeleton brings them there. */
  inputs(
    builder: GraphBuilder,
    id: string,
    before: Before,
    channels: number,
  ): { readonly previous: string; readonly current: string }
  /** Drop-path rate of a cell, from 0, of so many. */
  dropPathRate(rate: number, cell: number, cellCount: number): number
  /** Whether a drop-path comes after a skip that is computed because of its stride. */
  readonly dropsStridedSkips: boolean
  /** Whether the last cell's output is activated before it is pooled. */
  readonly lastActivation: boolean
  /** Whether the auxiliary head hangs before or after the second reduction cell. */
  readonly auxiliaryPlace: 'before' | 'after'
  auxiliary(kind: StemSettings['kind']): {
    /** Stride of the 5x5 average pool. */
    readonly stride: number
    /** Whether a norm follows the last convolution. */
    readonly isNormed: boolean
  }
}

/**
 * NASNet's: inputs are reduced or projected only where sizes or channels differ.
 * @see Zoph et al. 2018 and its code, `nasnet.py` and `nasnet_utils.py`.
 */
export const nasnetSkeleton: Skeleton = {
  name: 'nasnet',
  stridedSkip: 'conv',
  bottleneck: true,
  stem(builder, image, { kind, channels, multiplier, isProjected }) {
    const current =
      kind === 'small'
        ? convNorm(builder, 'stem', image, { channels: Math.floor(channels * multiplier) })
        : convNorm(builder, 'stem', image, {
            channels: Math.floor(32 * multiplier),
            stride: 2,
            padding: 0,
          })
    return { previous: isProjected ? current : null, current, isReduced: false }
  },
  stemCells: (kind) => (kind === 'small' ? 0 : 2),
  stemSizeMin: (kind) => (kind === 'small' ? 1 : stemSizeMin),
  inputs(builder, id, { previous, current }, channels) {
    return {
      previous:
        previous === null
          ? current
          : fitted(builder, `${id}.previous`, previous, { like: current, channels }),
      current: activationConvNorm(builder, `${id}.current`, current, { channels, kernel: 1 }),
    }
  },
  dropPathRate: (rate, cell, cellCount) => (rate * (cell + 1)) / cellCount,
  dropsStridedSkips: false,
  lastActivation: true,
  auxiliaryPlace: 'before',
  auxiliary: () => ({ stride: 3, isNormed: true }),
}

/**
 * DARTS': both inputs are always projected, by a factorized reduction after a reduction cell.
 * @see Liu, Simonyan and Yang 2019, "DARTS", and its code, `model.py`.
 */
export const dartsSkeleton: Skeleton = {
  name: 'darts',
  stridedSkip: 'factorized',
  bottleneck: false,
  stem(builder, image, { kind, channels, multiplier }) {
    if (kind === 'small') {
      const wire = convNorm(builder, 'stem', image, { channels: Math.floor(channels * multiplier) })
      return { previous: wire, current: wire, isReduced: false }
    }
    const half = { channels: Math.floor(channels / 2), stride: 2 }
    const first = convNormActivation(builder, 'stem.0', image, half)
    const previous = convNorm(builder, 'stem.1', first, { channels, stride: 2 })
    const current = activationConvNorm(builder, 'stem.2', previous, { channels, stride: 2 })
    return { previous, current, isReduced: true }
  },
  stemCells: () => 0,
  stemSizeMin: () => 1,
  inputs(builder, id, { previous, current, isReduced }, channels) {
    const earlier = previous ?? current
    return {
      previous: isReduced
        ? shrunk(builder, `${id}.previous`, earlier, { like: current, channels })
        : activationConvNorm(builder, `${id}.previous`, earlier, { channels, kernel: 1 }),
      current: activationConvNorm(builder, `${id}.current`, current, { channels, kernel: 1 }),
    }
  },
  dropPathRate: (rate) => rate,
  dropsStridedSkips: true,
  lastActivation: false,
  auxiliaryPlace: 'after',
  auxiliary: (kind) =>
    kind === 'small' ? { stride: 3, isNormed: true } : { stride: 2, isNormed: false },
}

/** A tensor with the size of another and so many channels: itself where it has them. */
function fitted(
  builder: GraphBuilder,
  id: string,
  input: string,
  { like, channels }: { readonly like: string; readonly channels: number },
): string {
  if (!hasSizeOf(builder, input, like)) return shrunk(builder, id, input, { like, channels })
  if (builder.shape(input)[0] === channels) return input
  const relu = builder.add(`${id}.relu`, activation('relu'), [input])
  return projection(builder, id, relu, { channels })
}

/** Reduced once at least, and again where several reductions lie between. */
function shrunk(
  builder: GraphBuilder,
  id: string,
  input: string,
  { like, channels }: { readonly like: string; readonly channels: number },
): string {
  let wire = factorizedReduction(builder, id, input, { channels })
  for (let again = 1; !hasSizeOf(builder, wire, like); again++) {
    wire = factorizedReduction(builder, `${id}${again}`, wire, { channels })
  }
  return wire
}

/** Whether two tensors have one height and one width. */
export function hasSizeOf(builder: GraphBuilder, one: string, other: string): boolean {
  const [, ...size] = builder.shape(one)
  return builder
    .shape(other)
    .slice(1)
    .every((extent, axis) => extent === size[axis])
}
