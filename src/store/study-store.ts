/**
 * The finished cells of a study, in SQLite: one row a cell. What was committed survives whatever ends
 * the process; what was not is computed again, with the same result.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import type { Json } from '#src/encoding/json.ts'
import type { Clock } from '#src/time/clock.ts'
import { isBlank } from './journal-format.ts'
import { lockRun } from './run-lock.ts'
import { corrupt, explaining, notAStudy } from './study-error.ts'
import { studyFiles } from './study-folder.ts'
import { createTables, inTransaction, readHeader, type StudyHeader } from './study-format.ts'

/** Milliseconds to wait for another connection's commit. */
const busyTimeoutMs = 5000

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

function closingOnError<T>(database: DatabaseSync, build: () => T): T {
  try {
    return build()
  } catch (error) {
    database.close()
    throw error
  }
}
