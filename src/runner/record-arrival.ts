/** What arrives of trials and of the thread that asks becomes events: checked, judged, recorded. */
import type { Logger } from 'pino'
import { unreachable } from '#src/errors.ts'
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import { EnvironmentSeen } from '#src/experiment/experiment.ts'
import type { Method } from '#src/experiment/method.ts'
import { KnownPoint } from '#src/trial/metrics.ts'
import type { Arrival } from './attempts.ts'
import { checkResult, checkTestMetrics, judgeAttempt, judgeTest } from './judge.ts'
import type { Session } from './session.ts'

type ArrivalOf<T extends Arrival['type']> = Extract<Arrival, { type: T }>

/** What may go down in the journal; the rest only steers the loop. */
export type RecordedArrival = ArrivalOf<
  'progress' | 'result' | 'test-result' | 'failure' | 'test-failure' | 'proposal'
>

export interface RecordingScene {
  readonly session: Session
  readonly method: Method
  readonly evaluator: Evaluator
  readonly logger: Logger
  /** Whether the run comes to a stop: what it cancelled was lost, not measured. */
  readonly isStopping: boolean
}

/** @throws what breaks the run: a result that cannot be, or an error that is no failed attempt */
export function recordArrival(arrival: RecordedArrival, scene: RecordingScene): void {
  switch (arrival.type) {
    case 'progress':
      recordProgress(arrival, scene)
      break
    case 'result':
      recordResult(arrival, scene)
      break
    case 'test-result':
      recordTestResult(arrival, scene)
      break
    case 'failure':
      recordFailure(arrival, scene)
      break
    case 'test-failure':
      recordTestFailure(arrival, scene)
      break
    case 'proposal':
      recordProposal(arrival, scene)
      break
    default:
      unreachable(arrival)
  }
}

function recordProgress(
  { trial, attempt, point }: ArrivalOf<'progress'>,
  { session, logger }: RecordingScene,
): void {
  // A curve is for people; a point that no journal can hold is not worth the run.
  if (KnownPoint.safeParse(point).success) {
    session.record({ type: 'trial-progressed', trial, attempt, point })
  } else {
    logger.warn({ trial, attempt, point }, 'invalid progress left out')
  }
}

function recordResult(arrival: ArrivalOf<'result'>, { session, evaluator }: RecordingScene): void {
  const { trial, attempt } = arrival
  const result = checkResult(arrival, evaluator, session.state)
  recordEnvironment(result.fingerprint, session, evaluator)
  session.record({ type: 'trial-finished', trial, attempt, result })
}

/** A worker that came later may run on another machine. */
function recordEnvironment(hash: string, session: Session, evaluator: Evaluator): void {
  if (session.state.environments.includes(hash)) return
  const fingerprint = evaluator.fingerprints.get(hash)
  session.record(EnvironmentSeen.parse({ type: 'environment-seen', hash, fingerprint }))
}

function recordTestResult(
  arrival: ArrivalOf<'test-result'>,
  { session, evaluator }: RecordingScene,
): void {
  const metrics = checkTestMetrics(arrival, evaluator)
  session.record({ type: 'test-measured', trial: arrival.trial, metrics })
}

function recordFailure(
  { trial, attempt, error }: ArrivalOf<'failure'>,
  { session, isStopping }: RecordingScene,
): void {
  const judged = judgeAttempt(error, trial, session.state)
  if (isStopping && !judged?.final) return
  if (!judged) throw error
  const { failure, verdict } = judged
  session.record({ type: 'attempt-failed', trial, attempt, failure, verdict })
}

function recordTestFailure(
  { trial, attempt, error }: ArrivalOf<'test-failure'>,
  { session, isStopping }: RecordingScene,
): void {
  if (isStopping) return
  const judged = judgeTest(error, session.state)
  if (!judged) throw error
  session.record({ type: 'test-failed', trial, attempt, ...judged })
}

function recordProposal(
  { trial, told, answer }: ArrivalOf<'proposal'>,
  { session, method, isStopping }: RecordingScene,
): void {
  // What is not recorded is made again when the run goes on.
  if (isStopping) return
  const proposal = method.accept(trial, answer)
  session.record({ type: 'trial-proposed', trial, told, proposal })
}
