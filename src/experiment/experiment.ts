/**
 * The vocabulary of an experiment: events in, commands out. `step.ts` holds the state machine that
 * turns one into the other; `replay.ts` rebuilds a run from its events. Both are pure: the runner
 * carries the commands out and brings what happened back as events, each committed to the journal
 * before it takes effect.
 */
import { z } from 'zod'
import { Fidelity } from '#src/trial/fidelity.ts'
import { KnownPoint, TestMetrics } from '#src/trial/metrics.ts'
import type { Observation } from '#src/trial/observation.ts'

import { Proposal } from '#src/trial/proposal.ts'
import { EvaluationResult, Failure } from '#src/trial/record.ts'

/** What ends the search; at least one limit. */
export const Budget = z
  .strictObject({
    /** Trials proposed. */
    trials: z.int().min(1).optional(),
    /** Training epochs proposed, over all trials. */
    epochs: z.int().min(1).optional(),
    /** Wall-clock seconds of searching, interruptions not counted. */
    seconds: z.number().positive().optional(),
    /**
     * Seconds that the told trials cost, by the worker's clock or a benchmark's simulated one; the
     * trial that reaches the limit is the last.
     */
    costSeconds: z.number().positive().optional(),
  })
  .refine((budget) => Object.values(budget).some((limit) => limit !== undefined), {
    message: 'needs at least one of trials, epochs, seconds, costSeconds',
  })
export type Budget = z.infer<typeof Budget>

/**
 * What a proposal may have seen.
 *
 * - `ordered`: trial t is proposed once trials up to t - window are told, and sees exactly those, in
 *   trial order: the trajectory does not depend on speed or on the number of workers.
 * - `arrival`: a proposal sees what has arrived; the journal's order is the record.
 *
 * `window` is also the largest number of trials under way at once.
 */
export const Visibility = z.strictObject({
  order: z.enum(['ordered', 'arrival']).default('ordered'),
  window: z.int().min(1).default(1),
})
export type Visibility = z.infer<typeof Visibility>

/** The part of a run's plan that the state machine decides by; constant over the run. */
export const Plan = z.strictObject({
  /** Decimal string. */
  seed: z.string().regex(/^[0-9]+$/),
  budget: Budget,
  visibility: Visibility,
  /** What every trial gets unless the optimizer has a reason for less. */
  fidelity: Fidelity,
  /** Attempts that may crash before a trial counts as failed. */
  maxAttempts: z.int().min(1),
  /** Whether the evaluator can measure the test split. */
  hasTest: z.boolean(),
  /** Whether trials may start from the weights of earlier ones; absent where they may not. */
  inheritsWeights: z.literal(true).optional(),
})
export type Plan = z.infer<typeof Plan>

const trial = z.int().min(0)
const attempt = z.int().min(0)

/** The person allowed results of several environments in this run, by name; recorded for good. */
const allowMixed = z.boolean().optional()

export const RunStarted = z.strictObject({
  type: z.literal('run-started'),
  plan: Plan,
  allowMixed,
})
/** A later process took the run up again: whatever was under way is lost and starts anew. */
export const RunResumed = z.strictObject({ type: z.literal('run-resumed'), allowMixed })
/** The person or the system asked the process to stop; the run can be resumed. */
export const RunInterrupted = z.strictObject({ type: z.literal('run-interrupted') })
/** An environment that results of this run may come from; its hash stands on each of them. */
export const EnvironmentSeen = z.strictObject({
  type: z.literal('environment-seen'),
  hash: z.string(),
  fingerprint: z.json(),
})
export const TrialProposed = z.strictObject({
  type: z.literal('trial-proposed'),
  trial,
  /** How many observations the proposal has seen. */
  told: z.int().min(0),
  proposal: Proposal,
})
export const AttemptStarted = z.strictObject({ type: z.literal('attempt-started'), trial, attempt })
export const TrialProgressed = z.strictObject({
  type: z.literal('trial-progressed'),
  trial,
  attempt,
  point: KnownPoint,
})
export const TrialFinished = z.strictObject({
  type: z.literal('trial-finished'),
  trial,
  attempt,
  result: EvaluationResult,
})
export const AttemptFailed = z.strictObject({
  type: z.literal('attempt-failed'),
  trial,
  attempt,
  failure: Failure,
  verdict: z.enum([
    'stopped',
    'infeasible',
    'diverged',
    'timed-out',
    'failed',
    'retry',
    'abort-run',
  ]),
})
/** The wall-clock budget is spent: the clock is an input, so its reading is an event. */
export const TimeSpent = z.strictObject({ type: z.literal('time-spent') })
/** The winner on validation, chosen once, before any look at the test split. */
export const TrialSelected = z.strictObject({ type: z.literal('trial-selected'), trial })
export const TestMeasured = z.strictObject({
  type: z.literal('test-measured'),
  trial,
  metrics: TestMetrics,
})
export const TestFailed = z.strictObject({
  type: z.literal('test-failed'),
  trial,
  attempt,
  failure: Failure,
  /** `failed`: the run ends without a test metric. */
  verdict: z.enum(['failed', 'retry', 'abort-run']),
})
export const RunFinished = z.strictObject({
  type: z.literal('run-finished'),
  reason: z.enum(['trials', 'epochs', 'seconds', 'costSeconds']),
})

export const ExperimentEvent = z.discriminatedUnion('type', [
  RunStarted,
  RunResumed,
  RunInterrupted,
  EnvironmentSeen,
  TrialProposed,
  AttemptStarted,
  TrialProgressed,
  TrialFinished,
  AttemptFailed,
  TimeSpent,
  TrialSelected,
  TestMeasured,
  TestFailed,
  RunFinished,
])
export type ExperimentEvent = z.infer<typeof ExperimentEvent>

/** An event as the journal keeps it. */
export interface JournalEntry {
  /** From 1, without gaps. */
  readonly sequence: number
  /** Milliseconds since the epoch when it was committed. */
  readonly timeMs: number
  readonly event: ExperimentEvent
}

/** What the runner must do next; in order. */
export type Command =
  /** Tell the optimizer one observation. */
  | { readonly type: 'tell'; readonly observation: Observation }
  /** Ask the optimizer for this trial; answer with `trial-proposed`. */
  | { readonly type: 'propose'; readonly trial: number; readonly told: number }
  /** Record `attempt-started`, evaluate; answer with `trial-finished` or `attempt-failed`. */
  | {
      readonly type: 'start-attempt'
      readonly trial: number
      readonly attempt: number
      readonly proposal: Proposal
    }
  /** Record `trial-selected`. */
  | { readonly type: 'select-trial'; readonly trial: number }
  /** Measure the test split; answer with `test-measured` or `test-failed`. */
  | { readonly type: 'measure-test'; readonly trial: number; readonly attempt: number }
  /** Record `run-finished`. */
  | { readonly type: 'finish-run'; readonly reason: z.infer<typeof RunFinished>['reason'] }
  /** Stop at once: the run cannot go on until a person mends what the failure names. */
  | { readonly type: 'abort-run'; readonly failure: Failure }
