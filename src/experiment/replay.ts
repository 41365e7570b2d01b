/** Rebuilds a run from its journal, and proves on the way that every decision follows from it. */
import { ArchloomError } from '#src/errors.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import type { Command, JournalEntry, Plan } from './experiment.ts'
import type { Method } from './method.ts'
import { type ExperimentState, initialState } from './state.ts'
import { step } from './step.ts'

/** A proposal that was made again, but that the journal does not hold yet. */
export interface Unrecorded {
  readonly trial: number
  readonly told: number
  readonly proposal: Proposal
}

export interface Replayed {
  readonly state: ExperimentState
  /** Null for a journal without events. */
  readonly method: Method | null
  /** What to record first after `run-resumed`; at most one proposal is ever awaited. */
  readonly unrecorded: Unrecorded | null
  readonly entryCount: number
  /** Recorded proposals that were computed again and found equal. */
  readonly proposalCount: number
}

/**
 * Folds a journal.
 *
 * @param entries - read once, in order; none is kept
 * @param makeMethod - a method that nothing was told yet
 * @throws verify/replay when a recorded decision does not follow from what was recorded before it
 */
export function replay(
  entries: Iterable<JournalEntry>,
  makeMethod: (plan: Plan) => Method,
): Replayed {
  let state = initialState()
  let method: Method | null = null
  let unrecorded: Unrecorded | null = null
  let entryCount = 0
  let proposalCount = 0
  for (const entry of entries) {
    const { event } = entry
    if (event.type === 'run-started') method = makeMethod(event.plan)
    if (event.type === 'trial-proposed') {
      compare(entry.sequence, event, unrecorded)
      unrecorded = null
      proposalCount += 1
    }
    const [next, commands] = stepOrExplain(state, entry)
    state = next
    if (method) unrecorded = carryOut(commands, method) ?? unrecorded
    entryCount += 1
  }
  return { state, method, unrecorded, entryCount, proposalCount }
}

/** Tells and asks; every other command was the runner's, and its answers are in the journal. */
function carryOut(commands: readonly Command[], method: Method): Unrecorded | null {
  let asked: Unrecorded | null = null
  for (const command of commands) {
    if (command.type === 'tell') method.tell(command.observation)
    if (command.type === 'propose') {
      const { trial, told } = command
      asked = { trial, told, proposal: method.ask(trial) }
    }
  }
  return asked
}

function stepOrExplain(state: ExperimentState, entry: JournalEntry) {
  try {
    return step(state, entry)
  } catch (cause) {
    if (!(cause instanceof ArchloomError) || cause.code !== 'internal/invariant') throw cause
    throw new ArchloomError(
      'verify/replay',
      `Entry ${entry.sequence} of the journal does not follow from those before it: ${cause.message}`,
      { cause, details: { sequence: entry.sequence, event: entry.event } },
    )
  }
}

function compare(
  sequence: number,
  recorded: { readonly trial: number; readonly told: number; readonly proposal: Proposal },
  expected: Unrecorded | null,
): void {
  // An entry that no proposal was due for is the state machine's to refuse.
  if (expected === null || expected.trial !== recorded.trial) return
  const found = JSON.stringify(recorded.proposal)
  const wanted = JSON.stringify(expected.proposal)
  if (found === wanted) return
  throw new ArchloomError(
    'verify/replay',
    `Trial ${recorded.trial} does not follow from the journal: expected ${wanted}, found ${found} in entry ${sequence}`,
    { details: { sequence, trial: recorded.trial, expected: expected.proposal, found: recorded } },
  )
}
