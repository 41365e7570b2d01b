/** The end of an experiment: select the winner, measure its test split once, finish. */
import { invariant } from '#src/errors.ts'
import type { Command, ExperimentEvent } from './experiment.ts'
import { costSpent, epochsSpent, trialsSpent } from './spent.ts'
import type { ExperimentState } from './state.ts'

type EventOf<T extends ExperimentEvent['type']> = Extract<ExperimentEvent, { type: T }>
type ConcludingEvent = EventOf<'trial-selected' | 'test-measured' | 'test-failed' | 'run-finished'>

/** Takes an event of the end. */
export function conclude(
  state: ExperimentState,
  event: ConcludingEvent,
): readonly [ExperimentState, readonly Command[]] {
  const next = concluded(state, event)
  const commands: readonly Command[] = next.abortCause
    ? [{ type: 'abort-run', failure: next.abortCause }]
    : endSearch(next)
  return [next, commands]
}

/** The one command that each phase after the search waits for. */
export function endSearch(state: ExperimentState): readonly Command[] {
  switch (state.phase) {
    case 'selecting':
      return state.best ? [{ type: 'select-trial', trial: state.best.trial }] : []
    case 'testing': {
      const attempt = state.test.failureCount
      return state.best ? [{ type: 'measure-test', trial: state.best.trial, attempt }] : []
    }
    case 'finishing':
      return [{ type: 'finish-run', reason: reason(state) }]
    default:
      return []
  }
}

function concluded(state: ExperimentState, event: ConcludingEvent): ExperimentState {
  const place = `Event ${event.type} came while the run was ${state.phase}`
  switch (event.type) {
    case 'trial-selected': {
      invariant(state.phase === 'selecting', place)
      const expected = state.best?.trial
      invariant(
        event.trial === expected,
        `Trial ${event.trial} was selected, expected trial ${expected}`,
      )
      return { ...state, phase: state.plan?.hasTest ? 'testing' : 'finishing' }
    }
    case 'test-measured':
      invariant(state.phase === 'testing', place)
      return { ...state, phase: 'finishing', test: { ...state.test, metrics: event.metrics } }
    case 'test-failed':
      invariant(state.phase === 'testing', place)
      return failTest(state, event)
    case 'run-finished':
      invariant(state.phase === 'finishing', place)
      invariant(
        event.reason === reason(state),
        `The run ended by ${event.reason}, expected ${reason(state)}`,
      )
      return { ...state, phase: 'finished' }
  }
}

function failTest(state: ExperimentState, event: EventOf<'test-failed'>): ExperimentState {
  const { failureCount } = state.test
  invariant(
    event.attempt === failureCount,
    `The test failed in attempt ${event.attempt}, expected ${failureCount}`,
  )
  const test = { ...state.test, failureCount: failureCount + 1 }
  if (event.verdict === 'failed') return { ...state, test, phase: 'finishing' }
  return { ...state, test, abortCause: event.verdict === 'abort-run' ? event.failure : null }
}

/** Which limit ended the search: a count that was reached, else the clock. */
function reason(state: ExperimentState): EventOf<'run-finished'>['reason'] {
  invariant(state.plan, 'A run without a plan cannot end')
  if (trialsSpent(state, state.plan)) return 'trials'
  if (epochsSpent(state, state.plan)) return 'epochs'
  return costSpent(state, state.plan) ? 'costSeconds' : 'seconds'
}
