/** The state that a journal is folded into, entry by entry; `summary.ts` makes a summary of it. */
import { ArchloomError, unreachable } from '#src/errors.ts'
import type { Budget, ExperimentEvent, JournalEntry, Plan } from '#src/experiment/experiment.ts'
import type { KnownPoint, TestMetrics } from '#src/trial/metrics.ts'
import type { FailureKind } from '#src/trial/outcome.ts'
import type { DatasetUse, Failure } from '#src/trial/record.ts'
import type {
  BestStep,
  FailureSummary,
  Interruption,
  RunStatus,
  TrialSummary,
} from './run-summary.ts'

export interface FoldLimits {
  /** Curves kept: those of the best trials. A hundred thousand curves would not fit in memory. */
  readonly curves: number
  /** Failures kept with message and traceback, the first of them; all are counted. */
  readonly failures: number
}

type MutableTrial = { -readonly [K in keyof TrialSummary]: TrialSummary[K] } & {
  curve: KnownPoint[]
}

export interface FoldState {
  readonly limits: FoldLimits
  plan: Plan | null
  status: RunStatus
  stopReason: keyof Budget | null
  abortCause: Failure | null
  /** `trials[i].trial === i`: proposals come in order, without gaps. */
  readonly trials: MutableTrial[]
  /** The newest attempt of each trial. */
  readonly newestAttempts: number[]
  /** Ended trials that still hold a curve; at most twice the limit. */
  curveHolders: MutableTrial[]
  readonly bestOverTime: BestStep[]
  selected: number | null
  test: TestMetrics | null
  readonly failures: {
    total: number
    byKind: Partial<Record<FailureKind, number>>
    kept: FailureSummary[]
  }
  readonly environments: Map<string, { fingerprint: unknown; resultCount: number }>
  /** By content and split. */
  readonly datasets: Map<string, { readonly use: DatasetUse; resultCount: number }>
  allowMixed: boolean
  readonly interruptions: Interruption[]
  /** Milliseconds in which a process worked on the run. */
  activeMs: number
  /** `activeMs` when the winner was selected. */
  searchedMs: number | null
  interruptedMs: number
  epochsProposed: number
  epochsRun: number
  evaluationSeconds: number
  startedMs: number | null
  lastMs: number | null
}

export function emptyState(limits: FoldLimits): FoldState {
  return {
    limits,
    plan: null,
    status: 'running',
    stopReason: null,
    abortCause: null,
    trials: [],
    newestAttempts: [],
    curveHolders: [],
    bestOverTime: [],
    selected: null,
    test: null,
    failures: { total: 0, byKind: {}, kept: [] },
    environments: new Map(),
    datasets: new Map(),
    allowMixed: false,
    interruptions: [],
    activeMs: 0,
    searchedMs: null,
    interruptedMs: 0,
    epochsProposed: 0,
    epochsRun: 0,
    evaluationSeconds: 0,
    startedMs: null,
    lastMs: null,
  }
}

/** Takes the next entry into the state. */
export function addEntry(state: FoldState, entry: JournalEntry): void {
  passTime(state, entry)
  apply(state, entry)
}

/** Time up to a resumption was nobody's work; all other time is. A clock set back counts as still. */
function passTime(state: FoldState, entry: JournalEntry): void {
  state.startedMs ??= entry.timeMs
  const passedMs = Math.max(0, entry.timeMs - (state.lastMs ?? entry.timeMs))
  if (entry.event.type === 'run-resumed') {
    state.interruptedMs += passedMs
    state.interruptions.push({
      atSeconds: state.activeMs / 1000,
      gapSeconds: passedMs / 1000,
      requested: state.status === 'interrupted',
    })
  } else {
    state.activeMs += passedMs
  }
  state.lastMs = entry.timeMs
}

function apply(state: FoldState, entry: JournalEntry): void {
  const { event } = entry
  switch (event.type) {
    case 'run-started':
      state.plan = event.plan
      state.allowMixed ||= event.allowMixed ?? false
      return
    case 'run-resumed':
      state.status = 'running'
      state.abortCause = null
      state.allowMixed ||= event.allowMixed ?? false
      dropAttempts(state)
      return
    case 'run-interrupted':
      state.status = 'interrupted'
      dropAttempts(state)
      return
    case 'environment-seen':
      environmentOf(state, event.hash).fingerprint = event.fingerprint
      return
    case 'trial-selected':
      state.selected = event.trial
      state.searchedMs = state.activeMs
      return
    case 'test-measured':
      state.test = event.metrics
      return
    case 'test-failed':
      recordFailure(state, { ...event, phase: 'test' })
      return
    case 'time-spent':
      return
    case 'run-finished':
      state.status = 'finished'
      state.stopReason = event.reason
      return
    default:
      applyToTrial(state, event, entry.sequence)
  }
}

type TrialEvent = Extract<
  ExperimentEvent,
  {
    type:
      | 'trial-proposed'
      | 'attempt-started'
      | 'trial-progressed'
      | 'trial-finished'
      | 'attempt-failed'
  }
>

function applyToTrial(state: FoldState, event: TrialEvent, sequence: number): void {
  if (event.type === 'trial-proposed') {
    propose(state, event)
    return
  }
  const trial = state.trials[event.trial]
  if (trial === undefined) {
    throw new ArchloomError(
      'store/corrupt',
      `Journal entry ${sequence} is about trial ${event.trial}, which no earlier entry proposes; restore the journal from a copy`,
      { details: { sequence, trial: event.trial } },
    )
  }
  switch (event.type) {
    case 'attempt-started':
      state.newestAttempts[event.trial] = event.attempt
      trial.attempts += 1
      trial.state = 'running'
      trial.startedSeconds ??= state.activeMs / 1000
      trial.curve = []
      return
    case 'trial-progressed':
      // A point of an attempt that was given up may come late.
      if (event.attempt === state.newestAttempts[event.trial]) trial.curve.push(event.point)
      return
    case 'trial-finished':
      finishTrial(state, trial, event)
      return
    case 'attempt-failed':
      failAttempt(state, trial, event)
      return
    default:
      unreachable(event)
  }
}

function propose(state: FoldState, event: Extract<TrialEvent, { type: 'trial-proposed' }>): void {
  const { architecture, fidelity, origin, parent, weightsFrom } = event.proposal
  state.epochsProposed += fidelity.epochs
  state.trials[event.trial] = {
    trial: event.trial,
    architecture,
    origin,
    parent: parent ?? null,
    weightsFrom: weightsFrom ?? null,
    plannedEpochs: fidelity.epochs,
    state: 'waiting',
    attempts: 0,
    metrics: null,
    counts: null,
    cost: null,
    fingerprint: null,
    startedSeconds: null,
    endedSeconds: null,
    failureKind: null,
    curve: [],
  }
}

function finishTrial(
  state: FoldState,
  trial: MutableTrial,
  event: Extract<TrialEvent, { type: 'trial-finished' }>,
): void {
  const { metrics, cost, counts, curve, dataset, fingerprint } = event.result
  const seconds = state.activeMs / 1000
  Object.assign(trial, { state: 'completed', metrics, cost, counts: counts ?? null, fingerprint })
  trial.endedSeconds = seconds
  if (curve.length > 0) trial.curve = curve
  state.epochsRun += cost.epochs
  state.evaluationSeconds += cost.seconds
  environmentOf(state, fingerprint).resultCount += 1
  if (dataset !== undefined) countDataset(state, dataset)
  const best = state.bestOverTime.at(-1)
  if (best === undefined || metrics.valAccuracy > best.valAccuracy) {
    state.bestOverTime.push({ trial: trial.trial, seconds, valAccuracy: metrics.valAccuracy })
  }
  keepBestCurves(state, trial)
}

function failAttempt(
  state: FoldState,
  trial: MutableTrial,
  event: Extract<TrialEvent, { type: 'attempt-failed' }>,
): void {
  const { attempt, failure, verdict } = event
  recordFailure(state, { trial: trial.trial, attempt, phase: 'search', failure, verdict })
  trial.failureKind = failure.kind
  state.epochsRun += failure.cost?.epochs ?? 0
  state.evaluationSeconds += failure.cost?.seconds ?? 0
  if (verdict === 'retry' || verdict === 'abort-run') {
    trial.state = 'waiting'
  } else {
    trial.state = verdict
    trial.endedSeconds = state.activeMs / 1000
    keepBestCurves(state, trial)
  }
}

function recordFailure(state: FoldState, failed: FailureSummary): void {
  const { failures } = state
  const { failure, verdict } = failed
  if (verdict === 'abort-run') {
    state.status = 'aborted'
    state.abortCause = failure
  }
  const { kind } = failure
  failures.total += 1
  failures.byKind[kind] = (failures.byKind[kind] ?? 0) + 1
  const { trial, attempt, phase } = failed
  // That of the test split ends the run: whoever reads wants to know why.
  if (phase !== 'test' && failures.kept.length >= state.limits.failures) return
  failures.kept.push({ trial, attempt, phase, verdict, failure })
}

/** Lets the curves of all but the best go, now and then, so that each ending costs little. */
function keepBestCurves(state: FoldState, trial: MutableTrial): void {
  if (trial.curve.length === 0) return
  state.curveHolders.push(trial)
  const limit = state.limits.curves
  if (state.curveHolders.length < 2 * limit) return
  state.curveHolders.sort((a, b) => accuracyOf(b) - accuracyOf(a) || a.trial - b.trial)
  for (const dropped of state.curveHolders.splice(limit)) dropped.curve = []
}

function accuracyOf(trial: TrialSummary): number {
  return trial.metrics?.valAccuracy ?? -1
}

/** Whatever was under way when a process ended is lost and starts anew. */
function dropAttempts(state: FoldState): void {
  for (const trial of state.trials) {
    if (trial.state === 'running') trial.state = 'waiting'
  }
}

function countDataset({ datasets }: FoldState, use: DatasetUse): void {
  const key = `${use.contentHash} ${use.splitHash}`
  const seen = datasets.get(key)
  if (seen === undefined) datasets.set(key, { use, resultCount: 1 })
  else seen.resultCount += 1
}

function environmentOf(
  state: FoldState,
  hash: string,
): { fingerprint: unknown; resultCount: number } {
  let environment = state.environments.get(hash)
  if (environment === undefined) {
    environment = { fingerprint: null, resultCount: 0 }
    state.environments.set(hash, environment)
  }
  return environment
}
