import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { PendingTrial } from '../optimizer.ts'
import { perHistory } from '../per-history.ts'
import { formsByText } from '../remembered-texts.ts'
import type { LocalSearchSettings } from './settings.ts'

/** What a climb asks of the trials so far. */
export interface Lookup {
  /** The told trial of this index; undefined while it is pending. */
  told(trial: number): Observation | undefined
  /** The first told trial of this form. */
  known(form: string): Observation | undefined
  /** The pending trial of this form. */
  underWay(form: string): PendingTrial | undefined
  /** Told trials at the end of the history, in a row, that repeat earlier ones; 0 where nothing counts as known. */
  readonly repeats: number
  /** The best told trial that `isWanted`; of equals the earliest. */
  best(isWanted: (observation: Observation) => boolean): Observation | undefined
}

interface Told {
  /** Observations at the end of the history that repeat what was known before them. */
  repeats: number
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
  const networkOf = formsByText(space)
  const formOf = (text: string) => (known === 'network' ? networkOf(text) : text)
  const toldOf = perHistory<Told>(
    () => ({ repeats: 0, byTrial: new Map(), byForm: new Map(), ranking: [] }),
    (value, observation) => {
      const { byTrial, byForm, ranking } = value
      byTrial.set(observation.trial, observation)
      if (known === 'nothing' && afterOptimum === 'restart') return
      const form = formOf(observation.architecture)
      value.repeats = byForm.has(form) ? value.repeats + 1 : 0
      if (value.repeats === 0) byForm.set(form, observation)
      if (afterOptimum === 'continue') rank(ranking, observation)
    },
  )
  const name = (architecture: unknown): Named => {
    const text = space.format(architecture)
    return { text, form: known === 'network' ? networkOf(text, architecture) : text }
  }
  return {
    name,
    formOf,
    /** The lookup of one ask. */
    in(history: History, pending: readonly PendingTrial[]): Lookup {
      const { repeats, byTrial, byForm, ranking } = toldOf(history)
      const forms = new Map(pending.map((trial) => [formOf(trial.architecture), trial]))
      return {
        repeats: known === 'nothing' ? 0 : repeats,
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
