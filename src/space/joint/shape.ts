/**
 * Widths that follow a shape, from the input to the output of a multilayer perceptron.
 *
 * @see Zimmer, Lindauer and Hutter 2021, "Auto-PyTorch Tabular", section 3.1; its code,
 *   `setup/network_backbone/utils.py`, function `get_shaped_neuron_counts`.
 */
import { unreachable } from '#src/errors.ts'

export const shapeNames = [
  'brick',
  'triangle',
  'funnel',
  'long-funnel',
  'diamond',
  'hexagon',
  'stairs',
] as const
export type ShapeName = (typeof shapeNames)[number]

/** Sizes that a shape leads between, in units. */
export interface ShapeSizes {
  readonly input: number
  readonly output: number
  /** Largest width; where the input is larger, the input's. */
  readonly max: number
}

/**
 * `count` widths of a shape; the last is the output.
 *
 * @remarks
 * Steps are truncated to whole units and never negative, so that an output above the largest width
 * leaves the widths before it level. With two widths all shapes are one; with one, only the output
 * is left.
 */
export function shapedWidths(shape: ShapeName, sizes: ShapeSizes, count: number): number[] {
  if (count <= 0) return []
  if (count === 1) return [sizes.output]
  const { input, output } = sizes
  const max = Math.max(input, sizes.max)
  switch (shape) {
    case 'brick':
      return [...repeated(max, count - 1), output]
    case 'triangle': {
      const step = stepOf(max - input, count - 1)
      return [...rising(input + step, step, count - 2), max, output]
    }
    case 'funnel':
      return [...rising(max, -stepOf(max - output, count - 1), count - 1), output]
    case 'long-funnel': {
      const level = Math.floor(count / 2)
      const narrowing = shapedWidths('funnel', { input, output, max }, count - level)
      return [...repeated(max, level), ...narrowing]
    }
    case 'diamond':
      return diamond({ input, output, max }, count)
    case 'hexagon':
      return hexagon({ input, output, max }, count)
    case 'stairs':
      return stairs({ input, output, max }, count)
    default:
      return unreachable(shape)
  }
}

/**
 * Dropout rates that follow a shape: `maxRate` times the widths from 0 over 1000 to 0, over 1000.
 * The last is 0.
 */
export function shapedRates(shape: ShapeName, maxRate: number, count: number): number[] {
  const shares = shapedWidths(shape, { input: 0, output: 0, max: 1000 }, count)
  return shares.map((share) => (share / 1000) * maxRate)
}

/** A triangle and a funnel that share the widest layer. */
function diamond({ input, output, max }: ShapeSizes, count: number): number[] {
  const rise = Math.floor(count / 2) + 1
  // The triangle's last two are the widest layer, and the funnel begins with it.
  const widening = shapedWidths('triangle', { input, output: max, max }, rise).slice(0, -2)
  const narrowing = { input: max, output, max }
  return [...widening, ...shapedWidths('funnel', narrowing, count - rise + 2)]
}

/** Of three widths the source makes four, and its networks use the first two and the output. */
function hexagon({ input, output, max }: ShapeSizes, count: number): number[] {
  const side = count === 3 ? 1 : Math.floor(count / 3) + 1
  return [
    ...shapedWidths('triangle', { input, output: max, max }, side),
    ...shapedWidths('brick', { input: max, output: max, max }, count - 2 * side),
    ...shapedWidths('funnel', { input: max, output, max }, side),
  ]
}

/** Pairs of equal width, the first a triple where the count is odd. */
function stairs({ output, max }: ShapeSizes, count: number): number[] {
  const step = 2 * stepOf(max - output, count - 1)
  const lower = rising(max - step, -step, Math.floor(count / 2) - 1)
  return [...repeated(max, 1 + (count % 2)), ...lower.flatMap((width) => [width, width]), output]
}

function stepOf(difference: number, steps: number): number {
  return Math.max(0, Math.trunc(difference / steps))
}

function repeated(width: number, count: number): number[] {
  return new Array<number>(Math.max(0, count)).fill(width)
}

function rising(start: number, step: number, count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, index) => start + index * step)
}
