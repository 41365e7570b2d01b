/**
 * The interface of an optimizer: ask and tell, pure. `catalog.ts` names the optimizers that exist;
 * README.md says how to add one.
 */
import type { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { Proposal } from '#src/trial/proposal.ts'

/** A trial that was proposed and is not told yet. */
export interface PendingTrial {
  readonly trial: number
  readonly architecture: string
  readonly fidelity: Fidelity
}

export interface AskContext {
  /** Index of the trial to propose, zero-based. */
  readonly trial: number
  /** A stream of this ask's own, named by the run's seed and the trial. */
  readonly random: Random
  /** Everything told so far, in the order of telling. */
  readonly history: History
  /** Proposed and not told yet, by rising trial; fewer than the visibility window. */
  readonly pending: readonly PendingTrial[]
  /** What an evaluation gets unless the optimizer has a reason for less. */
  readonly fullFidelity: Fidelity
  /** Whether a proposal may name `weightsFrom`; absent for no. */
  readonly inheritsWeights?: boolean
}

/**
 * A search method.
 *
 * @remarks
 * Pure computation: no clock, no file, no network, no generator of its own. The state is a small
 * JSON value; written out and read back between any two calls it continues identically. What was
 * told stands in the history, not in the state. A model fitted to the history is a cache that the
 * history and the state rebuild.
 *
 * @typeParam S - the state
 */
export interface Optimizer<S extends Json = Json> {
  readonly name: string
  init(): S
  /** Proposes the architecture of one trial. */
  ask(state: S, context: AskContext): readonly [Proposal, S]
  /** Takes one observation, which the history already ends with. */
  tell(state: S, observation: Observation, history: History): S
  /**
   * Told trials that a proposal may still name in `weightsFrom`, of those that have an accuracy; absent
   * where none ever does. The weights of the others are thrown away, so what is told and not among them
   * never comes back.
   */
  weightSources?(state: S, history: History): readonly number[]
}

/** A catalog entry: how the optimizer is named, configured and made. */
export interface OptimizerEntry<S extends z.ZodType = z.ZodType> {
  readonly name: string
  /** One sentence for help and docs. */
  readonly summary: string
  /** Paper and section. */
  readonly source: string
  /** Settings with their defaults, strict. */
  readonly settings: S
  /** Whether it is the control arm of every comparison: with its default settings, plain sampling. */
  readonly isControl?: boolean
  /**
   * Whether an ask can take longer than some 50 milliseconds: a run then computes its asks in a thread
   * of their own, so that workers are answered meanwhile.
   */
  readonly mayBlock?: boolean
  /**
   * Why it cannot search a space, as the end of a sentence ("needs …, which the space does not
   * offer"), or null when it can; absent when it searches every space. `create` may rely on it.
   */
  misfit?(space: SearchSpace): string | null
  create(space: SearchSpace, settings: z.infer<S>): Optimizer
}
