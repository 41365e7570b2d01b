/**
 * The interface of the journal: the one source of truth about a run. `journal.ts` keeps it in
 * SQLite; README.md has the file's format and what a crash can and cannot do to it.
 */
import type { Json } from '#src/encoding/json.ts'
import type { ExperimentEvent, JournalEntry } from '#src/experiment/experiment.ts'

/** What is fixed about a run when it is created. */
export interface RunHeader {
  /** The version of archloom that created it. */
  readonly archloomVersion: string
  /** The resolved experiment document. */
  readonly document: Json
  /** Content hash of the document. */
  readonly documentHash: string
  /** Where the document came from: absolute path, SHA-256 of the file, `--set` overrides. */
  readonly source: {
    readonly path: string
    readonly sha256: string
    readonly overrides: readonly string[]
  }
  readonly createdMs: number
}

/** A journal opened for reading, at any time, also while its run goes on. */
export interface JournalReader extends Disposable {
  readonly header: RunHeader
  /** Every entry from a sequence number on (default 1), in order, read lazily. */
  entries(fromSequence?: number): IterableIterator<JournalEntry>
}

/** A journal opened by the one process that may write it. */
export interface Journal extends JournalReader {
  /**
   * Stamps an event and queues it for the next commit. Only pure decisions may follow from it until
   * `append` has returned; nothing outside the process may.
   */
  stage(event: ExperimentEvent): JournalEntry
  /**
   * Commits what is staged, then these events, in one transaction; returns once all are on disk.
   * @throws store/full when the disk is full: nothing of this commit is kept, all before it is
   */
  append(events: readonly ExperimentEvent[]): readonly JournalEntry[]
}
