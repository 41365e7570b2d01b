import type { Failure } from './record.ts'

/**
 * An attempt that failed for a classified reason. Evaluators and the worker pool throw it; the
 * journal keeps its `failure`, and `judgeFailure` says what it means for the trial.
 */
export class AttemptFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.name = 'AttemptFailure'
    this.failure = failure
  }
}
