/** Folds a journal into a `RunSummary`: one pass, pure, at any moment of a run. */
import { z } from 'zod'
import type { Budget, JournalEntry } from '#src/experiment/experiment.ts'
import { median } from '#src/stats/quantile.ts'
import type { JournalReader, RunHeader } from '#src/store/store.ts'
import { addEntry, emptyState, type FoldLimits, type FoldState } from './fold.ts'
import { objectiveOf } from './objective.ts'
import type {
  BestStep,
  BudgetUse,
  EnvironmentSummary,
  RunSummary,
  TrialState,
  TrialSummary,
} from './run-summary.ts'
import { summarizeSimulation } from './simulation.ts'

/** A run being read, entry by entry. */
export interface RunFold {
  /** Takes the next entry; entries come in the journal's order. */
  add(entry: JournalEntry): void
  /**
   * Everything seen so far; costs one pass over the trials.
   * @remarks Trials are shared with the fold, not copied: read it before the next `add`.
   */
  summary(): RunSummary
}

const defaultLimits: FoldLimits = { curves: 500, failures: 200 }

/** Reads a whole journal, finished or not. */
export function summarizeRun(
  journal: Pick<JournalReader, 'header' | 'entries'>,
  limits: FoldLimits = defaultLimits,
): RunSummary {
  const fold = runFold(journal.header, limits)
  for (const entry of journal.entries()) fold.add(entry)
  return fold.summary()
}

/** Starts reading a run from its first entry. */
export function runFold(header: RunHeader, limits: FoldLimits = defaultLimits): RunFold {
  const state = emptyState(limits)
  return {
    add(entry) {
      addEntry(state, entry)
    },
    summary: () => summaryOf(header, state),
  }
}

const Titled = z.looseObject({
  name: z.string().catch('run'),
  description: z.string().catch(''),
})

function summaryOf(header: RunHeader, state: FoldState): RunSummary {
  const { plan, status, stopReason, abortCause, trials, selected, test, failures } = state
  const titled = Titled.safeParse(header.document).data ?? { name: 'run', description: '' }
  const overTrials = bestOverTrials(trials)
  const environments = [...state.environments].map(
    ([hash, seen]): EnvironmentSummary => ({ hash, ...seen }),
  )
  return {
    name: titled.name,
    description: titled.description,
    header,
    plan,
    status,
    stopReason,
    abortCause,
    budget: plan === null ? [] : budgetUse(plan.budget, state),
    trials,
    stateCounts: countStates(trials),
    epochsRun: state.epochsRun,
    curveLimit: state.limits.curves,
    best: { overTrials, overTime: state.bestOverTime },
    leader: overTrials.at(-1)?.trial ?? null,
    selected,
    test,
    random: randomBaseline(trials),
    failures,
    environments,
    objective: objectiveOf(header.document),
    simulation: summarizeSimulation(environments, plan, trials),
    datasets: [...state.datasets.values()],
    allowMixed: state.allowMixed,
    interruptions: state.interruptions,
    durations: {
      searchSeconds: (state.searchedMs ?? state.activeMs) / 1000,
      testSeconds: (state.activeMs - (state.searchedMs ?? state.activeMs)) / 1000,
      interruptedSeconds: state.interruptedMs / 1000,
      evaluationSeconds: state.evaluationSeconds,
    },
    startedMs: state.startedMs,
    lastMs: state.lastMs,
  }
}

function budgetUse(budget: Budget, state: FoldState): BudgetUse[] {
  const used: Record<keyof Budget, number> = {
    trials: state.trials.length,
    epochs: state.epochsProposed,
    seconds: (state.searchedMs ?? state.activeMs) / 1000,
    costSeconds: state.evaluationSeconds,
  }
  const limits = ['trials', 'epochs', 'seconds', 'costSeconds'] as const
  return limits.flatMap((limit) => {
    const allowed = budget[limit]
    return allowed === undefined ? [] : [{ limit, allowed, used: used[limit] }]
  })
}

function countStates(trials: readonly TrialSummary[]): Partial<Record<TrialState, number>> {
  const counts: Partial<Record<TrialState, number>> = {}
  for (const trial of trials) counts[trial.state] = (counts[trial.state] ?? 0) + 1
  return counts
}

function bestOverTrials(trials: readonly TrialSummary[]): BestStep[] {
  const steps: BestStep[] = []
  let best = Number.NEGATIVE_INFINITY
  for (const { trial, state, metrics, endedSeconds } of trials) {
    if (state !== 'completed' || metrics === null || metrics.valAccuracy <= best) continue
    best = metrics.valAccuracy
    steps.push({ trial, seconds: endedSeconds ?? 0, valAccuracy: best })
  }
  return steps
}

function randomBaseline(trials: readonly TrialSummary[]): RunSummary['random'] {
  const accuracies = trials.flatMap(({ origin, state, metrics }) =>
    origin === 'random' && state === 'completed' && metrics !== null ? [metrics.valAccuracy] : [],
  )
  if (accuracies.length === 0) return null
  return { count: accuracies.length, medianValAccuracy: median(accuracies) }
}
