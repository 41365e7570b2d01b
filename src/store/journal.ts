/** The journal in SQLite: README.md has the format and what a crash can do to it. */
import { existsSync, mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ArchloomError, invariant } from '#src/errors.ts'
import { ExperimentEvent, type JournalEntry } from '#src/experiment/experiment.ts'
import type { Clock } from '#src/time/clock.ts'
import { createTables, isBlank, isUnused, readHeader } from './journal-format.ts'
import { resumeCommand, runFiles } from './run-folder.ts'
import { lockRun } from './run-lock.ts'
import { corrupt, explaining, notAJournal } from './sqlite-error.ts'
import type { Journal, JournalReader, RunHeader } from './store.ts'

export interface JournalOptions {
  /** The file's largest size in pages of 4096 bytes; growing beyond it counts as a full disk. */
  readonly maxPageCount?: number
}

/** How long a statement waits for another process's transaction, in milliseconds. */
const busyTimeoutMs = 5_000
/** Entries fetched at once: few enough to hold, enough to make the query's cost vanish. */
const batchSize = 1_000

interface Row {
  readonly sequence: number
  readonly time_ms: number
  readonly body: string
}

/**
 * Makes the run folder if need be, takes its lock and creates the journal.
 *
 * @throws store/exists when the folder already holds a run, store/locked, store/full
 */
export function createJournal(
  folder: string,
  header: RunHeader,
  clock: Clock,
  options: JournalOptions = {},
): Journal {
  return explaining(folder, () => {
    mkdirSync(folder, { recursive: true })
    return holding(lockRun(folder, clock), (lock) => {
      const database = openDatabase(folder, options)
      return closingOnError(database, () => {
        // A process that died before its first commit leaves a file without tables, a start that was
        // refused (a benchmark that is not there, an environment that is not made) one without events.
        if (!isBlank(database) && !isUnused(database)) throw alreadyThere(folder)
        database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
        createTables(database, header)
        return writer({ folder, database, clock, lock }, header)
      })
    })
  })
}

/**
 * Opens a run's journal for the one process that may write it.
 *
 * @throws store/not-a-journal, store/corrupt, store/newer, store/locked
 */
export function openJournal(folder: string, clock: Clock, options: JournalOptions = {}): Journal {
  return explaining(folder, () => {
    requireJournal(folder)
    return holding(lockRun(folder, clock), (lock) => {
      const database = openDatabase(folder, options)
      return closingOnError(database, () => {
        const header = readHeader(database, folder)
        database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
        return writer({ folder, database, clock, lock }, header)
      })
    })
  })
}

/**
 * Opens a run's journal for reading; takes no lock and disturbs no run.
 *
 * @throws store/not-a-journal, store/corrupt, store/newer
 */
export function readJournal(folder: string): JournalReader {
  return explaining(folder, () => {
    requireJournal(folder)
    const path = runFiles(folder).journal
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true })
    return closingOnError(database, () => reader(folder, database, readHeader(database, folder)))
  })
}

function requireJournal(folder: string): void {
  if (!existsSync(folder)) throw notAJournal(folder, 'there is no such folder')
  if (!existsSync(runFiles(folder).journal)) {
    throw notAJournal(folder, 'it holds no journal.sqlite')
  }
}

function alreadyThere(folder: string): ArchloomError {
  return new ArchloomError(
    'store/exists',
    `${folder} already holds a run; continue it with ${resumeCommand(folder)} or give another folder`,
    { details: { folder, resume: resumeCommand(folder) } },
  )
}

function openDatabase(folder: string, { maxPageCount }: JournalOptions): DatabaseSync {
  const database = new DatabaseSync(runFiles(folder).journal, { timeout: busyTimeoutMs })
  if (maxPageCount !== undefined) database.exec(`PRAGMA max_page_count = ${maxPageCount}`)
  return database
}

/** Frees a resource when what is built on it fails; else it lives on inside the result. */
function holding<R extends Disposable, T>(resource: R, build: (resource: R) => T): T {
  try {
    return build(resource)
  } catch (error) {
    resource[Symbol.dispose]()
    throw error
  }
}

function closingOnError<T>(database: DatabaseSync, build: () => T): T {
  return holding({ [Symbol.dispose]: () => database.close() }, build)
}

interface Writing {
  readonly folder: string
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly lock: Disposable
}

function writer({ folder, database, clock, lock }: Writing, header: RunHeader): Journal {
  const insert = database.prepare(
    'INSERT INTO event (sequence, time_ms, type, body) VALUES (?, ?, ?, ?)',
  )
  const last = database.prepare('SELECT coalesce(max(sequence), 0) AS sequence FROM event').get()
  let nextSequence = Number(last?.sequence) + 1
  let staged: JournalEntry[] = []

  const stage = (event: ExperimentEvent): JournalEntry => {
    const parsed = ExperimentEvent.safeParse(event)
    if (!parsed.success) throw unwritable(event, parsed.error)
    const entry: JournalEntry = {
      sequence: nextSequence,
      timeMs: Math.round(clock.nowMs()),
      event: parsed.data,
    }
    nextSequence += 1
    staged.push(entry)
    return entry
  }
  const commit = () => {
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const { sequence, timeMs, event } of staged) {
        insert.run(sequence, timeMs, event.type, JSON.stringify(event))
      }
      database.exec('COMMIT')
    } catch (error) {
      // A full disk ends the transaction by itself; other failures leave it open.
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
    staged = []
  }
  return {
    ...reader(folder, database, header),
    stage,
    append(events) {
      const entries = events.map(stage)
      if (staged.length > 0) explaining(folder, commit)
      return entries
    },
    [Symbol.dispose]() {
      if (database.isOpen) database.close()
      lock[Symbol.dispose]()
    },
  }
}

/** What cannot be read back must not be written: the run could never be resumed. */
function unwritable(event: ExperimentEvent, error: { issues: readonly unknown[] }): ArchloomError {
  return new ArchloomError(
    'internal/invariant',
    `Event ${event.type} does not fit the journal's schema`,
    { details: { issues: error.issues } },
  )
}

function reader(folder: string, database: DatabaseSync, header: RunHeader): JournalReader {
  const select = database.prepare(
    'SELECT sequence, time_ms, body FROM event WHERE sequence >= ? ORDER BY sequence LIMIT ?',
  )
  // Batches, not one long query: an open query would keep the log from being folded back into the
  // database while a run goes on.
  function* entries(fromSequence = 1): IterableIterator<JournalEntry> {
    let expected = Math.max(1, fromSequence)
    for (;;) {
      const rows = explaining(folder, () => select.all(expected, batchSize)) as unknown as Row[]
      for (const row of rows) yield readEntry(folder, row, expected++)
      if (rows.length < batchSize) return
    }
  }
  return {
    header,
    entries,
    [Symbol.dispose]() {
      if (database.isOpen) database.close()
    },
  }
}

function readEntry(folder: string, row: Row, expected: number): JournalEntry {
  if (row.sequence !== expected) {
    throw corrupt(folder, `entry ${expected} is missing before entry ${row.sequence}`)
  }
  return { sequence: row.sequence, timeMs: row.time_ms, event: readEvent(folder, row) }
}

function readEvent(folder: string, { sequence, body }: Row): ExperimentEvent {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (cause) {
    throw corrupt(folder, `entry ${sequence} is no JSON`, cause)
  }
  const parsed = ExperimentEvent.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  invariant(issue, 'A failed validation has an issue')
  const place = issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
  throw corrupt(
    folder,
    `entry ${sequence} is no valid event: ${place}${issue.message}`,
    parsed.error,
  )
}
