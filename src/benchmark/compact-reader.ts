/** Reads the compact file of a table, each column when it is first asked for. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { sha256 } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import { type ColumnValues, columnValues } from './column.ts'
import {
  damaged,
  preambleBytes,
  readHeader,
  readPreamble,
  type TableColumn,
  type TableHeader,
  tableHash,
} from './compact-format.ts'

export interface CompactFile extends Disposable {
  readonly path: string
  readonly header: TableHeader
  /** SHA-256 over all that decides an answer, the columns' hashes among it. */
  readonly contentHash: string
  readonly fileBytes: number
  /**
   * A column's bytes, checked against their hash; kept by whoever asks.
   * @throws benchmark/invalid
   */
  bytes(column: TableColumn): Buffer
  /** A column's numbers, read once and kept. */
  values(column: TableColumn): ColumnValues
}

/** @throws benchmark/not-found, benchmark/invalid */
export function openCompactFile(path: string): CompactFile {
  const file = openFile(path)
  try {
    return readCompactFile(path, file)
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function readCompactFile(path: string, file: number): CompactFile {
  const fileBytes = fstatSync(file).size
  const place = readPreamble(readAt(file, 0, Math.min(preambleBytes, fileBytes)), path, fileBytes)
  const header = readHeader(readAt(file, place.offset, place.byteCount), place, path)
  const read = new Map<TableColumn, ColumnValues>()
  let isOpen = true
  const bytes = (column: TableColumn) => {
    if (!isOpen) {
      throw new ArchloomError('internal/invariant', `The benchmark file ${path} was closed before`)
    }
    const found = readAt(file, column.offset, column.byteCount)
    if (sha256(found) !== column.sha256) {
      throw damaged(path, `the hash of its column ${columnName(column)} differs`)
    }
    return found
  }
  return {
    path,
    header,
    contentHash: tableHash(header),
    fileBytes,
    bytes,
    values(column) {
      const known = read.get(column)
      if (known !== undefined) return known
      const made = columnValues(column.encoding, bytes(column))
      read.set(column, made)
      return made
    },
    [Symbol.dispose]() {
      if (isOpen) closeSync(file)
      isOpen = false
    },
  }
}

/** In words, for errors. */
function columnName(column: TableColumn): string {
  switch (column.role) {
    case 'metric': {
      const { metric, dataset, epoch, epochs, repeat } = column
      return `${metric} on ${dataset} after ${epoch} of ${epochs} epochs, ${repeat === null ? 'mean' : `repeat ${repeat}`}`
    }
    case 'count':
      return `${column.count} on ${column.dataset}`
    default:
      return column.role
  }
}

function openFile(path: string): number {
  try {
    const file = openSync(path, 'r')
    if (fstatSync(file).isFile()) return file
    closeSync(file)
    throw damaged(path, 'it is a folder')
  } catch (cause) {
    if (cause instanceof ArchloomError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ArchloomError(
      'benchmark/not-found',
      `The benchmark file ${path} cannot be read: ${why}; make it with archloom bench import`,
      { details: { path }, cause },
    )
  }
}

/** Fewer bytes where the file ends before. */
function readAt(file: number, offset: number, byteCount: number): Buffer {
  // A buffer of its own starts at a multiple of eight, as arrays on it need.
  const bytes = Buffer.from(new ArrayBuffer(byteCount))
  let done = 0
  while (done < byteCount) {
    const count = readSync(file, bytes, done, byteCount - done, offset + done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}
