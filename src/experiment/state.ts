/**
 * The state of an experiment between two events: small, JSON-able, without history. Its size grows
 * with the window, never with the number of trials.
 */
import type { TestMetrics } from '#src/trial/metrics.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { Outcome } from '#src/trial/outcome.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import type { EvaluationResult, Failure } from '#src/trial/record.ts'
import type { Plan } from './experiment.ts'

/**
 * - `new`: nothing has happened
 * - `searching`: trials are proposed and evaluated
 * - `selecting`: every trial has ended, the winner is to be recorded
 * - `testing`: the winner's test split is to be measured
 * - `finishing`: only the end is to be recorded
 * - `finished`: nothing is left to do
 */
export type Phase = 'new' | 'searching' | 'selecting' | 'testing' | 'finishing' | 'finished'

/** A trial that was proposed and has no outcome yet. */
export interface ActiveTrial {
  readonly trial: number
  readonly proposal: Proposal
  /** Attempts started so far; the next one bears this number. */
  readonly attempts: number
  /** Whether the last attempt started is still under way. */
  readonly running: boolean
  /** Attempts that failed and were to be repeated; those lost with a process do not count. */
  readonly crashes: number
}

/** The completed trial with the highest validation accuracy; the lower index of equals. */
export interface BestTrial {
  readonly trial: number
  readonly proposal: Proposal
  readonly result: EvaluationResult
}

export interface ExperimentState {
  readonly phase: Phase
  /** Null only while the phase is `new`. */
  readonly plan: Plan | null
  /** Trials proposed and recorded; the next one bears this number. */
  readonly proposedCount: number
  /** Epochs of all recorded proposals. */
  readonly proposedEpochs: number
  /** Cost of all told trials. */
  readonly toldSeconds: number
  /** The `propose` command that no `trial-proposed` has answered yet. */
  readonly asked: { readonly trial: number; readonly told: number } | null
  /** `tell` commands given. */
  readonly toldCount: number
  /** In order of trial. */
  readonly active: readonly ActiveTrial[]
  /** Ended, but not told yet since an earlier trial is under way; in order of trial. */
  readonly held: readonly Observation[]
  readonly best: BestTrial | null
  readonly outcomeCounts: Readonly<Partial<Record<Outcome, number>>>
  /** Whether the wall-clock budget was declared spent. */
  readonly timeSpent: boolean
  /** Milliseconds of searching up to the last entry, interruptions not counted. */
  readonly searchedMs: number
  /** When the last entry was committed; null before the first. */
  readonly lastMs: number | null
  /** The failure that aborted the run, until it is resumed. */
  readonly abortCause: Failure | null
  readonly test: {
    /** Failed measurements of the test split. */
    readonly failureCount: number
    readonly metrics: TestMetrics | null
  }
  /** Hashes of every environment seen, in order. */
  readonly environments: readonly string[]
  /** Hashes of the environments that results come from, in order. */
  readonly resultEnvironments: readonly string[]
  /** Whether results of several environments were allowed, by name. */
  readonly allowMixed: boolean
}

export function initialState(): ExperimentState {
  return {
    phase: 'new',
    plan: null,
    proposedCount: 0,
    proposedEpochs: 0,
    toldSeconds: 0,
    asked: null,
    toldCount: 0,
    active: [],
    held: [],
    best: null,
    outcomeCounts: {},
    timeSpent: false,
    searchedMs: 0,
    lastMs: null,
    abortCause: null,
    test: { failureCount: 0, metrics: null },
    environments: [],
    resultEnvironments: [],
    allowMixed: false,
  }
}

/** Trials that have an outcome. */
export function endedCount(state: ExperimentState): number {
  return Object.values(state.outcomeCounts).reduce((sum, count) => sum + count, 0)
}
