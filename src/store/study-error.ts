/** What SQLite's errors mean for a study. */
import { ArchloomError } from '#src/errors.ts'
import { isCorrupt, isFaulty, isFull, isNoDatabase, isRefused, textOf } from './sqlite-error.ts'
import { resumeStudyCommand } from './study-folder.ts'

/**
 * Does something to a study's database and says what went wrong in the folder's terms.
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
  if (cause instanceof ArchloomError) return cause
  if (isFull(cause)) {
    return new ArchloomError(
      'store/full',
      `The disk is full: the study in ${folder} cannot grow, all that it holds is safe; free some space, then continue with ${resumeStudyCommand(folder)}`,
      { cause, details: { folder, resume: resumeStudyCommand(folder) } },
    )
  }
  if (isRefused(cause)) {
    return new ArchloomError(
      'store/unwritable',
      `The disk refuses to read or write the study in ${folder} (${textOf(cause)}), all that it holds is safe; look for a quota, a limit on file sizes or a failing disk, then continue with ${resumeStudyCommand(folder)}`,
      { cause, details: { folder, resume: resumeStudyCommand(folder) } },
    )
  }
  if (isNoDatabase(cause)) return notAStudy(folder, 'its study.sqlite is no SQLite file', cause)
  return isCorrupt(cause) || isFaulty(cause)
    ? corrupt(folder, 'SQLite finds it malformed', cause)
    : cause
}

export function corrupt(folder: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/corrupt',
    `The study in ${folder} is damaged: ${why}; restore the folder from a copy or start the study in another one`,
    { cause, details: { folder } },
  )
}

export function notAStudy(folder: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/not-a-journal',
    `${folder} is not a study's folder: ${why}; give the folder that archloom compare printed`,
    { cause, details: { folder } },
  )
}
