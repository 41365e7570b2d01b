/** Columns of numbers without loss in as few bytes as they need. */

/** How a column's numbers are stored; little-endian. */
export interface ColumnEncoding {
  readonly type: 'u8' | 'u16' | 'u32' | 'f32' | 'f64'
  /** Of shares that were counted: the value is the stored number over this. */
  readonly divisor?: number
  /** The quotient rounded to single precision, as the source had it. */
  readonly rounded?: boolean
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array

/** A column being filled; rows that nothing was put into are missing. */
export interface ColumnDraft {
  /** @param value - finite */
  set(row: number, value: number): void
  /** NaN where it is missing. */
  at(row: number): number
  /** @param rowCount - rows above the last one set are missing */
  finish(rowCount: number): FinishedColumn
}

export interface FinishedColumn {
  readonly encoding: ColumnEncoding
  readonly bytes: Uint8Array
  /** Rows without a number. */
  readonly missingCount: number
}

export const bytesPerNumber = { u8: 1, u16: 2, u32: 4, f32: 4, f64: 8 } as const

/** Shares that were counted on so many images. */
export interface CountedShares {
  readonly divisor: number
  /** Whether the source rounded the quotient to single precision. */
  readonly rounded: boolean
}

/**
 * A column that holds what it is given exactly.
 *
 * @remarks
 * Shares of so many images are kept as counts, others in single precision while that is exact, else
 * in double precision: the first number that does not fit makes the column wider. Whole numbers end in
 * the narrowest type that has room for the largest one and for the mark of a missing one.
 *
 * @param shares - what the numbers are, where most are such shares
 */
export function columnDraft(shares?: CountedShares): ColumnDraft {
  let encoding: ColumnEncoding = shares === undefined ? single : { type: 'u16', ...shares }
  let numbers = filled(encoding, 1024)
  const read = (row: number) => decode(encoding, numbers[row] ?? missingMark(encoding))
  const grow = (length: number) => {
    const longer = filled(encoding, length)
    longer.set(numbers)
    numbers = longer
  }
  const widen = (value: number) => {
    const values = [...numbers.keys()].map(read)
    encoding =
      [single, double].find((to) => holds(to, value) && values.every((one) => holds(to, one))) ??
      double
    numbers = filled(encoding, numbers.length)
    numbers.set(values)
  }
  return {
    set(row, value) {
      if (row >= numbers.length) grow(Math.max(row + 1, 2 * numbers.length))
      if (!holds(encoding, value)) widen(value)
      numbers[row] = encode(encoding, value)
    },
    at: read,
    finish(rowCount) {
      const values = Float64Array.from({ length: rowCount }, (_, row) => read(row))
      return encodeColumn(values, encoding)
    },
  }
}

/** @param hint - an encoding that is exact for the values */
function encodeColumn(values: Float64Array, hint: ColumnEncoding): FinishedColumn {
  const encoding = hint.divisor === undefined ? (wholeEncoding(values) ?? hint) : hint
  const numbers = filled(encoding, values.length)
  let missingCount = 0
  for (const [row, value] of values.entries()) {
    numbers[row] = encode(encoding, value)
    if (Number.isNaN(value)) missingCount += 1
  }
  return { encoding, bytes: new Uint8Array(numbers.buffer), missingCount }
}

/** The type for whole numbers; null where there are others. */
function wholeEncoding(values: Float64Array): ColumnEncoding | null {
  let largest = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    if (!Number.isInteger(value) || value < 0 || Object.is(value, -0)) return null
    if (value > largest) largest = value
  }
  if (largest < 0xff) return { type: 'u8' }
  if (largest < 0xffff) return { type: 'u16' }
  return largest < 0xffffffff ? { type: 'u32' } : null
}

/** A column as it is read back: NaN where a number is missing. */
export type ColumnValues = (row: number) => number

/** @param bytes - of `encoding`'s width a number, starting at a multiple of eight bytes */
export function columnValues(encoding: ColumnEncoding, bytes: Uint8Array): ColumnValues {
  const numbers = new arrays[encoding.type](
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    bytes.byteLength / bytesPerNumber[encoding.type],
  )
  if (encoding.type === 'f32' || encoding.type === 'f64') return (row) => numbers[row] ?? Number.NaN
  return (row) => decode(encoding, numbers[row] ?? missingMark(encoding))
}

const arrays = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

const missingMarks = {
  u8: 0xff,
  u16: 0xffff,
  u32: 0xffffffff,
  f32: Number.NaN,
  f64: Number.NaN,
} as const

const single: ColumnEncoding = { type: 'f32' }
const double: ColumnEncoding = { type: 'f64' }

/** Whether a number comes back as it was. */
function holds(encoding: ColumnEncoding, value: number): boolean {
  if (encoding.type === 'f64' || Number.isNaN(value)) return true
  if (encoding.type === 'f32') return Object.is(Math.fround(value), value)
  const stored = encode(encoding, value)
  return stored >= 0 && stored < missingMark(encoding) && Object.is(decode(encoding, stored), value)
}

function filled(encoding: ColumnEncoding, length: number): Numbers {
  return new arrays[encoding.type](length).fill(missingMark(encoding))
}

/** What stands for a number that is not there. */
function missingMark({ type }: ColumnEncoding): number {
  return missingMarks[type]
}

function encode(encoding: ColumnEncoding, value: number): number {
  if (Number.isNaN(value)) return missingMark(encoding)
  if (encoding.divisor === undefined) return value
  // Zero added, so that there is no negative one: it would not come back.
  return Math.round(value * encoding.divisor) + 0
}

function decode({ type, divisor, rounded }: ColumnEncoding, stored: number): number {
  if (type === 'f32' || type === 'f64') return stored
  if (stored === missingMark({ type })) return Number.NaN
  if (divisor === undefined) return stored
  return rounded ? Math.fround(stored / divisor) : stored / divisor
}
