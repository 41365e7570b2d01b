import type { ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import type { PendingTrial } from '../optimizer.ts'
import { type Refused, refusedCodec } from '../refused-configurations.ts'
import type { ParameterAxis } from './parameter-axis.ts'
import { type Rank, rankKinds, TrialTable } from './trial-table.ts'

/** A table that is up to date with a history and a state. */
interface Known {
  readonly table: TrialTable
  toldCount: number
  /** What of the state's text is in the table. */
  refusedText: string
}

interface ModelledSpace {
  readonly space: SearchSpace
  readonly parameters: ParameterEncoding<unknown>
  readonly axes: readonly ParameterAxis[]
}

/**
 * The table of a history and of what was refused meanwhile: a cache for each history, brought up to
 * date at each ask, made anew when the state is not what it was.
 */
export function modelTables({ space, parameters, axes }: ModelledSpace) {
  const codec = refusedCodec(parameters.space)
  const caches = new WeakMap<History, Known>()
  const configurationOf = (architecture: string) => parameters.encode(space.parse(architecture))

  function upToDate(history: History, refusedText: string): Known {
    const known = caches.get(history)
    if (known === undefined || !refusedText.startsWith(known.refusedText)) return remake(history)
    const isLate = codec
      .read(refusedText.slice(known.refusedText.length))
      .some(({ toldCount }) => toldCount < known.toldCount)
    return isLate ? remake(history) : known
  }

  function remake(history: History): Known {
    const known = { table: new TrialTable(axes), toldCount: 0, refusedText: '' }
    caches.set(history, known)
    return known
  }

  function addRefused({ table }: Known, { configuration }: Refused): void {
    table.add(configuration, [rankKinds.failed, 0, 0])
  }

  return {
    /** The table of all that was told and refused, in the order of time. */
    of(history: History, refusedText: string): TrialTable {
      const known = upToDate(history, refusedText)
      const waiting = codec.read(refusedText.slice(known.refusedText.length)).values()
      let next = waiting.next()
      for (; known.toldCount < history.length; known.toldCount++) {
        for (; !next.done && next.value.toldCount <= known.toldCount; next = waiting.next()) {
          addRefused(known, next.value)
        }
        const observation = history.at(known.toldCount)
        known.table.add(configurationOf(observation.architecture), rankOf(observation))
      }
      for (; !next.done; next = waiting.next()) addRefused(known, next.value)
      known.refusedText = refusedText
      return known.table
    },
    /** The state's text with one more refusal. */
    refuse: codec.append,
    /** Does something with a table that holds what is under way, too. */
    withPending<T>(table: TrialTable, pending: readonly PendingTrial[], use: () => T): T {
      for (const { architecture } of pending) {
        table.add(configurationOf(architecture), [rankKinds.pending, 0, 0])
      }
      try {
        return use()
      } finally {
        for (const _ of pending) table.removeLast()
      }
    },
  }
}

/** What was stopped early is worse than what completed; of those, more epochs count first. */
function rankOf({ outcome, valAccuracy, fidelity }: Observation): Rank {
  if (valAccuracy === null) return [rankKinds.failed, 0, 0]
  if (outcome === 'completed') return [rankKinds.completed, -valAccuracy, 0]
  return [rankKinds.stopped, -fidelity.epochs, -valAccuracy]
}
