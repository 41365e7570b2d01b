/**
 * Code of others fails in ways of its own. Each reason is said aloud once, and trouble that has nothing
 * to do with architectures (a package that is missing, an argument that nobody gives) ends the run, so
 * that it is mended and resumed instead of costing every trial.
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
      if (hasWorked || failing.size < enoughTrials || !isEverywhere(error.failure)) return error
      return new ArchloomError(
        'worker/task-failed',
        `${where} failed in the first ${failing.size} trials for one reason: ${message}; mend it and resume the run`,
        { details: { function: where, trials: [...failing] }, cause: error },
      )
    },
  }
}

/**
 * Whether a reason may be the same for every architecture. The worker explains by itself, without a
 * traceback, why a call cannot be made; a refusal of the function's own has one.
 */
function isEverywhere({ kind, traceback }: Failure): boolean {
  return kind === 'internal' || (kind === 'invalid_task' && traceback === undefined)
}
