/** Writes the compact file of a table: all of it, or nothing. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { sha256 } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import type { ColumnEncoding } from './column.ts'
import {
  columnAlignment,
  formatHeader,
  preambleBytes,
  type TableColumn,
  type TableDescription,
  tableHash,
} from './compact-format.ts'

type Placed = 'encoding' | 'offset' | 'byteCount' | 'sha256'
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** What a column is, without where it lies. */
export type ColumnWords = Without<TableColumn, Placed>

/** A file being written; disposing it before `finish` leaves nothing behind. */
export interface CompactWriter extends Disposable {
  add(words: ColumnWords, encoding: ColumnEncoding, bytes: Uint8Array): void
  /** @returns the hash of the content; the file is in its place, whole */
  finish(description: TableDescription, rowCount: number): string
}

/**
 * @remarks Everything goes into a draft beside the file, which takes its place at the end: a reader
 *   finds the old file or the new one, never a part.
 * @throws benchmark/invalid when the folder or the draft cannot be made
 */
export function createCompactFile(path: string): CompactWriter {
  const draft = `${path}.${process.pid}.new`
  const columns: TableColumn[] = []
  const file = openDraft(draft, path)
  let isOpen = true
  let end = preambleBytes
  const write = (bytes: Uint8Array, offset: number) => {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(file, bytes, done, bytes.length - done, offset + done)
    }
  }
  return {
    add(words, encoding, bytes) {
      const place = { encoding, offset: end, byteCount: bytes.length, sha256: sha256(bytes) }
      write(bytes, end)
      columns.push({ ...words, ...place })
      end += Math.ceil(bytes.length / columnAlignment) * columnAlignment
    },
    finish(description, rowCount) {
      const header = { description, rowCount, columns }
      const { bytes, preamble } = formatHeader(header, end)
      write(bytes, end)
      write(preamble, 0)
      fsyncSync(file)
      closeSync(file)
      isOpen = false
      renameSync(draft, path)
      return tableHash(header)
    },
    [Symbol.dispose]() {
      if (!isOpen) return
      closeSync(file)
      rmSync(draft, { force: true })
    },
  }
}

function openDraft(draft: string, path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true })
    return openSync(draft, 'w')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ArchloomError(
      'benchmark/invalid',
      `The benchmark file ${path} cannot be written: ${why}; choose another place with --out or --folder`,
      { details: { path }, cause },
    )
  }
}
