/**
 * Numbers and a few words as bytes: a JSON header, then one block of raw numbers a column. Small to
 * keep, quick to read, and the same on every platform that Node runs on (all are little-endian).
 */
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'

export type Column = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array

const kinds = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
}
type Kind = keyof typeof kinds

/** What a header says of a column. */
interface ColumnHead {
  readonly name: string
  readonly kind: Kind
  readonly length: number
}

export interface Columns {
  /** Everything that is no column. */
  readonly meta: Json
  readonly columns: Readonly<Record<string, Column>>
}

/** Each block starts at a multiple of this, as a Float64Array must. */
const alignment = 8

export function encodeColumns({ meta, columns }: Columns): Uint8Array<ArrayBuffer> {
  const heads = Object.entries(columns).map(
    ([name, column]): ColumnHead => ({ name, kind: kindOf(column), length: column.length }),
  )
  const header = new TextEncoder().encode(JSON.stringify({ meta, columns: heads }))
  const start = aligned(4 + header.length)
  const total = Object.values(columns).reduce(
    (sum, { byteLength }) => sum + aligned(byteLength),
    start,
  )
  const bytes = new Uint8Array(total)
  new DataView(bytes.buffer).setUint32(0, header.length, true)
  bytes.set(header, 4)
  let place = start
  for (const column of Object.values(columns)) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), place)
    place += aligned(column.byteLength)
  }
  return bytes
}

/** @throws store/corrupt for bytes that `encodeColumns` did not write */
export function decodeColumns(input: Uint8Array): Columns {
  // A copy whose buffer starts at an aligned place.
  const bytes = Uint8Array.from(input)
  const { meta, heads, start } = readHeader(bytes)
  const columns: Record<string, Column> = {}
  let place = start
  for (const { name, kind, length } of heads) {
    const make = kinds[kind]
    const size = length * make.BYTES_PER_ELEMENT
    if (place + size > bytes.length) throw damaged(`column ${name} is cut off`)
    columns[name] = new make(bytes.buffer, place, length)
    place += aligned(size)
  }
  return { meta, columns }
}

function readHeader(bytes: Uint8Array<ArrayBuffer>) {
  const length = bytes.length < 4 ? Number.NaN : new DataView(bytes.buffer).getUint32(0, true)
  if (!(4 + length <= bytes.length)) throw damaged('its header is cut off')
  let header: unknown
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(4, 4 + length)),
    )
  } catch (cause) {
    throw damaged('its header is no JSON', cause)
  }
  const { meta, columns } = (header ?? {}) as { meta?: Json; columns?: unknown }
  if (meta === undefined || !Array.isArray(columns) || !columns.every(isColumnHead)) {
    throw damaged('its header names no columns')
  }
  return { meta, heads: columns, start: aligned(4 + length) }
}

function isColumnHead(value: unknown): value is ColumnHead {
  const { name, kind, length } = (value ?? {}) as Partial<Record<keyof ColumnHead, unknown>>
  const isKnown = typeof kind === 'string' && Object.hasOwn(kinds, kind)
  return typeof name === 'string' && isKnown && Number.isSafeInteger(length) && Number(length) >= 0
}

function kindOf(column: Column): Kind {
  if (column instanceof Float64Array) return 'f64'
  if (column instanceof Float32Array) return 'f32'
  if (column instanceof Int32Array) return 'i32'
  return column instanceof Uint32Array ? 'u32' : 'u8'
}

function aligned(size: number): number {
  return Math.ceil(size / alignment) * alignment
}

function damaged(why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/corrupt',
    `A cell of the study is damaged: ${why}; delete the study's folder, or restore it from a copy`,
    { cause },
  )
}
