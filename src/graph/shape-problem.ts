/** Why an operation cannot take its inputs, before it is known where the operation stands. */
import type { Shape } from './graph.ts'

export interface Problem {
  readonly code: 'graph/invalid' | 'graph/shape'
  readonly text: string
}

/** Largest number of elements of one sample's tensor or of one weight: what 32-bit indices reach. */
export const maximumElements = 2 ** 31 - 1

/** Settings that contradict each other, whatever the input. */
export function invalid(text: string): Problem {
  return { code: 'graph/invalid', text }
}

export function mismatch(text: string): Problem {
  return { code: 'graph/shape', text }
}

export function oversized(weights: number): Problem | undefined {
  if (weights <= maximumElements) return undefined
  return mismatch(
    `expected at most ${maximumElements} weights, found ${weights}; use fewer channels`,
  )
}

/** `[16, 32, 32]` */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Where the channels or features of a shape stand: last in a sequence, first in all else. */
export function featureAxis(shape: Shape): number {
  return shape.length === 2 ? 1 : 0
}

/** Channels of an image, features of a vector or of each position of a sequence. */
export function featureCount(shape: Shape): number {
  return shape[featureAxis(shape)] ?? 0
}
