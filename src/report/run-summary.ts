/**
 * What a journal says of its run, folded into one JSON-able value: all that the report, the terminal
 * and the dashboard show. `summary.ts` folds it; nothing here knows HTML.
 */
import type { Budget, Plan } from '#src/experiment/experiment.ts'
import type { RunHeader } from '#src/store/store.ts'
import type { Cost, KnownCounts, KnownPoint, Metrics, TestMetrics } from '#src/trial/metrics.ts'
import type { FailureKind, Outcome, Verdict } from '#src/trial/outcome.ts'
import type { DatasetUse, Failure } from '#src/trial/record.ts'
import type { Simulation } from '#src/trial/simulation.ts'
import type { ObjectiveSummary } from './objective.ts'

/**
 * How far a run is.
 *
 * - `running`: the journal names no end: a process works on it, or one was killed
 * - `interrupted`: stopped on request, resumable
 * - `aborted`: ended by a failure that a person must mend first; resumable after that
 * - `finished`: nothing is left to do
 */
export type RunStatus = 'running' | 'interrupted' | 'aborted' | 'finished'

/** A trial's outcome, or where it stands: `waiting` for its first or its next attempt. */
export type TrialState = Outcome | 'running' | 'waiting'

export interface TrialSummary {
  /** Zero-based index in the run. */
  readonly trial: number
  /** The space's text form. */
  readonly architecture: string
  /** The optimizer's word for how it was made, such as `random`. */
  readonly origin: string
  readonly parent: number | null
  /** The trial whose weights it started from; null for a fresh start. */
  readonly weightsFrom: number | null
  /** Epochs that it was proposed for. */
  readonly plannedEpochs: number
  readonly state: TrialState
  /** Attempts started. */
  readonly attempts: number
  readonly metrics: Metrics | null
  readonly counts: KnownCounts | null
  /** What the attempt that finished cost; null for any other. */
  readonly cost: Cost | null
  /** Hash of the environment that the result comes from. */
  readonly fingerprint: string | null
  /** Seconds of searching before its first attempt started. */
  readonly startedSeconds: number | null
  /** Seconds of searching before its outcome was known. */
  readonly endedSeconds: number | null
  /** Kind of its last failed attempt. */
  readonly failureKind: FailureKind | null
  /** Points of the newest attempt; empty when none came, or when the summary let them go. */
  readonly curve: readonly KnownPoint[]
}

/** A completed trial that was better than all before it. */
export interface BestStep {
  readonly trial: number
  /** Seconds of searching when it was finished. */
  readonly seconds: number
  readonly valAccuracy: number
}

export interface BestSoFar {
  /** By trial index: what a search of that many trials would have found. */
  readonly overTrials: readonly BestStep[]
  /** By the time at which results came in. */
  readonly overTime: readonly BestStep[]
}

export interface FailureSummary {
  readonly trial: number
  readonly attempt: number
  /** Whether a trial's attempt failed, or the measurement of the test split after the selection. */
  readonly phase: 'search' | 'test'
  readonly verdict: Verdict
  readonly failure: Failure
}

export interface EnvironmentSummary {
  readonly hash: string
  /** As the worker or the evaluator stated it. */
  readonly fingerprint: unknown
  /** Results of this run that come from it. */
  readonly resultCount: number
}

/** A data set as results of this run were trained on it; one entry a split. */
export interface DatasetSummary {
  readonly use: DatasetUse
  readonly resultCount: number
}

/** A simulated run; seconds are on the simulated clock, since the search began. */
export interface SimulationSummary extends Simulation {
  /** When the last trial ended. */
  readonly seconds: number
  /** When each trial ended, by its index; fewer than trials while some have no cost yet. */
  readonly endSeconds: readonly number[]
  /** Best so far in the order of the ends. */
  readonly best: readonly BestStep[]
}

export interface Interruption {
  /** Seconds of searching before it. */
  readonly atSeconds: number
  /** Seconds until the run was resumed. */
  readonly gapSeconds: number
  /** Whether the run was stopped on request; else its process died. */
  readonly requested: boolean
}

export interface BudgetUse {
  readonly limit: keyof Budget
  readonly allowed: number
  readonly used: number
}

export interface Durations {
  /** From the start to the selection of the winner, interruptions cut out. */
  readonly searchSeconds: number
  /** From the selection on, interruptions cut out. */
  readonly testSeconds: number
  /** Between an interruption and its resumption. */
  readonly interruptedSeconds: number
  /** Evaluation seconds of all finished attempts together, simulated ones on a benchmark. */
  readonly evaluationSeconds: number
}

export interface RunSummary {
  readonly name: string
  readonly description: string
  readonly header: RunHeader
  /** Null before the run's first event. */
  readonly plan: Plan | null
  readonly status: RunStatus
  /** Which limit ended the search; null while it goes on. */
  readonly stopReason: keyof Budget | null
  /** Why it is `aborted`; null otherwise. */
  readonly abortCause: Failure | null
  readonly budget: readonly BudgetUse[]
  /** In the order of their index. */
  readonly trials: readonly TrialSummary[]
  readonly stateCounts: Readonly<Partial<Record<TrialState, number>>>
  /** Training epochs really run by finished attempts. */
  readonly epochsRun: number
  /** Trials whose curves were kept; all of them unless there are more than the limit. */
  readonly curveLimit: number
  readonly best: BestSoFar
  /** Index of the completed trial with the highest validation accuracy; the earliest of equals. */
  readonly leader: number | null
  /** Index of the trial that the run selected, once it has. */
  readonly selected: number | null
  /** Measured once, after the selection. */
  readonly test: TestMetrics | null
  /** Completed trials of origin `random`. */
  readonly random: { readonly count: number; readonly medianValAccuracy: number } | null
  readonly failures: {
    readonly total: number
    readonly byKind: Readonly<Partial<Record<FailureKind, number>>>
    /** The first of them, in the order in which they happened. */
    readonly kept: readonly FailureSummary[]
  }
  readonly environments: readonly EnvironmentSummary[]
  /** Null where the objective is an accuracy. */
  readonly objective: ObjectiveSummary | null
  /** Null for a run of real trainings. */
  readonly simulation: SimulationSummary | null
  /** Empty where the evaluator states none. */
  readonly datasets: readonly DatasetSummary[]
  /** Whether the user allowed results of several environments in this run. */
  readonly allowMixed: boolean
  readonly interruptions: readonly Interruption[]
  readonly durations: Durations
  /** Times of the first and the last entry, in milliseconds since the epoch; null before the first. */
  readonly startedMs: number | null
  readonly lastMs: number | null
}

/** Why a finished run has no test metric that it was asked for; null where nothing is amiss. */
export function testFailureOf({ status, test, failures }: RunSummary): Failure | null {
  if (status !== 'finished' || test !== null) return null
  return failures.kept.find(({ phase }) => phase === 'test')?.failure ?? null
}
