/** Arithmetic on decimal numbers as they are written: exact, rounded once, at the end. */

/** `digits` times ten to `power`. */
interface Decimal {
  readonly digits: bigint
  readonly power: number
}

/** The double nearest to a decimal number times a whole number times a power of ten. */
export function scaled(value: number, factor: number, power = 0): number {
  const decimal = decimalOf(value)
  return doubleOf({
    digits: decimal.digits * BigInt(factor),
    power: decimal.power + power,
  })
}

/** The double nearest to 1 less a decimal number times a power of ten. */
export function oneLess(value: number, power = 0): number {
  const decimal = decimalOf(value)
  const places = Math.max(0, -(decimal.power + power))
  const one = 10n ** BigInt(places)
  const subtracted = decimal.digits * 10n ** BigInt(decimal.power + power + places)
  return doubleOf({ digits: one - subtracted, power: -places })
}

/** The shortest decimal number that is read as this double. */
function decimalOf(value: number): Decimal {
  const [number = '', exponent = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = number.split('.')
  return { digits: BigInt(whole + fraction), power: Number(exponent) - fraction.length }
}

function doubleOf({ digits, power }: Decimal): number {
  return Number(`${digits}e${power}`)
}
