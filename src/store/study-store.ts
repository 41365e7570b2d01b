/**
 * The finished cells of a study, in SQLite: one row a cell. What was committed survives whatever ends
 * the process; what was not is computed again, with the same result.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import type { Clock } from '#src/time/clock.ts'
import { lockRun } from './run-lock.ts'
import { isCorrupt, isFaulty, isFull, isNoDatabase } from './sqlite-error.ts'
import { resumeStudyCommand, studyFiles } from './study-folder.ts'

/** Raised by every change that an older archloom could not read. */
const formatVersion = 1

/** `ARCS` in ASCII, in SQLite's header: tells a study from any other database. */
const applicationId = 0x41524353

/** Milliseconds to wait for another connection's commit. */
const busyTimeoutMs = 5000

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

export interface StoredKey {
  readonly method: string
  readonly benchmark: string
  readonly seed: string
}

/** A finished cell as it is kept. */
export interface StoredCell extends StoredKey {
  /** Hash of the environment that computed it. */
  readonly fingerprint: string
  readonly summary: Uint8Array
  readonly trajectory: Uint8Array
}

/** What a label stood for when its cells were computed; kinds are the caller's words. */
export interface StoredFact {
  readonly kind: string
  readonly label: string
  readonly body: Json
}

export interface StudyReader extends Disposable {
  readonly header: StudyHeader
  facts(): readonly StoredFact[]
  keys(): readonly StoredKey[]
  /** Without trajectories; by benchmark, method and seed, read lazily. */
  summaries(): IterableIterator<Omit<StoredCell, 'trajectory'>>
  /** Null for a cell that is not finished. */
  trajectory(key: StoredKey): Uint8Array | null
}

export interface StudyStore extends StudyReader {
  /** Commits the header and the facts; those of the same kind and label are replaced. */
  describe(header: StudyHeader, facts: readonly StoredFact[]): void
  /** Commits cells, all or none; returns once they are written. */
  add(cells: readonly StoredCell[]): void
}

/** Whether a folder holds a study. */
export function isStudyFolder(folder: string): boolean {
  return existsSync(studyFiles(folder).database)
}

/**
 * Opens a study for the one process that may write it; makes it where there is none.
 *
 * @throws store/locked, store/not-a-journal, store/newer, store/corrupt, store/full
 */
export function openStudyStore(folder: string, header: StudyHeader, clock: Clock): StudyStore {
  mkdirSync(folder, { recursive: true })
  const lock = lockRun(folder, clock)
  try {
    const database = new DatabaseSync(studyFiles(folder).database, { timeout: busyTimeoutMs })
    return closingOnError(database, () =>
      explaining(folder, () => {
        if (isBlank(database)) createTables(database, header)
        const known = readHeader(database, folder)
        database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
        return writer({ folder, database, lock }, known)
      }),
    )
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

/**
 * Opens a study for reading, also while it goes on.
 *
 * @throws store/not-a-journal, store/newer, store/corrupt
 */
export function readStudyStore(folder: string): StudyReader {
  const path = studyFiles(folder).database
  if (!existsSync(path)) throw notAStudy(folder, 'it holds no study.sqlite')
  return explaining(folder, () => {
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true })
    return closingOnError(database, () => reader(folder, database, readHeader(database, folder)))
  })
}

function isBlank(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}

function createTables(database: DatabaseSync, header: StudyHeader): void {
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

/** @throws store/not-a-journal, store/newer, store/corrupt */
function readHeader(database: DatabaseSync, folder: string): StudyHeader {
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

interface Writing {
  readonly folder: string
  readonly database: DatabaseSync
  readonly lock: Disposable
}

function writer({ folder, database, lock }: Writing, header: StudyHeader): StudyStore {
  const base = reader(folder, database, header)
  const insert = database.prepare(
    'INSERT OR REPLACE INTO cell (benchmark, method, seed, fingerprint, summary, trajectory) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const setHeader = database.prepare("UPDATE meta SET value = ? WHERE key = 'header'")
  const setFact = database.prepare(
    'INSERT OR REPLACE INTO fact (kind, label, body) VALUES (?, ?, ?)',
  )
  const commit = (action: () => void) => explaining(folder, () => inTransaction(database, action))
  return {
    ...base,
    describe(next, facts) {
      commit(() => {
        setHeader.run(JSON.stringify(next))
        for (const { kind, label, body } of facts) setFact.run(kind, label, JSON.stringify(body))
      })
    },
    add(cells) {
      commit(() => {
        for (const { benchmark, method, seed, fingerprint, summary, trajectory } of cells) {
          insert.run(benchmark, method, BigInt(seed), fingerprint, summary, trajectory)
        }
      })
    },
    [Symbol.dispose]() {
      if (database.isOpen) database.close()
      lock[Symbol.dispose]()
    },
  }
}

function reader(folder: string, database: DatabaseSync, header: StudyHeader): StudyReader {
  const summaries = database.prepare(
    'SELECT benchmark, method, seed, fingerprint, summary FROM cell ORDER BY benchmark, method, seed',
  )
  const keys = database.prepare('SELECT benchmark, method, seed FROM cell')
  const trajectory = database.prepare(
    'SELECT trajectory FROM cell WHERE benchmark = ? AND method = ? AND seed = ?',
  )
  const facts = database.prepare('SELECT kind, label, body FROM fact')
  return {
    header,
    facts: () =>
      explaining(folder, () =>
        facts.all().map(({ kind, label, body }) => ({
          kind: String(kind),
          label: String(label),
          body: readJson(folder, body),
        })),
      ),
    keys: () => explaining(folder, () => keys.all().map(readKey)),
    *summaries() {
      for (const row of explaining(folder, () => summaries.iterate())) {
        const { fingerprint, summary } = row
        yield { ...readKey(row), fingerprint: String(fingerprint), summary: bytesOf(summary) }
      }
    },
    trajectory({ benchmark, method, seed }) {
      const row = explaining(folder, () => trajectory.get(benchmark, method, BigInt(seed)))
      return row === undefined ? null : bytesOf(row.trajectory)
    },
    [Symbol.dispose]() {
      if (database.isOpen) database.close()
    },
  }
}

type Row = Readonly<Record<string, SQLOutputValue>>

function readKey({ benchmark, method, seed }: Row): StoredKey {
  return { benchmark: String(benchmark), method: String(method), seed: String(seed) }
}

function bytesOf(value: SQLOutputValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

function readJson(folder: string, text: SQLOutputValue | undefined): Json {
  try {
    return JSON.parse(String(text)) as Json
  } catch (cause) {
    throw corrupt(folder, 'a fact in it is no JSON', cause)
  }
}

function inTransaction(database: DatabaseSync, action: () => void): void {
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

function closingOnError<T>(database: DatabaseSync, build: () => T): T {
  try {
    return build()
  } catch (error) {
    database.close()
    throw error
  }
}

function explaining<T>(folder: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw explain(folder, error)
  }
}

function explain(folder: string, cause: unknown): unknown {
  if (cause instanceof ArchloomError) return cause
  if (isFull(cause)) {
    return new ArchloomError(
      'store/full',
      `The disk is full: the study in ${folder} cannot grow, all that it holds is safe; free some space, then continue with ${resumeStudyCommand(folder)}`,
      { cause, details: { folder, resume: resumeStudyCommand(folder) } },
    )
  }
  if (isNoDatabase(cause)) return notAStudy(folder, 'its study.sqlite is no SQLite file', cause)
  return isCorrupt(cause) || isFaulty(cause)
    ? corrupt(folder, 'SQLite finds it malformed', cause)
    : cause
}

function corrupt(folder: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/corrupt',
    `The study in ${folder} is damaged: ${why}; restore the folder from a copy or start the study in another one`,
    { cause, details: { folder } },
  )
}

function notAStudy(folder: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/not-a-journal',
    `${folder} is not a study's folder: ${why}; give the folder that archloom compare printed`,
    { cause, details: { folder } },
  )
}
