/** The evaluations under way: starts them, cancels them, and brings their ends to the inbox. */
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import type { BestTrial } from '#src/experiment/state.ts'
import { trialSeed } from '#src/experiment/trial-seed.ts'
import type { Clock } from '#src/time/clock.ts'
import type { CurvePoint, TestMetrics } from '#src/trial/metrics.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import type { EvaluationResult } from '#src/trial/record.ts'
import type { Inbox } from './inbox.ts'

interface AttemptId {
  readonly trial: number
  readonly attempt: number
}

/** What an evaluation, the clock or the person brings. */
export type Arrival =
  | ({ readonly type: 'progress'; readonly point: CurvePoint } & AttemptId)
  | ({ readonly type: 'result'; readonly result: EvaluationResult } & AttemptId)
  | ({ readonly type: 'failure'; readonly error: unknown } & AttemptId)
  | ({ readonly type: 'test-result'; readonly metrics: TestMetrics } & AttemptId)
  | ({ readonly type: 'test-failure'; readonly error: unknown } & AttemptId)
  | { readonly type: 'time-spent' }
  | { readonly type: 'interrupted' }
  | { readonly type: 'patience-over' }

/** An attempt under way, as a person wants to see it. */
export interface RunningAttempt extends AttemptId {
  readonly architecture: string
  readonly startedMs: number
  readonly lastPoint: CurvePoint | null
}

export interface Attempts {
  /** In the order in which they started; a measurement of the test split is not among them. */
  readonly running: readonly RunningAttempt[]
  /** Evaluations and test measurements under way. */
  readonly count: number
  evaluate(id: AttemptId, proposal: Proposal): void
  measureTest(attempt: number, best: BestTrial): void
  cancel(): void
}

/** How long a progress point may wait to be committed with others, in milliseconds. */
const progressDelayMs = 100

interface AttemptsOptions {
  readonly evaluator: Evaluator
  /** The run's. */
  readonly seed: string
  readonly clock: Clock
  readonly inbox: Inbox<Arrival>
}

export function trackAttempts({ evaluator, seed, clock, inbox }: AttemptsOptions): Attempts {
  const running = new Map<number, RunningAttempt>()
  const controller = new AbortController()
  const { signal } = controller
  let testing = false

  const progress = (id: AttemptId, point: CurvePoint) => {
    const current = running.get(id.trial)
    // An evaluator may call back late, after its promise has settled.
    if (current?.attempt !== id.attempt) return
    running.set(id.trial, { ...current, lastPoint: point })
    inbox.pushSoon({ type: 'progress', ...id, point }, progressDelayMs)
  }
  const evaluate = async (id: AttemptId, proposal: Proposal): Promise<Arrival> => {
    try {
      const result = await evaluator.evaluate({
        ...id,
        architecture: proposal.architecture,
        fidelity: proposal.fidelity,
        seed: trialSeed(seed, id.trial),
        onProgress: (point) => progress(id, point),
        signal,
      })
      return { type: 'result', ...id, result }
    } catch (error) {
      return { type: 'failure', ...id, error }
    } finally {
      running.delete(id.trial)
    }
  }
  const measureTest = async (id: AttemptId, best: BestTrial): Promise<Arrival> => {
    try {
      if (!evaluator.test) throw new Error(`Evaluator ${evaluator.name} declared a test it lacks`)
      const metrics = await evaluator.test({
        ...id,
        architecture: best.proposal.architecture,
        fidelity: best.proposal.fidelity,
        result: best.result,
        seed: trialSeed(seed, id.trial),
        signal,
      })
      return { type: 'test-result', ...id, metrics }
    } catch (error) {
      return { type: 'test-failure', ...id, error }
    } finally {
      testing = false
    }
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
      void evaluate(id, proposal).then(inbox.push)
    },
    measureTest(attempt, best) {
      testing = true
      void measureTest({ trial: best.trial, attempt }, best).then(inbox.push)
    },
    cancel: () => controller.abort(),
  }
}
