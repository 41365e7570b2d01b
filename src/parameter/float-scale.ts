/** The decimal places that floats keep. */
import { toDecimals, toSignificant } from './decimal.ts'
import type { Parameter } from './parameter.ts'

type Float = Extract<Parameter, { kind: 'float' }>

/** Significant digits of a float on a logarithmic scale, or of the range on a linear one. */
const floatDigits = 10
/** Significant digits that a double carries for certain. */
const doubleDigits = 15

/** What rounding a float needs to know of its parameter. */
export interface FloatScale {
  /** Decimals on a linear scale, negative for whole tens and more; null on a logarithmic one. */
  readonly decimals: number | null
  readonly roundedLower: number
  readonly roundedUpper: number
}

const scales = new WeakMap<Float, FloatScale>()

export function floatScale(parameter: Float): FloatScale {
  const known = scales.get(parameter)
  if (known !== undefined) return known
  const decimals = decimalsOf(parameter)
  const roundedLower = roundInScale(parameter.lower, decimals)
  const roundedUpper = roundInScale(parameter.upper, decimals)
  const scale = { decimals, roundedLower, roundedUpper }
  scales.set(parameter, scale)
  return scale
}

/** A number with the decimals of a scale. */
export function roundInScale(value: number, decimals: number | null): number {
  if (decimals === null) return toSignificant(value, floatDigits)
  if (decimals >= 0) return toDecimals(value, decimals)
  const step = 10 ** -decimals
  return Math.round(value / step) * step
}

function decimalsOf({ lower, upper, log }: Float): number | null {
  if (log) return null
  const size = Math.max(Math.abs(lower), Math.abs(upper))
  return Math.min(
    floatDigits - Math.ceil(Math.log10(upper - lower)),
    // No finer than a double of this size is.
    doubleDigits - 1 - Math.ceil(Math.log10(size)),
    100,
  )
}
