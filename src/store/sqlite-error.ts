/** What SQLite's errors mean for a journal. */
import { ArchloomError } from '#src/errors.ts'
import { resumeCommand } from './run-folder.ts'

/** Primary result codes. @see https://www.sqlite.org/rescode.html */
const resultCodes = {
  error: 1,
  busy: 5,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const

/** Extended codes. */
const extendedCodes = {
  /** The log's index, a file beside the journal, cannot grow: the disk has no space for it. */
  noSpaceForIndex: 4874,
  /**
   * A reader found a change that has to be undone first. Only the switch to the log, before the
   * first commit, is undone that way.
   */
  mustUndo: 776,
} as const

/** Null for errors not of SQLite. */
function extendedCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}

/** The low byte of an error's code, which SQLite calls primary. */
function primaryCode(error: unknown): number | null {
  const code = extendedCode(error)
  return code === null ? null : code & 0xff
}

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === resultCodes.busy
}

export function isCorrupt(error: unknown): boolean {
  return primaryCode(error) === resultCodes.corrupt
}

export function isNoDatabase(error: unknown): boolean {
  const code = primaryCode(error)
  return code === resultCodes.notADatabase || code === resultCodes.cannotOpen
}

/**
 * The system refuses to read or write a file for another reason than space: a quota, a limit on the
 * size of files, a disk that fails or was made read-only.
 */
export function isRefused(error: unknown): boolean {
  const code = primaryCode(error)
  if (extendedCode(error) === extendedCodes.mustUndo) return false
  return code === resultCodes.inputOutput || code === resultCodes.readOnly
}

/** Every statement of a store is a constant, so a faulty one means that the tables are not as written. */
export function isFaulty(error: unknown): boolean {
  return primaryCode(error) === resultCodes.error
}

export function isFull(error: unknown): boolean {
  if (
    primaryCode(error) === resultCodes.full ||
    extendedCode(error) === extendedCodes.noSpaceForIndex
  )
    return true
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC'
}

/**
 * Does something to a run folder's files and says what went wrong in the folder's terms.
 *
 * @throws store/corrupt, store/full, store/unwritable, store/not-a-journal; other errors as they are
 */
export function explaining<T>(folder: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw explain(folder, error)
  }
}

function explain(folder: string, cause: unknown): unknown {
  const details = { folder }
  if (isCorrupt(cause)) return corrupt(folder, 'SQLite finds it malformed', cause)
  if (isFull(cause)) {
    return new ArchloomError(
      'store/full',
      `The disk is full: the journal in ${folder} cannot grow, all that it holds is safe; free some space, then continue with ${resumeCommand(folder)}`,
      { cause, details: { ...details, resume: resumeCommand(folder) } },
    )
  }
  if (isRefused(cause)) {
    return new ArchloomError(
      'store/unwritable',
      `The disk refuses to read or write the journal in ${folder} (${textOf(cause)}), all that it holds is safe; look for a quota, a limit on file sizes or a failing disk, then continue with ${resumeCommand(folder)}`,
      { cause, details: { ...details, resume: resumeCommand(folder) } },
    )
  }
  if (isFaulty(cause)) return corrupt(folder, String(cause), cause)
  if (extendedCode(cause) === extendedCodes.mustUndo) return notBegun(folder, cause)
  if (isNoDatabase(cause)) return notAJournal(folder, 'its journal.sqlite is no SQLite file', cause)
  return cause
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export function corrupt(folder: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/corrupt',
    `The journal in ${folder} is damaged: ${why}; restore the folder from a copy or start a new run`,
    { cause, details: { folder } },
  )
}

export function notAJournal(folder: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/not-a-journal',
    `${folder} is not a run folder: ${why}; give the folder that archloom run printed`,
    { cause, details: { folder } },
  )
}

/** Its process died before the first commit: there are no events, and no document to run. */
export function notBegun(folder: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/not-a-journal',
    `The run in ${folder} died before it began; start it again, in the same folder if you like`,
    { cause, details: { folder } },
  )
}
