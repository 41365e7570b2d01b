/**
 * The frame of Bayesian optimization: random trials first, then each trial is what a model of all that
 * was told holds to be worth most. A method brings the model.
 */
import type { Json } from '#src/encoding/json.ts'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import { drawFresh } from './draw-fresh.ts'
import type { AskContext, Optimizer } from './optimizer.ts'
import { seenForms } from './seen-forms.ts'
import { standardizedCosts } from './surrogate-costs.ts'

/** What a method derives from the history. */
export interface ToldCosts {
  /** One a told trial; null for a trial that has none, which counts as the worst. */
  readonly costs: readonly (number | null)[]
}

/** An architecture that the model chose. */
export interface Choice {
  readonly text: string
  /** The told trial that it descends from; absent for a draw. */
  readonly parent?: number
}

/** What a choice is made from. */
export interface ChoiceContext<S, T> {
  readonly told: T
  /** The costs of all told trials, with mean 0 and variance 1. */
  readonly targets: Float64Array
  /** As `refit` left it. */
  readonly state: S
  readonly ask: AskContext
  /** Whether a canonical form is neither told nor under way. */
  readonly isNew: (form: string) => boolean
}

/**
 * @typeParam S - the state: hyperparameters, or nothing
 * @typeParam T - what is derived from the history
 */
export interface BayesianMethod<S extends Json, T extends ToldCosts> {
  readonly name: string
  readonly initialTrials: number
  readonly start: S
  readonly toldOf: (history: History) => T
  /** The state with hyperparameters that fit what was told; the same one while they need no fit. */
  readonly refit?: (state: S, told: T, targets: Float64Array, random: Random) => S
  /** The new architecture that is worth most; null where every candidate is known. */
  readonly choose: (context: ChoiceContext<S, T>) => Choice | null
}

/**
 * The search that asks a model.
 *
 * @remarks
 * - Of the first `initialTrials` trials, and while nothing has an accuracy, each is a new draw from the
 *   space's sampler, with the origin `random`. Then the model chooses, with the origin `model` and the
 *   told trial that the choice descends from, if any. Where it finds nothing new, a draw follows, with
 *   the origin `fallback`.
 * - A failed trial counts as the worst that was told.
 */
export function bayesianSearch<S extends Json, T extends ToldCosts>(
  space: SearchSpace,
  { name, initialTrials, start, toldOf, refit, choose }: BayesianMethod<S, T>,
): Optimizer<S> {
  const seen = seenForms(space)
  return {
    name,
    init: () => start,
    ask(state, ask) {
      const { trial, random, history, pending, fullFidelity: fidelity } = ask
      const isNew = seen.newIn(history, pending)
      const draw = (origin: string) => ({
        architecture: space.format(drawFresh(space, { isNew, random }).architecture),
        fidelity,
        origin,
      })
      const told = toldOf(history)
      const targets = trial < initialTrials ? null : standardizedCosts(told.costs)
      if (targets === null) return [draw('random'), state]
      const next = refit ? refit(state, told, targets, random) : state
      const choice = choose({ told, targets, state: next, ask, isNew })
      if (choice === null) return [draw('fallback'), next]
      const { text: architecture, parent } = choice
      const proposal = { architecture, fidelity, origin: 'model' }
      return [parent === undefined ? proposal : { ...proposal, parent }, next]
    },
    tell: (state) => state,
  }
}
