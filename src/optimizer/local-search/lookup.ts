import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { PendingTrial } from '../optimizer.ts'
import { perHistory } from '../per-history.ts'
import type { LocalSearchSettings } from './settings.ts'

/** What a climb asks of the trials so far. */
export interface Lookup {
  /** The told trial of this index; undefined while it is pending. */
  told(trial: number): Observation | undefined
  /** The first told trial of this form. */
  known(form: string): Observation | undefined
  /** The pending trial of this form. */
  underWay(form: string): PendingTrial | undefined
  /** The best told trial that `isWanted`; of equals the earliest. */
  best(isWanted: (observation: Observation) => boolean): Observation | undefined
}

interface Told {
  readonly byTrial: Map<number, Observation>
  readonly byForm: Map<string, Observation>
  /** By falling accuracy, then in the order of telling; only kept where it is asked for. */
  readonly ranking: Observation[]
}

/** An architecture's text form, and what it is known by. */
export interface Named {
  readonly text: string
  readonly form: string
}

/**
 * Looks trials up, by the identity that `known` names.
 *
 * @remarks A told trial is looked at once; a lookup then costs O(1), and O(pending) for its making.
 */
export function trialLookup(space: SearchSpace, settings: LocalSearchSettings) {
  const { known, afterOptimum } = settings
  const name = (architecture: unknown): Named => {
    const text = space.format(architecture)
    return { text, form: known === 'network' ? space.canonical(architecture) : text }
  }
  const formOf = (text: string) => (known === 'network' ? space.canonical(space.parse(text)) : text)
  const toldOf = perHistory<Told>(
    () => ({ byTrial: new Map(), byForm: new Map(), ranking: [] }),
    ({ byTrial, byForm, ranking }, observation) => {
      byTrial.set(observation.trial, observation)
      if (known === 'nothing' && afterOptimum === 'restart') return
      const form = formOf(observation.architecture)
      if (!byForm.has(form)) byForm.set(form, observation)
      if (afterOptimum === 'continue') rank(ranking, observation)
    },
  )
  return {
    name,
    formOf,
    /** The lookup of one ask. */
    in(history: History, pending: readonly PendingTrial[]): Lookup {
      const { byTrial, byForm, ranking } = toldOf(history)
      const forms = new Map(pending.map((trial) => [formOf(trial.architecture), trial]))
      return {
        told: (trial) => byTrial.get(trial),
        known: (form) => byForm.get(form),
        underWay: (form) => forms.get(form),
        best: (isWanted) => ranking.find(isWanted),
      }
    },
  }
}

/** Of a failed trial, worse than any accuracy. */
export function accuracyOf({ valAccuracy }: Observation): number {
  return valAccuracy ?? Number.NEGATIVE_INFINITY
}

/** Puts an observation behind those that are at least as good. */
function rank(ranking: Observation[], observation: Observation): void {
  const accuracy = accuracyOf(observation)
  let [low, high] = [0, ranking.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const rival = ranking[middle]
    if (rival !== undefined && accuracyOf(rival) >= accuracy) low = middle + 1
    else high = middle
  }
  ranking.splice(low, 0, observation)
}
