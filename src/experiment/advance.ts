/** What a search does next by itself: tell, propose, and once nothing is left, end. */
import type { Observation } from '#src/trial/observation.ts'
import { endSearch } from './conclude.ts'
import type { Command, Plan } from './experiment.ts'
import { isSpent } from './spent.ts'
import type { ExperimentState } from './state.ts'

type Stepped = readonly [ExperimentState, readonly Command[]]

/**
 * Tells and proposes until a proposal is awaited, the window is full, or the search has ended.
 *
 * @param commands - what the event itself asked for; comes first
 */
export function advance(before: ExperimentState, commands: readonly Command[]): Stepped {
  const { plan } = before
  if (plan === null) return [before, commands]
  const all = [...commands]
  let state = before
  for (;;) {
    const move = nextMove(state, plan)
    if (move === null) return [state, all]
    state = move[0]
    all.push(...move[1])
  }
}

function nextMove(state: ExperimentState, plan: Plan): Stepped | null {
  if (state.phase !== 'searching' || state.asked !== null) return null
  const mayPropose = !isSpent(state, plan) && hasRoom(state, plan)
  const observation = nextToTell(state, plan)
  // Ordered: trial t + window is proposed before anything after trial t is told. Arrival: what has
  // arrived is told first.
  if (observation && !(mayPropose && plan.visibility.order === 'ordered')) {
    const told = {
      ...state,
      toldCount: state.toldCount + 1,
      toldSeconds: state.toldSeconds + observation.costSeconds,
      held: state.held.slice(1),
    }
    return [told, [{ type: 'tell', observation }]]
  }
  if (mayPropose) {
    const asked = { trial: state.proposedCount, told: state.toldCount }
    return [{ ...state, asked }, [{ type: 'propose', ...asked }]]
  }
  if (state.active.length > 0) return null
  const ended: ExperimentState = { ...state, phase: state.best ? 'selecting' : 'finishing' }
  return [ended, endSearch(ended)]
}

/** The held observation whose turn it is. */
function nextToTell(state: ExperimentState, plan: Plan): Observation | undefined {
  const [first] = state.held
  // Ordered visibility tells trial k as the k-th.
  return plan.visibility.order === 'arrival' || first?.trial === state.toldCount ? first : undefined
}

function hasRoom(state: ExperimentState, { visibility }: Plan): boolean {
  return visibility.order === 'ordered'
    ? state.proposedCount < state.toldCount + visibility.window
    : state.active.length < visibility.window
}
