/**
 * Code of others fails in ways of its own. Each reason is said aloud once, and trouble that has nothing
 * to do with architectures ends the run, so that it is mended and resumed instead of costing every
 * trial: at once where a call cannot even be made (a package is missing, nobody gives an argument),
 * and when the first trials all raise the same.
 */
import type { Logger } from 'pino'
import { ArchloomError } from '#src/errors.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { Failure } from '#src/trial/record.ts'

export interface TroubleWatch {
  /** A call came to its end: what fails from now on is an architecture's own fault. */
  worked(): void
  /** The error to end the attempt with: its own, or one that ends the run. */
  failed(trial: number, error: unknown): unknown
}

/** Trials that must fail for one reason before any has worked; architectures differ, reasons then do. */
const enoughTrials = 3

/** @param where - the function, for messages */
export function watchTrouble(where: string, logger: Logger): TroubleWatch {
  const trials = new Map<string, Set<number>>()
  let hasWorked = false
  return {
    worked() {
      hasWorked = true
    },
    failed(trial, error) {
      if (!(error instanceof AttemptFailure) || error.failure.kind === 'cancelled') return error
      const { kind, message } = error.failure
      const failing = trials.get(message) ?? new Set()
      if (failing.size === 0) logger.warn({ trial, kind, reason: message }, 'The pipeline failed')
      trials.set(message, failing.add(trial))
      if (hasWorked) return error
      if (isRefusal(error.failure)) return refused(where, error)
      if (kind !== 'internal' || failing.size < enoughTrials) return error
      return new ArchloomError(
        'worker/task-failed',
        `${where} failed in the first ${failing.size} trials for one reason: ${message}; mend it and resume the run`,
        { details: { function: where, trials: [...failing] }, cause: error },
      )
    },
  }
}

/** The error to end the only call of a function with: its own, or one that ends the run. */
export function troubleOfOne(where: string, error: unknown): unknown {
  return error instanceof AttemptFailure && isRefusal(error.failure) ? refused(where, error) : error
}

/**
 * Whether the call could not be made, or what it gave not be carried. The worker explains that by
 * itself, without a traceback; a refusal of the function's own has one.
 */
function isRefusal({ kind, traceback }: Failure): boolean {
  return kind === 'invalid_task' && traceback === undefined
}

function refused(where: string, error: AttemptFailure): ArchloomError {
  return new ArchloomError(
    'worker/task-failed',
    `${where} cannot be used as it is: ${error.failure.message}; mend it and resume the run`,
    { details: { function: where }, cause: error },
  )
}
