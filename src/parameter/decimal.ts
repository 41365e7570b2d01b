/** Numbers rounded as their decimal texts are, without the texts where plain arithmetic is exact. */

/** Powers of ten that a double holds exactly. */
const powers = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))
/** Below it a product with a power of ten is off by less than `tieWidth`. */
const wholeMax = 2 ** 40
/** How near to the middle between two whole numbers a text decides. */
const tieWidth = 1e-3

/** `Number(value.toFixed(decimals))`, for 0 to 100 decimals. */
export function toDecimals(value: number, decimals: number): number {
  return quickDecimals(value, decimals) ?? Number(value.toFixed(decimals))
}

/** `Number(value.toPrecision(digits))`, for 1 to 12 digits. */
export function toSignificant(value: number, digits: number): number {
  // One off next to a power of ten, which either way rounds to that power.
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  return quickDecimals(value, digits - 1 - exponent) ?? Number(value.toPrecision(digits))
}

/** Exact because a quotient of two exact doubles is the double next to what it stands for, as a text's is. */
function quickDecimals(value: number, decimals: number): number | null {
  const power = powers[decimals]
  if (power === undefined || value === 0) return null
  const scaled = value * power
  const whole = Math.round(scaled)
  const isSure = Math.abs(scaled) < wholeMax && Math.abs(Math.abs(scaled - whole) - 0.5) > tieWidth
  return isSure ? whole / power : null
}
