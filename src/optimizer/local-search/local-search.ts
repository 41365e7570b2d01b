import { invariant } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { AskContext, Optimizer, OptimizerEntry } from '../optimizer.ts'
import { fewer } from '../seen-forms.ts'
import { accuracyOf, type Lookup, type Named, trialLookup } from './lookup.ts'
import { type Neighbourhood, neighbourhoods } from './neighbourhoods.ts'
import { LocalSearchSettings } from './settings.ts'

// A type, not an interface: only types are assignable to Json.
export type LocalSearchState = {
  /** Names the orders of neighbours; drawn by the first ask. */
  readonly seed: string | null
  /** Observations that were taken into account. */
  readonly seen: number
  /** Random trials that no climb has started from, oldest first. */
  readonly fresh: readonly number[]
  /** The trial whose neighbours are tried; null between two climbs. */
  readonly center: number | null
  /** Neighbours of the center that were proposed or passed over. */
  readonly tried: number
  /** The best neighbour of the center that is better than it; full neighbourhoods only. */
  readonly better: number | null
  /** Centers whose neighbours were all tried; only kept to continue after an optimum. */
  readonly expanded: readonly number[]
  readonly climbs: number
}

/** Steps over known trials within one ask before a random trial is proposed instead. */
const stepsMax = 100

/** Draws of one ask for a random start that is not known. */
const drawsMax = 100

/** Told repeats in a row after which the search no longer climbs, until a random trial is new. */
const repeatsMax = 100

/**
 * Hill climbing over the space's neighbours, started again at each local optimum.
 *
 * @remarks
 * - The first `initialCount` trials are random, and the first climb starts at the best of them.
 *   Then neighbours of the center are tried in their order. What is known (see the settings) is not
 *   proposed again; its result counts all the same.
 * - A failed trial is worse than any accuracy. Equally good is not better.
 * - When trials overlap, every pending neighbour still counts: a center is an optimum, or is left
 *   for the best of its neighbours, only once all of them are told. What is asked for meanwhile, or
 *   before the random trials of a start are told, is a random trial, from which a later climb can
 *   start.
 * - The order of neighbours is drawn from a stream named by the state's seed and the center.
 * - A space that is used up repeats itself, with the origin `fallback`. After n such repeats in a row,
 *   told, an ask takes 1 + n times fewer steps and draws, and after 100 it proposes a random trial
 *   without a look at the neighbours; one that is new is a start like any other.
 *
 * @see White, Nolen and Savani 2020, "Local Search is State of the Art for Neural Architecture
 *   Search Benchmarks", section 3; naszilla `nas_algorithms.py`, `local_search`.
 */
export function localSearch(
  space: SearchSpace,
  settings: LocalSearchSettings,
): Optimizer<LocalSearchState> {
  const lookup = trialLookup(space, settings)
  const around = neighbourhoods(space, settings, lookup.name)
  return {
    name: 'local-search',
    init: () => ({
      seed: null,
      seen: 0,
      fresh: [],
      center: null,
      tried: 0,
      better: null,
      expanded: [],
      climbs: 0,
    }),
    ask(state, context) {
      const { history, pending, random, trial, fullFidelity } = context
      const climb: Climb = {
        state: { ...state, seed: state.seed ?? String(random.uint32()) },
        settings,
        space,
        context,
        name: lookup.name,
        formOf: lookup.formOf,
        trials: lookup.in(history, pending),
        around,
      }
      absorb(climb, history)
      const isUsedUp = climb.trials.repeats >= repeatsMax
      const { text, origin, parent } = isUsedUp ? drawOnce(climb) : next(climb)
      if (origin === 'random' || (origin === 'fallback' && !isUsedUp))
        change(climb, { fresh: [...climb.state.fresh, trial] })
      const proposal = { architecture: text, fidelity: fullFidelity, origin }
      return [parent === undefined ? proposal : { ...proposal, parent }, climb.state]
    },
    tell: (state) => state,
  }
}

export const localSearchEntry: OptimizerEntry<typeof LocalSearchSettings> = {
  name: 'local-search',
  summary: 'Climbs from neighbour to neighbour and starts again at each local optimum',
  source:
    'White, Nolen and Savani 2020, "Local Search is State of the Art for Neural Architecture Search Benchmarks", section 3',
  settings: LocalSearchSettings,
  create: localSearch,
}

/** One ask at work; `state` is replaced, never changed. */
interface Climb {
  state: LocalSearchState
  readonly settings: LocalSearchSettings
  readonly space: SearchSpace
  readonly context: AskContext
  readonly name: (architecture: unknown) => Named
  readonly formOf: (text: string) => string
  readonly trials: Lookup
  readonly around: (center: Observation, seed: string) => Neighbourhood
}

interface Choice {
  readonly text: string
  readonly origin: 'random' | 'neighbour' | 'fallback'
  readonly parent?: number
}

function change(climb: Climb, changed: Partial<LocalSearchState>): void {
  climb.state = { ...climb.state, ...changed }
}

/** Takes in what was told since the last ask: neighbours that are better. */
function absorb(climb: Climb, history: History): void {
  const { seen } = climb.state
  for (let position = seen; position < history.length; position++) {
    const observation = history.at(position)
    if (climb.state.center !== null && !climb.state.fresh.includes(observation.trial)) {
      compare(climb, observation)
    }
  }
  if (seen !== history.length) change(climb, { seen: history.length })
}

/** Moves to a neighbour, or remembers it, if it is better than the best so far. */
function compare(climb: Climb, neighbour: Observation): void {
  const { center, better } = climb.state
  const rival = told(climb, better ?? center)
  if (accuracyOf(neighbour) <= accuracyOf(rival)) return
  if (climb.settings.improvement === 'full') change(climb, { better: neighbour.trial })
  else moveTo(climb, neighbour.trial)
}

function moveTo(climb: Climb, trial: number | null): void {
  change(climb, { center: trial, tried: 0, better: null })
}

/** The next proposal, after as many steps over known trials as it takes. */
function next(climb: Climb): Choice {
  const steps = fewer(stepsMax, climb.trials.repeats)
  for (let step = 0; step < steps; step++) {
    const choice = climb.state.center === null ? startClimb(climb) : tryNeighbour(climb)
    if (choice !== null) return choice
  }
  const { space, context } = climb
  return { text: space.format(space.sample(context.random)), origin: 'fallback' }
}

/** A random trial of a space that seems to be used up; nobody climbs meanwhile. */
function drawOnce(climb: Climb): Choice {
  const { space, context, trials, name, state } = climb
  if (state.center !== null) moveTo(climb, null)
  const { text, form } = name(space.sample(context.random))
  const isNew = trials.known(form) === undefined && trials.underWay(form) === undefined
  return { text, origin: isNew ? 'random' : 'fallback' }
}

/** Proposes a random start while there are too few; null once a center is there. */
function startClimb(climb: Climb): Choice | null {
  const { fresh, climbs } = climb.state
  const wanted = climbs === 0 ? climb.settings.initialCount : climb.settings.restartCount
  if (fresh.length < wanted) return drawStart(climb)
  const starts = fresh.flatMap((trial) => climb.trials.told(trial) ?? [])
  if (starts.length < wanted) return drawStart(climb)
  const best = starts.reduce((one, two) => (accuracyOf(two) > accuracyOf(one) ? two : one))
  moveTo(climb, best.trial)
  // What is still under way is for the climb after this one.
  const left = fresh.filter((trial) => climb.trials.told(trial) === undefined)
  change(climb, { fresh: left, climbs: climbs + 1 })
  return null
}

/** A random trial that is not known; null when a known one is taken for a start instead. */
function drawStart(climb: Climb): Choice | null {
  const { space, context, settings, trials, state } = climb
  if (settings.known === 'nothing') {
    return { text: space.format(space.sample(context.random)), origin: 'random' }
  }
  const isFirst = state.climbs === 0
  const draws = fewer(drawsMax, trials.repeats)
  for (let draw = 0; draw < draws; draw++) {
    const { text, form } = climb.name(space.sample(context.random))
    const known = trials.known(form)
    if (known === undefined && trials.underWay(form) === undefined)
      return { text, origin: 'random' }
    // The first batch is drawn until it is new; later a climb may start from what is known.
    if (known !== undefined && !isFirst && !state.fresh.includes(known.trial)) {
      change(climb, { fresh: [...state.fresh, known.trial] })
      return null
    }
  }
  return { text: space.format(space.sample(context.random)), origin: 'fallback' }
}

/** Proposes the next neighbour that is not known; null when the center has changed instead. */
function tryNeighbour(climb: Climb): Choice | null {
  const center = told(climb, climb.state.center)
  const around = climb.around(center, climb.state.seed ?? '')
  for (let index = climb.state.tried; index < around.size; index++) {
    const { text, form } = around.nameAt(index)
    if (climb.settings.known === 'nothing' || isUnknown(climb, form)) {
      change(climb, { tried: index + 1 })
      return { text, origin: 'neighbour', parent: center.trial }
    }
    if (climb.state.center !== center.trial) return null
  }
  change(climb, { tried: around.size })
  return leave(climb, center)
}

/** Whether a neighbour is to be proposed; one that is known is compared, one under way waited for. */
function isUnknown(climb: Climb, form: string): boolean {
  const known = climb.trials.known(form)
  if (known !== undefined) {
    compare(climb, known)
    return false
  }
  const pending = climb.trials.underWay(form)
  if (pending === undefined) return true
  // It may be a random start: as a neighbour it is compared when it is told.
  const fresh = climb.state.fresh.filter((trial) => trial !== pending.trial)
  if (fresh.length < climb.state.fresh.length) change(climb, { fresh })
  return false
}

/** Where to go once every neighbour is tried; a random trial while some of them are under way. */
function leave(climb: Climb, center: Observation): Choice | null {
  const { better, fresh, expanded } = climb.state
  const isWaiting = climb.context.pending.some(({ trial }) => !fresh.includes(trial))
  if (isWaiting) return drawStart(climb)
  if (climb.settings.afterOptimum === 'restart') {
    moveTo(climb, better)
    return null
  }
  change(climb, { expanded: [...expanded, center.trial] })
  if (better === null) {
    const forms = new Set(climb.state.expanded.map((trial) => climb.formOf(textOf(climb, trial))))
    const best = climb.trials.best(({ architecture }) => !forms.has(climb.formOf(architecture)))
    moveTo(climb, best?.trial ?? null)
  } else moveTo(climb, better)
  return null
}

function textOf(climb: Climb, trial: number): string {
  return told(climb, trial).architecture
}

/** The observation of a trial that is known to be told. */
function told(climb: Climb, trial: number | null): Observation {
  const observation = trial === null ? undefined : climb.trials.told(trial)
  invariant(observation !== undefined, `Local search took trial ${trial} for told, which it is not`)
  return observation
}
