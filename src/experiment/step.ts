/**
 * The state machine of an experiment: one event in, a new state and commands out. Pure; the journal
 * folded through it gives the state at any moment.
 */
import { ArchloomError, invariant, unreachable } from '#src/errors.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { Outcome } from '#src/trial/outcome.ts'
import { advance } from './advance.ts'
import { conclude, endSearch } from './conclude.ts'
import type { Command, ExperimentEvent, JournalEntry } from './experiment.ts'
import type { ActiveTrial, BestTrial, ExperimentState } from './state.ts'

type Stepped = readonly [ExperimentState, readonly Command[]]
type EventOf<T extends ExperimentEvent['type']> = Extract<ExperimentEvent, { type: T }>

/**
 * Takes one journal entry.
 *
 * @remarks
 * The commands are to be carried out in order. At most one of them is `propose`, and it is the last
 * that concerns the optimizer: what follows from the proposal comes with its `trial-proposed`. A
 * command that a process did not carry out before it died is given again on `run-resumed`, except
 * `tell` and `propose`: those are pure, so replay carries them out.
 *
 * @throws internal/invariant when the event cannot follow the state
 */
export function step(state: ExperimentState, entry: JournalEntry): Stepped {
  const timed = passTime(state, entry)
  const { event } = entry
  switch (event.type) {
    case 'run-started':
      return start(timed, event)
    case 'run-resumed':
      return resume(timed, event)
    case 'run-interrupted':
    case 'environment-seen':
    case 'trial-progressed':
      return [observe(timed, event), []]
    case 'trial-proposed':
      return propose(timed, event)
    case 'attempt-started':
      return startAttempt(timed, event)
    case 'trial-finished':
      return finishTrial(timed, event)
    case 'attempt-failed':
      return failAttempt(timed, event)
    case 'time-spent':
      return advance({ ...timed, timeSpent: true }, [])
    case 'trial-selected':
    case 'test-measured':
    case 'test-failed':
    case 'run-finished':
      return conclude(timed, event)
    default:
      return unreachable(event)
  }
}

/** Time before a resumption was nobody's; a clock that was set back counts as standing still. */
function passTime(state: ExperimentState, { event, timeMs }: JournalEntry): ExperimentState {
  const counts =
    state.phase === 'searching' && event.type !== 'run-resumed' && state.lastMs !== null
  const passedMs = counts ? Math.max(0, timeMs - (state.lastMs ?? timeMs)) : 0
  return { ...state, searchedMs: state.searchedMs + passedMs, lastMs: timeMs }
}

function start(state: ExperimentState, event: EventOf<'run-started'>): Stepped {
  invariant(state.phase === 'new', 'A run cannot start twice')
  return advance(
    { ...state, phase: 'searching', plan: event.plan, allowMixed: event.allowMixed ?? false },
    [],
  )
}

function resume(state: ExperimentState, event: EventOf<'run-resumed'>): Stepped {
  const { phase } = state
  invariant(phase !== 'new' && phase !== 'finished', `A ${phase} run cannot be resumed`)
  const resumed: ExperimentState = {
    ...state,
    active: state.active.map((trial) => ({ ...trial, running: false })),
    abortCause: null,
    allowMixed: state.allowMixed || (event.allowMixed ?? false),
  }
  if (phase === 'searching') return [resumed, resumed.active.map(attemptCommand)]
  return [resumed, endSearch(resumed)]
}

function observe(
  state: ExperimentState,
  event: EventOf<'run-interrupted' | 'environment-seen' | 'trial-progressed'>,
): ExperimentState {
  if (event.type === 'environment-seen') {
    return { ...state, environments: withMember(state.environments, event.hash) }
  }
  if (event.type === 'trial-progressed') runningTrial(state, event)
  return state
}

function propose(state: ExperimentState, event: EventOf<'trial-proposed'>): Stepped {
  const { asked } = state
  invariant(
    asked?.trial === event.trial && asked.told === event.told,
    `Trial ${event.trial} was proposed after ${event.told} observations, expected ${
      asked ? `trial ${asked.trial} after ${asked.told}` : 'no proposal'
    }`,
  )
  const trial: ActiveTrial = {
    trial: event.trial,
    proposal: event.proposal,
    attempts: 0,
    running: false,
    crashes: 0,
  }
  return advance(
    {
      ...state,
      asked: null,
      proposedCount: state.proposedCount + 1,
      proposedEpochs: state.proposedEpochs + event.proposal.fidelity.epochs,
      active: [...state.active, trial],
    },
    [attemptCommand(trial)],
  )
}

function startAttempt(state: ExperimentState, event: EventOf<'attempt-started'>): Stepped {
  const active = activeTrial(state, event.trial)
  invariant(!active.running, `Trial ${event.trial} has an attempt under way`)
  invariant(
    event.attempt === active.attempts,
    `Trial ${event.trial} started attempt ${event.attempt}, expected ${active.attempts}`,
  )
  const started = { ...active, attempts: active.attempts + 1, running: true }
  return [{ ...state, active: replaceTrial(state.active, started) }, []]
}

function finishTrial(state: ExperimentState, event: EventOf<'trial-finished'>): Stepped {
  const { trial, proposal } = runningTrial(state, event)
  const { result } = event
  const best: BestTrial = { trial, proposal, result }
  return endTrial(
    {
      ...state,
      best: isBetter(best, state.best) ? best : state.best,
      resultEnvironments: withMember(state.resultEnvironments, result.fingerprint),
    },
    {
      trial,
      architecture: proposal.architecture,
      fidelity: proposal.fidelity,
      outcome: 'completed',
      valAccuracy: result.metrics.valAccuracy,
      parameterCount: result.counts?.parameterCount ?? null,
      costSeconds: result.cost.seconds,
    },
  )
}

function isBetter(candidate: BestTrial, best: BestTrial | null): boolean {
  if (best === null) return true
  const gain = candidate.result.metrics.valAccuracy - best.result.metrics.valAccuracy
  return gain > 0 || (gain === 0 && candidate.trial < best.trial)
}

function failAttempt(state: ExperimentState, event: EventOf<'attempt-failed'>): Stepped {
  const active = runningTrial(state, event)
  const { verdict, failure } = event
  if (verdict === 'retry' || verdict === 'abort-run') {
    // A worker that leaves is no fault of the trial's: its attempts are not counted against it.
    const crashes = active.crashes + (failure.kind === 'departed' ? 0 : 1)
    const failed = { ...active, running: false, crashes }
    const next = { ...state, active: replaceTrial(state.active, failed) }
    return verdict === 'retry'
      ? [next, [attemptCommand(failed)]]
      : [{ ...next, abortCause: failure }, [{ type: 'abort-run', failure }]]
  }
  return endTrial(state, {
    trial: event.trial,
    architecture: active.proposal.architecture,
    fidelity: active.proposal.fidelity,
    outcome: verdict,
    valAccuracy: null,
    parameterCount: null,
    costSeconds: failure.cost?.seconds ?? 0,
  })
}

function endTrial(state: ExperimentState, observation: Observation): Stepped {
  const { trial, outcome } = observation
  const held = [...state.held, observation]
  // Ordered visibility tells by trial; arrival tells in the order of the journal.
  if (state.plan?.visibility.order === 'ordered') held.sort((a, b) => a.trial - b.trial)
  return advance(
    {
      ...state,
      active: state.active.filter((active) => active.trial !== trial),
      held,
      outcomeCounts: countOutcome(state.outcomeCounts, outcome),
    },
    [],
  )
}

function attemptCommand({ trial, attempts, proposal }: ActiveTrial): Command {
  return { type: 'start-attempt', trial, attempt: attempts, proposal }
}

function activeTrial(state: ExperimentState, trial: number): ActiveTrial {
  const active = state.active.find((candidate) => candidate.trial === trial)
  if (active) return active
  throw new ArchloomError('internal/invariant', `Trial ${trial} is not under way`)
}

function runningTrial(
  state: ExperimentState,
  event: { readonly trial: number; readonly attempt: number },
): ActiveTrial {
  const active = activeTrial(state, event.trial)
  invariant(
    active.running && event.attempt === active.attempts - 1,
    `Attempt ${event.attempt} of trial ${event.trial} is not under way`,
  )
  return active
}

function replaceTrial(
  active: readonly ActiveTrial[],
  changed: ActiveTrial,
): readonly ActiveTrial[] {
  return active.map((candidate) => (candidate.trial === changed.trial ? changed : candidate))
}

function countOutcome(
  counts: ExperimentState['outcomeCounts'],
  outcome: Outcome,
): ExperimentState['outcomeCounts'] {
  return { ...counts, [outcome]: (counts[outcome] ?? 0) + 1 }
}

function withMember(members: readonly string[], member: string): readonly string[] {
  return members.includes(member) ? members : [...members, member]
}
