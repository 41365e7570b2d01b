import { type RunSummary, testFailureOf } from '#src/report/run-summary.ts'

/**
 * What a carried out run says to whoever scripts it: 0 unless it lacks what it was asked for. A run
 * whose trials all ended without a result, and one without the test metric, end with 2 where what was
 * asked for is wrong, and with 3 where something failed on the way.
 */
export function exitStatus(summary: RunSummary): number {
  const { trials, best } = summary
  if (trials.length > 0 && best.overTrials.length === 0) {
    return trials.every(({ failureKind }) => isOfInput(failureKind)) ? 2 : 3
  }
  const failure = testFailureOf(summary)
  if (failure === null) return 0
  return isOfInput(failure.kind) ? 2 : 3
}

function isOfInput(kind: RunSummary['trials'][number]['failureKind']): boolean {
  return kind === 'invalid_task'
}
