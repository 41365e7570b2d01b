/** Which limits of the budget are reached. */
import type { Plan } from './experiment.ts'
import type { ExperimentState } from './state.ts'

/** Whether no further trial may be proposed; once true, it stays so. */
export function isSpent(state: ExperimentState, plan: Plan): boolean {
  return (
    state.timeSpent ||
    trialsSpent(state, plan) ||
    epochsSpent(state, plan) ||
    costSpent(state, plan)
  )
}

/** Counts what is told alone, so that it does not depend on which evaluation ends first. */
export function costSpent(state: ExperimentState, { budget }: Plan): boolean {
  return budget.costSeconds !== undefined && state.toldSeconds >= budget.costSeconds
}

export function trialsSpent(state: ExperimentState, { budget }: Plan): boolean {
  return budget.trials !== undefined && state.proposedCount >= budget.trials
}

/** A proposal may cost a full evaluation, so it is asked for only while one fits. */
export function epochsSpent(state: ExperimentState, { budget, fidelity }: Plan): boolean {
  return budget.epochs !== undefined && state.proposedEpochs + fidelity.epochs > budget.epochs
}
