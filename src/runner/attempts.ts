/** The evaluations under way: starts them, cancels them, and brings their ends to the inbox. */
import { invariant } from '#src/errors.ts'
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import type { AskAnswer } from '#src/experiment/method.ts'
import type { BestTrial } from '#src/experiment/state.ts'
import { trialSeed } from '#src/experiment/trial-seed.ts'
import type { Clock } from '#src/time/clock.ts'
import type { KnownPoint, TestMetrics } from '#src/trial/metrics.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import type { EvaluationResult } from '#src/trial/record.ts'
import type { Inbox } from './inbox.ts'
import type { TrainedWeights } from './trained-weights.ts'

interface AttemptId {
  readonly trial: number
  readonly attempt: number
}

/** What an evaluation, the thread of the optimizer, the clock or the person brings. */
export type Arrival =
  | ({ readonly type: 'progress'; readonly point: KnownPoint } & AttemptId)
  | ({ readonly type: 'result'; readonly result: EvaluationResult } & AttemptId)
  | ({ readonly type: 'failure'; readonly error: unknown } & AttemptId)
  | ({ readonly type: 'test-result'; readonly metrics: TestMetrics } & AttemptId)
  | ({ readonly type: 'test-failure'; readonly error: unknown } & AttemptId)
  | {
      readonly type: 'proposal'
      readonly trial: number
      readonly told: number
      readonly answer: AskAnswer
    }
  | { readonly type: 'ask-failed'; readonly error: unknown }
  | { readonly type: 'time-spent' }
  | { readonly type: 'slots-changed' }
  | { readonly type: 'interrupted' }
  | { readonly type: 'patience-over' }

/** An attempt under way, as a person wants to see it. */
export interface RunningAttempt extends AttemptId {
  readonly architecture: string
  readonly startedMs: number
  readonly lastPoint: KnownPoint | null
}

export interface Attempts {
  /** In the order in which they started; a measurement of the test split is not among them. */
  readonly running: readonly RunningAttempt[]
  /** Evaluations and test measurements under way; one that is not has its end in the inbox. */
  readonly count: number
  evaluate(id: AttemptId, proposal: Proposal): void
  measureTest(attempt: number, best: BestTrial): void
  cancel(): void
}

/** How long a progress point may wait to be committed with others, in milliseconds. */
const progressDelayMs = 100

interface AttemptsOptions {
  readonly evaluator: Evaluator
  readonly weights: TrainedWeights
  /** The run's. */
  readonly seed: string
  readonly clock: Clock
  readonly inbox: Inbox<Arrival>
}

export function trackAttempts(options: AttemptsOptions): Attempts {
  const { clock, inbox } = options
  const running = new Map<number, RunningAttempt>()
  const controller = new AbortController()
  const { signal } = controller
  let testing = false

  const progress = (id: AttemptId, point: KnownPoint) => {
    const current = running.get(id.trial)
    // An evaluator may call back late, after its promise has settled.
    if (current?.attempt !== id.attempt) return
    running.set(id.trial, { ...current, lastPoint: point })
    inbox.pushSoon({ type: 'progress', ...id, point }, progressDelayMs)
  }
  return {
    get running() {
      return [...running.values()]
    },
    get count() {
      return running.size + (testing ? 1 : 0)
    },
    evaluate(id, proposal) {
      const { architecture } = proposal
      running.set(id.trial, { ...id, architecture, startedMs: clock.nowMs(), lastPoint: null })
      const onProgress = (point: KnownPoint) => progress(id, point)
      void evaluate(options, { ...id, proposal, onProgress, signal }).then((arrival) => {
        running.delete(id.trial)
        inbox.push(arrival)
      })
    },
    measureTest(attempt, best) {
      testing = true
      void measureTest(options, { attempt, best, signal }).then((arrival) => {
        testing = false
        inbox.push(arrival)
      })
    },
    cancel: () => controller.abort(),
  }
}

interface Evaluation extends AttemptId {
  readonly proposal: Proposal
  readonly onProgress: (point: KnownPoint) => void
  readonly signal: AbortSignal
}

async function evaluate(
  { evaluator, seed, weights }: AttemptsOptions,
  { trial, attempt, proposal, onProgress, signal }: Evaluation,
): Promise<Arrival> {
  const id = { trial, attempt }
  const { architecture, fidelity, weightsFrom } = proposal
  try {
    const result = await evaluator.evaluate({
      ...id,
      architecture,
      fidelity,
      seed: trialSeed(seed, trial),
      ...(weightsFrom !== undefined && { weightsFrom: weights.of(weightsFrom) }),
      onProgress,
      signal,
    })
    return { type: 'result', ...id, result }
  } catch (error) {
    return { type: 'failure', ...id, error }
  }
}

interface TestMeasurement {
  readonly attempt: number
  readonly best: BestTrial
  readonly signal: AbortSignal
}

async function measureTest(
  { evaluator, seed }: AttemptsOptions,
  { attempt, best, signal }: TestMeasurement,
): Promise<Arrival> {
  const { trial, proposal, result } = best
  const id = { trial, attempt }
  const { architecture, fidelity, weightsFrom } = proposal
  try {
    invariant(evaluator.test, `Evaluator ${evaluator.name} declared a test that it does not have`)
    const metrics = await evaluator.test({
      ...id,
      architecture,
      fidelity,
      result,
      seed: trialSeed(seed, trial),
      isHeir: weightsFrom !== undefined,
      signal,
    })
    return { type: 'test-result', ...id, metrics }
  } catch (error) {
    return { type: 'test-failure', ...id, error }
  }
}
