/** Why a run stops before its end, and the error that says so. */
import { ArchloomError } from '#src/errors.ts'
import { resumeCommand } from '#src/store/run-folder.ts'
import type { Failure } from '#src/trial/record.ts'

export type Stop =
  /** The person or the system asked for it. */
  | { readonly type: 'interrupted' }
  /** A failure that every later trial would meet too. */
  | { readonly type: 'aborted'; readonly failure: Failure }
  /** A broken program or a broken world. */
  | { readonly type: 'broken'; readonly error: unknown }

export function stopError(stop: Stop, folder: string): unknown {
  const resume = resumeCommand(folder)
  switch (stop.type) {
    case 'interrupted':
      return new ArchloomError(
        'run/interrupted',
        `The run was interrupted and all that it has measured is kept; continue it with ${resume}`,
        { details: { folder, resume } },
      )
    case 'aborted':
      return new ArchloomError(
        'config/data-corrupt',
        `${stop.failure.message}; mend it, then continue with ${resume}`,
        { details: { folder, resume, failure: stop.failure } },
      )
    case 'broken':
      return stop.error
  }
}
