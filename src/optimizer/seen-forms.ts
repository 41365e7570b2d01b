import type { SearchSpace } from '#src/space/space.ts'
import type { History } from '#src/trial/observation.ts'
import type { PendingTrial } from './optimizer.ts'
import { perHistory } from './per-history.ts'

/**
 * The canonical forms that a history holds: a cache that follows each history as it grows.
 *
 * @remarks
 * A text is parsed and made canonical once. `isNew` also holds what is still under way for known.
 */
export function seenForms(space: SearchSpace) {
  const formOf = (architecture: string) => space.canonical(space.parse(architecture))
  const told = perHistory(
    () => new Set<string>(),
    (forms, { architecture }) => forms.add(formOf(architecture)),
  )
  return {
    formOf,
    told: (history: History): ReadonlySet<string> => told(history),
    /** Tells of a form whether neither the history holds it nor a pending trial. */
    newIn(history: History, pending: readonly PendingTrial[]): (form: string) => boolean {
      const known = told(history)
      const underWay = new Set(pending.map(({ architecture }) => formOf(architecture)))
      return (form) => !known.has(form) && !underWay.has(form)
    },
  }
}
