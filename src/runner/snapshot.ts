/** What a terminal shows of a run while it goes on. */
import type { Budget } from '#src/experiment/experiment.ts'
import { type ExperimentState, endedCount, type Phase } from '#src/experiment/state.ts'
import type { RunningAttempt } from './attempts.ts'

export interface RunSnapshot {
  readonly phase: Phase
  /** Trials that have an outcome. */
  readonly trialsDone: number
  /** Null when the budget does not limit trials. */
  readonly trialsTotal: number | null
  readonly best: {
    readonly trial: number
    readonly valAccuracy: number
    readonly architecture: string
  } | null
  /** In the order in which they started. */
  readonly running: readonly RunningAttempt[]
  /** Milliseconds of searching so far, interruptions not counted. */
  readonly elapsedMs: number
  readonly budget: Budget | null
  /** Epochs of all proposals so far. */
  readonly epochsProposed: number
  /** What all told trials cost. */
  readonly toldSeconds: number
}

export function takeSnapshot(
  state: ExperimentState,
  running: readonly RunningAttempt[],
  nowMs: number,
): RunSnapshot {
  const { best, plan } = state
  return {
    phase: state.phase,
    trialsDone: endedCount(state),
    trialsTotal: plan?.budget.trials ?? null,
    best: best && {
      trial: best.trial,
      valAccuracy: best.result.metrics.valAccuracy,
      architecture: best.proposal.architecture,
    },
    running,
    elapsedMs: elapsedMs(state, nowMs),
    budget: plan?.budget ?? null,
    epochsProposed: state.proposedEpochs,
    toldSeconds: state.toldSeconds,
  }
}

/** Milliseconds of searching up to now, within the session that made the last entry. */
export function elapsedMs(state: ExperimentState, nowMs: number): number {
  const open = state.phase === 'searching' && state.lastMs !== null
  return state.searchedMs + (open ? Math.max(0, nowMs - (state.lastMs ?? nowMs)) : 0)
}
