/** The journal's tables and header, format version 1. */
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { corrupt, notAJournal, notBegun } from './sqlite-error.ts'
import type { RunHeader } from './store.ts'

/** Raised by every change that an older archloom could not read. */
export const formatVersion = 1

/** `ARCL` in ASCII, in SQLite's header at byte 68: tells a journal from any other database. */
export const applicationId = 0x4152434c

const Header = z.object({
  archloomVersion: z.string(),
  document: z.json(),
  documentHash: z.string(),
  source: z.object({
    path: z.string(),
    sha256: z.string(),
    overrides: z.array(z.string()),
  }),
  createdMs: z.number(),
})

/** Whether the database has no table yet. */
export function isBlank(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}

/** Whether it is a journal of a run that was refused, or died, before its first event. */
export function isUnused(database: DatabaseSync): boolean {
  const application = database.prepare('PRAGMA application_id').get()?.application_id
  if (application !== applicationId) return false
  return database.prepare('SELECT 1 FROM event LIMIT 1').get() === undefined
}

/**
 * Makes the tables and writes the header, in one transaction: there is all of it or nothing. Takes
 * the place of tables without events.
 */
export function createTables(database: DatabaseSync, header: RunHeader): void {
  database.exec(`
    BEGIN IMMEDIATE;
    PRAGMA application_id = ${applicationId};
    DROP TABLE IF EXISTS meta;
    DROP TABLE IF EXISTS event;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE event (
      sequence INTEGER PRIMARY KEY,
      time_ms INTEGER NOT NULL,
      type TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
  `)
  try {
    const insert = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
    insert.run('format', String(formatVersion))
    insert.run('header', JSON.stringify(header))
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * Reads the header of an open database.
 *
 * @throws store/not-a-journal, store/newer, store/corrupt
 */
export function readHeader(database: DatabaseSync, folder: string): RunHeader {
  const application = database.prepare('PRAGMA application_id').get()?.application_id
  if (application !== applicationId) {
    throw isBlank(database)
      ? notBegun(folder)
      : notAJournal(folder, 'its journal.sqlite is the database of another program')
  }
  const meta = new Map(
    database
      .prepare('SELECT key, value FROM meta')
      .all()
      .map((row) => [String(row.key), String(row.value)]),
  )
  const format = Number(meta.get('format'))
  if (!Number.isInteger(format)) throw corrupt(folder, 'it names no format version')
  if (format > formatVersion) {
    throw new ArchloomError(
      'store/newer',
      `The journal in ${folder} has format ${format}, but this archloom reads formats up to ${formatVersion}; use the archloom that wrote it or a later one`,
      { details: { folder, format, known: formatVersion } },
    )
  }
  return parseHeader(meta.get('header'), folder)
}

function parseHeader(text: string | undefined, folder: string): RunHeader {
  try {
    return Header.parse(JSON.parse(text ?? ''))
  } catch (cause) {
    throw corrupt(folder, 'its header is unreadable', cause)
  }
}
