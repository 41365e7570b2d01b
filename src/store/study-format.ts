/** The tables and the header of a study's database, format version 1. */
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { corrupt, notAStudy } from './study-error.ts'

/** Raised by every change that an older archloom could not read. */
const formatVersion = 1

/** `ARCS` in ASCII, in SQLite's header: tells a study from any other database. */
const applicationId = 0x41524353

const Header = z.object({
  archloomVersion: z.string(),
  document: z.json(),
  documentHash: z.string(),
  source: z.object({ path: z.string(), sha256: z.string(), overrides: z.array(z.string()) }),
  createdMs: z.number(),
})

/** What is known of a study when it begins, renewed when it is continued with more in it. */
export interface StudyHeader {
  readonly archloomVersion: string
  /** The resolved study document. */
  readonly document: Json
  readonly documentHash: string
  readonly source: {
    readonly path: string
    readonly sha256: string
    readonly overrides: readonly string[]
  }
  readonly createdMs: number
}

/** Makes the tables and writes the header: there is all of it or nothing. */
export function createTables(database: DatabaseSync, header: StudyHeader): void {
  inTransaction(database, () => {
    database.exec(`
      PRAGMA application_id = ${applicationId};
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE fact (
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, label)
      ) STRICT;
      CREATE TABLE cell (
        benchmark TEXT NOT NULL,
        method TEXT NOT NULL,
        seed INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        summary BLOB NOT NULL,
        trajectory BLOB NOT NULL,
        PRIMARY KEY (benchmark, method, seed)
      ) STRICT, WITHOUT ROWID;
    `)
    const insert = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
    insert.run('format', String(formatVersion))
    insert.run('header', JSON.stringify(header))
  })
}

/**
 * Reads the header of an open database.
 *
 * @throws store/not-a-journal, store/newer, store/corrupt
 */
export function readHeader(database: DatabaseSync, folder: string): StudyHeader {
  const application = database.prepare('PRAGMA application_id').get()?.application_id
  if (application !== applicationId) {
    throw notAStudy(folder, 'its study.sqlite is the database of another program')
  }
  const rows = database.prepare('SELECT key, value FROM meta').all()
  const meta = new Map(rows.map(({ key, value }) => [String(key), String(value)]))
  const format = Number(meta.get('format'))
  if (format > formatVersion) {
    throw new ArchloomError(
      'store/newer',
      `The study in ${folder} has format ${format}, but this archloom reads formats up to ${formatVersion}; use the archloom that wrote it or a later one`,
      { details: { folder, format, known: formatVersion } },
    )
  }
  try {
    return Header.parse(JSON.parse(meta.get('header') ?? ''))
  } catch (cause) {
    throw corrupt(folder, 'its header is unreadable', cause)
  }
}

/** All of an action's changes or none. */
export function inTransaction(database: DatabaseSync, action: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    action()
    database.exec('COMMIT')
  } catch (error) {
    // A full disk ends the transaction by itself; other failures leave it open.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
