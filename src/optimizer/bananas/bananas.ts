import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import { drawFresh } from '../draw-fresh.ts'
import type { AskContext, Optimizer, OptimizerEntry } from '../optimizer.ts'
import { perHistory } from '../per-history.ts'
import { seenForms } from '../seen-forms.ts'
import { rankCandidates } from './acquisition.ts'
import { type Candidate, drawMutants, type Parent } from './candidates.ts'
import { featureEncoder, featureMisfit } from './features.ts'
import { BananasSettings } from './settings.ts'
import { surrogate } from './surrogate.ts'

// Types, not interfaces: only types are assignable to Json.
type Choice = {
  readonly architecture: string
  readonly origin: string
  readonly parent?: number
}

export type BananasState = {
  /** What is left of the round, first to be proposed first. */
  readonly round: readonly Choice[]
}

/** Told trials that completed. */
interface Known {
  readonly inputs: Float64Array[]
  /** In percent. */
  readonly errors: number[]
  readonly positions: number[]
}

/**
 * Bayesian optimization with an ensemble of small nets: of the mutants of the best architecture, the
 * most promising ones are evaluated.
 *
 * @remarks
 * - The first `initialTrials` trials are random. Then rounds of `roundSize`: a round's proposals are
 *   chosen together when its first is asked for, from what is told by then; the state holds those that
 *   are left. They name the trial that they are mutants of.
 * - Nothing is proposed that the history holds, that is under way or that stands in the round, in the
 *   sense of `space.canonical`. Where the best has too few new mutants, the next best are mutated, too;
 *   where none has, random architectures fill the round, with the origin `fallback`. A space that is
 *   used up repeats itself.
 * - The nets are fitted anew each round, to the validation errors in percent, drawing from the stream
 *   of the round's first ask. Failed trials are not fitted to, and never proposed again.
 * - While nothing has completed, trials are random.
 * - With `acquisition: random` no net is fitted: the mutants come in the order of their drawing.
 *
 * @see White et al. 2021, "BANANAS: Bayesian Optimization with Neural Architectures for Neural
 *   Architecture Search", section 4; naszilla `nas_algorithms.py`.
 * @throws config/incompatible for an encoding that the space does not offer
 */
export function bananas(space: SearchSpace, settings: BananasSettings): Optimizer<BananasState> {
  const seen = seenForms(space)
  const knownOf = knownTrials(space, settings)
  const choose = roundChooser(space, settings)
  return {
    name: 'bananas',
    init: () => ({ round: [] }),
    ask(state, context) {
      const { trial, random, history, pending, fullFidelity: fidelity } = context
      const known = knownOf(history)
      const isNew = seen.newIn(history, pending)
      if (trial < settings.initialTrials || known.errors.length === 0) {
        const { architecture } = drawFresh(space, { isNew, random })
        return [{ architecture: space.format(architecture), fidelity, origin: 'random' }, state]
      }
      const [next, ...rest] = state.round.length > 0 ? state.round : choose(known, context, isNew)
      return [{ ...(next as Choice), fidelity } satisfies Proposal, { round: rest }]
    },
    tell: (state) => state,
  }
}

export const bananasEntry: OptimizerEntry<typeof BananasSettings> = {
  name: 'bananas',
  summary: 'Bayesian optimization with an ensemble of small neural networks on path encodings',
  source: 'White et al. 2021, "BANANAS", section 4; naszilla `nas_algorithms.py`',
  settings: BananasSettings,
  mayBlock: true,
  misfit: featureMisfit,
  create: bananas,
}

function knownTrials(space: SearchSpace, settings: BananasSettings): (history: History) => Known {
  const encode = featureEncoder(space, settings)
  return perHistory(
    (): Known => ({ inputs: [], errors: [], positions: [] }),
    ({ inputs, errors, positions }, { architecture, valAccuracy }, position) => {
      if (valAccuracy === null) return
      // The ablation sees nothing.
      if (settings.acquisition !== 'random') inputs.push(encode(space.parse(architecture)))
      errors.push(100 * (1 - valAccuracy))
      positions.push(position)
    },
  )
}

type ChooseRound = (
  known: Known,
  context: AskContext,
  isNew: (form: string) => boolean,
) => readonly Choice[]

function roundChooser(space: SearchSpace, settings: BananasSettings): ChooseRound {
  const { roundSize, acquisition } = settings
  const rank = ranker(space, settings)
  return (known, { history, random }, isNew) => {
    const mutants = drawMutants(space, byAccuracy(known, history), settings, { isNew, random })
    const chosen = rank(known, mutants, random).slice(0, roundSize)
    const origin = acquisition === 'random' ? 'mutation' : 'model'
    const forms = new Set(chosen.map(({ form }) => form))
    const choices = chosen.map(({ architecture, parent }): Choice => {
      return { architecture: space.format(architecture), origin, parent }
    })
    while (choices.length < roundSize) {
      const isFresh = (form: string) => isNew(form) && !forms.has(form)
      const { architecture, form } = drawFresh(space, { isNew: isFresh, random })
      forms.add(form)
      choices.push({ architecture: space.format(architecture), origin: 'fallback' })
    }
    return choices
  }
}

type Rank = (known: Known, mutants: readonly Candidate[], random: Random) => readonly Candidate[]

/** The mutants, most promising first. */
function ranker(space: SearchSpace, settings: BananasSettings): Rank {
  const { acquisition } = settings
  if (acquisition === 'random') return (_known, mutants) => mutants
  const encode = featureEncoder(space, settings)
  const believe = surrogate(settings)
  return ({ inputs, errors }, mutants, random) => {
    const points = { inputs, targets: Float64Array.from(errors) }
    const vectors = mutants.map(({ architecture }) => encode(architecture))
    const beliefs = believe(points, vectors, random.split('ensemble'))
    const order = rankCandidates(beliefs, acquisition, Math.min(...errors), random)
    return order.map((index) => mutants[index] as Candidate)
  }
}

/** The told trials, best first; of equals the first told. */
function byAccuracy({ errors, positions }: Known, history: History): readonly Parent[] {
  return errors
    .map((error, index) => ({ error, position: positions[index] ?? 0 }))
    .sort((one, other) => one.error - other.error)
    .map(({ position }) => history.at(position))
}
