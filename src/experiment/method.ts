/** An optimizer at work in one run: its state, and the history that it is shown. */
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { Optimizer, PendingTrial } from '#src/optimizer/optimizer.ts'
import { Random } from '#src/random/random.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import { Proposal } from '#src/trial/proposal.ts'
import type { Plan } from './experiment.ts'
import { growingHistory } from './history.ts'

/**
 * Carries out `tell` and `propose`. A function of the sequence of its calls alone: the same calls
 * give the same proposals, in this process or another.
 */
export interface Method {
  readonly history: History
  tell(observation: Observation): void
  /**
   * @param trial - index of the trial to propose
   * @throws internal/invariant when the optimizer breaks its contract
   */
  ask(trial: number): Proposal
  /** What an ask would be handed besides the history, so that it can be answered elsewhere. */
  request(trial: number): AskRequest
  /**
   * Takes the answer to the last request, as `ask` would have taken it.
   * @throws internal/invariant when the optimizer broke its contract
   */
  accept(trial: number, answer: AskAnswer): Proposal
  /** Told trials whose weights a proposal may still name; empty where the run hands none on. */
  weightSources(): readonly number[]
}

/** Everything that an ask depends on besides the optimizer and the history; JSON-able. */
export interface AskRequest {
  readonly state: Json
  readonly trial: number
  readonly pending: readonly PendingTrial[]
  /** The run's. */
  readonly seed: string
  readonly fullFidelity: Fidelity
  readonly inheritsWeights: boolean
}

/** The proposal and the optimizer's next state. */
export type AskAnswer = readonly [Proposal, Json]

/** Asks once; a function of its arguments alone. */
export function answer(optimizer: Optimizer, request: AskRequest, history: History): AskAnswer {
  const { state, seed, ...context } = request
  const random = Random.named(seed, 'ask', request.trial)
  return optimizer.ask(state, { ...context, random, history })
}

type MethodPlan = Pick<Plan, 'seed' | 'fidelity' | 'inheritsWeights'>

export function startMethod(optimizer: Optimizer, plan: MethodPlan): Method {
  const { seed, fidelity: fullFidelity, inheritsWeights = false } = plan
  let state = optimizer.init()
  const history = growingHistory()
  let pending: readonly PendingTrial[] = []
  const method: Method = {
    history,
    tell(observation) {
      history.append(observation)
      pending = pending.filter(({ trial }) => trial !== observation.trial)
      state = optimizer.tell(state, observation, history)
    },
    ask: (trial) => method.accept(trial, answer(optimizer, method.request(trial), history)),
    request: (trial) => ({ state, trial, pending, seed, fullFidelity, inheritsWeights }),
    accept(trial, [made, next]) {
      state = next
      const proposal = checkProposal(made, { optimizer: optimizer.name, trial, plan })
      const { architecture, fidelity } = proposal
      pending = [...pending, { trial, architecture, fidelity }]
      return proposal
    },
    weightSources: () =>
      (inheritsWeights ? optimizer.weightSources?.(state, history) : undefined) ?? [],
  }
  return method
}

/** A copy with the schema's order of keys, so that equal proposals have equal JSON. */
function checkProposal(
  proposal: Proposal,
  place: { optimizer: string; trial: number; plan: MethodPlan },
): Proposal {
  const { optimizer, trial, plan } = place
  const parsed = Proposal.safeParse(proposal)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new ArchloomError(
      'internal/invariant',
      `Optimizer ${optimizer} made an invalid proposal for trial ${trial}: ${issue?.path.join('.')}: ${issue?.message}`,
      { cause: parsed.error },
    )
  }
  const { fidelity, weightsFrom } = parsed.data
  const { epochs } = fidelity
  invariant(
    epochs <= plan.fidelity.epochs,
    `Optimizer ${optimizer} proposed ${epochs} epochs for trial ${trial}, expected at most ${plan.fidelity.epochs}`,
  )
  invariant(
    weightsFrom === undefined || plan.inheritsWeights,
    `Optimizer ${optimizer} proposed trial ${trial} with the weights of trial ${weightsFrom}, expected none, since this run hands no weights on`,
  )
  return parsed.data
}
