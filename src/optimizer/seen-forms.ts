import type { SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import type { PendingTrial } from './optimizer.ts'
import { perHistory } from './per-history.ts'
import { formsByText } from './remembered-texts.ts'

interface Told {
  readonly forms: Set<string>
  /** Observations at the end of the history whose forms were known before them. */
  repeats: number
}

/**
 * The canonical forms that a history holds: a cache that follows each history as it grows.
 *
 * @remarks
 * A text of late is parsed and made canonical once, also where it is told again. `isNew` also holds what is
 * still under way for known.
 */
export function seenForms(space: SearchSpace) {
  const formOf = formsByText(space)
  const told = perHistory<Told>(
    () => ({ forms: new Set(), repeats: 0 }),
    (value, { architecture }) => {
      const { size } = value.forms
      value.forms.add(formOf(architecture))
      value.repeats = value.forms.size > size ? 0 : value.repeats + 1
    },
  )
  return {
    formOf,
    told: (history: History): ReadonlySet<string> => told(history).forms,
    /**
     * Draws of one ask that look for something new: `most`, or `most / (1 + n)` after n told trials in
     * a row that repeated what was known, at least 1. So a space that is used up is soon not searched
     * at length any more, and one new network is enough for the search to begin again.
     */
    draws: (history: History, most: number): number => fewer(most, told(history).repeats),
    /** Tells of a form whether neither the history holds it nor a pending trial. */
    newIn(history: History, pending: readonly PendingTrial[]): (form: string) => boolean {
      const known = told(history).forms
      const underWay = new Set(pending.map(({ architecture }) => formOf(architecture)))
      return (form) => !known.has(form) && !underWay.has(form)
    },
  }
}

/** `most / (1 + repeats)`, rounded down, at least 1. */
export function fewer(most: number, repeats: number): number {
  return Math.max(1, Math.floor(most / (1 + repeats)))
}
