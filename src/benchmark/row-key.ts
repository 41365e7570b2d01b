/** Sixteen bytes that a row is found by. */
import { hash } from 'node:crypto'

export const keyBytes = 16

/**
 * The key of a text: its own bytes if it is the hexadecimal form of sixteen, as the graph hashes of
 * NAS-Bench-101 are, else the first half of its SHA-256.
 */
export function rowKey(text: string): Buffer {
  if (/^[0-9a-f]{32}$/.test(text)) return Buffer.from(text, 'hex')
  return hash('sha256', text, 'buffer').subarray(0, keyBytes)
}

/**
 * Finds keys among sorted ones.
 *
 * @param keys - sixteen bytes a key, ascending
 * @returns a function from a key to its position, or -1
 */
export function keyFinder(keys: Buffer): (key: Buffer) => number {
  // Four bytes tell nearly all keys apart, and are compared thirty times as fast as buffers.
  const starts = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
  return (key) => {
    const start = key.readUInt32BE(0)
    let from = 0
    let to = keys.length / keyBytes
    while (from < to) {
      const middle = (from + to) >>> 1
      const at = middle * keyBytes
      const other = starts.getUint32(at)
      const order =
        other === start ? keys.compare(key, 0, keyBytes, at, at + keyBytes) : other - start
      if (order === 0) return middle
      if (order < 0) from = middle + 1
      else to = middle
    }
    return -1
  }
}

/** Keys of rows as they come, each once. */
export interface KeyIndex {
  readonly rowCount: number
  /** The row of a key, or -1. */
  find(key: Buffer): number
  /** @param key - not there yet */
  add(key: Buffer): number
  /** The keys ascending, and the row of each. */
  sorted(): { readonly keys: Buffer; readonly rows: Uint32Array }
}

/** An open-addressing table: 24 to 40 bytes a row, where a `Map` of strings takes 120. */
export function keyIndex(): KeyIndex {
  let keys = Buffer.alloc(1024 * keyBytes)
  /** Row plus one at the place of its key's first bytes, or the next free one; at most half full. */
  let places = new Uint32Array(2048)
  let rowCount = 0
  const placeOf = (key: Buffer) => {
    const mask = places.length - 1
    let place = key.readUInt32LE(0) & mask
    for (;;) {
      const row = (places[place] ?? 0) - 1
      if (row < 0 || isKeyAt(keys, row, key)) return place
      place = (place + 1) & mask
    }
  }
  const grow = () => {
    keys = Buffer.concat([keys], 2 * keys.length)
    places = new Uint32Array(2 * places.length)
    for (let row = 0; row < rowCount; row++) places[placeOf(keyAt(keys, row))] = row + 1
  }
  return {
    get rowCount() {
      return rowCount
    },
    find: (key) => (places[placeOf(key)] ?? 0) - 1,
    add(key) {
      if (rowCount * keyBytes === keys.length) grow()
      const place = placeOf(key)
      key.copy(keys, rowCount * keyBytes, 0, keyBytes)
      rowCount += 1
      places[place] = rowCount
      return rowCount - 1
    },
    sorted() {
      const rows = Uint32Array.from({ length: rowCount }, (_, row) => row)
      rows.sort((one, other) =>
        keys.compare(
          keys,
          other * keyBytes,
          (other + 1) * keyBytes,
          one * keyBytes,
          (one + 1) * keyBytes,
        ),
      )
      const sorted = Buffer.alloc(rowCount * keyBytes)
      for (const [position, row] of rows.entries()) {
        keyAt(keys, row).copy(sorted, position * keyBytes)
      }
      return { keys: sorted, rows }
    },
  }
}

/** Word by word, which is several times as fast as comparing buffers. */
function isKeyAt(keys: Buffer, row: number, key: Buffer): boolean {
  const at = row * keyBytes
  return (
    keys.readInt32LE(at) === key.readInt32LE(0) &&
    keys.readInt32LE(at + 4) === key.readInt32LE(4) &&
    keys.readInt32LE(at + 8) === key.readInt32LE(8) &&
    keys.readInt32LE(at + 12) === key.readInt32LE(12)
  )
}

function keyAt(keys: Buffer, row: number): Buffer {
  return keys.subarray(row * keyBytes, (row + 1) * keyBytes)
}
