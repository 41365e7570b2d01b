/** Numbers, times and names as a person reads them. Percent exists only here. */

/** A share from 0 to 1 as percent with two decimals: `94.17%`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`
}

/** The difference of two shares in percentage points, signed: `+2.31`. */
export function points(difference: number): string {
  const rounded = (100 * difference).toFixed(2)
  return difference > 0 ? `+${rounded}` : rounded.replace('-', '−')
}

/** An integer with thousands separated: `100,000`. */
export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

const magnitudes = [
  { size: 1e12, suffix: 'T' },
  { size: 1e9, suffix: 'G' },
  { size: 1e6, suffix: 'M' },
  { size: 1e3, suffix: 'k' },
]

/** Three significant digits and a suffix from a thousand on: `26.6 k`, `1.23 M`. */
export function compact(value: number): string {
  // A value that would round up to 1000 of a magnitude belongs to the next one.
  const magnitude = magnitudes.find(({ size }) => value >= 0.9995 * size)
  if (magnitude === undefined) return String(Math.round(value))
  return `${significant(value / magnitude.size)} ${magnitude.suffix}`
}

/** Bytes in powers of 1024: `7.75 GiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10))
  return `${significant(value / 1024 ** power)} ${units[power] ?? 'B'}`
}

/** Three significant digits, without exponent: `0.0123`, `1.20`, `345`. */
export function significant(value: number): string {
  if (value === 0) return '0'
  const rounded = Number(value.toPrecision(3))
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))))
  return rounded.toFixed(Math.min(digits, 6))
}

/** `0.42 s`, `12.3 s`, `2 min 05 s`, `3 h 12 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  if (seconds < 3599.5) return pair(Math.round(seconds), 60, ['min', 's'])
  if (seconds < 86_370) return pair(Math.round(seconds / 60), 60, ['h', 'min'])
  return pair(Math.round(seconds / 3600), 24, ['d', 'h'])
}

function pair(amount: number, size: number, [large, small]: readonly [string, string]): string {
  const rest = String(amount % size).padStart(2, '0')
  return `${Math.floor(amount / size)} ${large} ${rest} ${small}`
}

/** Milliseconds since the epoch as `2026-03-14 09:26:53 UTC`. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** The first twelve digits of a hash. */
export function shortHash(hash: string): string {
  return hash.length > 16 ? hash.slice(0, 12) : hash
}

/** `1 trial`, `2 trials`, `100,000 trials`. */
export function plural(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? '' : 's'}`
}
