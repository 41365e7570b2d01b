/** What the end of an evaluation means: checks results, classifies errors. */
import type { z } from 'zod'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import type { AttemptFailed, TestFailed } from '#src/experiment/experiment.ts'
import type { ExperimentState } from '#src/experiment/state.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { TestMetrics } from '#src/trial/metrics.ts'
import { judgeFailure, type Verdict } from '#src/trial/outcome.ts'
import { EvaluationResult, type Failure } from '#src/trial/record.ts'
import { refuseMixed } from './mixed.ts'

export interface JudgedAttempt {
  readonly failure: Failure
  readonly verdict: z.infer<typeof AttemptFailed>['verdict']
  /** Whether the architecture caused it, so that another attempt would end the same way. */
  readonly final: boolean
}

/** Null for an error that is no failed attempt. */
export function judgeAttempt(
  error: unknown,
  trial: number,
  state: ExperimentState,
): JudgedAttempt | null {
  if (!(error instanceof AttemptFailure)) return null
  const { failure } = error
  const active = state.active.find((candidate) => candidate.trial === trial)
  const verdict = judge(failure, active?.crashes ?? 0, state)
  invariant(verdict !== 'completed', 'A failed attempt cannot complete its trial')
  const final = verdict !== 'retry' && verdict !== 'failed' && verdict !== 'abort-run'
  return { failure, verdict, final }
}

/** Null for an error that is no failed attempt. */
export function judgeTest(
  error: unknown,
  state: ExperimentState,
): Pick<z.infer<typeof TestFailed>, 'failure' | 'verdict'> | null {
  if (!(error instanceof AttemptFailure)) return null
  const { failure } = error
  const verdict = judge(failure, state.test.failureCount, state)
  return { failure, verdict: verdict === 'retry' || verdict === 'abort-run' ? verdict : 'failed' }
}

function judge({ kind }: Failure, crashes: number, { plan }: ExperimentState): Verdict {
  invariant(plan, 'A run without a plan has no attempts')
  // Nobody here cancelled it, so for this run it is a crash; else it might be repeated for ever.
  return judgeFailure(kind === 'cancelled' ? 'crashed' : kind, crashes, plan.maxAttempts)
}

/**
 * @throws config/invalid for a result that no journal can hold; confounded/fingerprints for one
 *   from another environment than those before it
 */
export function checkResult(
  { trial, result }: { readonly trial: number; readonly result: EvaluationResult },
  evaluator: Evaluator,
  state: ExperimentState,
): EvaluationResult {
  const checked = check(EvaluationResult, result, `${evaluator.name} evaluated trial ${trial}`)
  const { fingerprint } = checked
  invariant(
    evaluator.fingerprints.has(fingerprint),
    `Evaluator ${evaluator.name} returned a result from environment ${fingerprint}, which it did not declare`,
  )
  refuseMixed([...state.resultEnvironments, fingerprint], state.allowMixed)
  return checked
}

/** @throws config/invalid for metrics that no journal can hold */
export function checkTestMetrics(
  { trial, metrics }: { readonly trial: number; readonly metrics: TestMetrics },
  evaluator: Evaluator,
): TestMetrics {
  return check(TestMetrics, metrics, `${evaluator.name} tested trial ${trial}`)
}

function check<S extends z.ZodType>(schema: S, value: unknown, place: string): z.infer<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ArchloomError(
    'config/invalid',
    `Evaluator ${place} with an invalid result: ${issue?.path.join('.')}: ${issue?.message}`,
    { cause: parsed.error },
  )
}
