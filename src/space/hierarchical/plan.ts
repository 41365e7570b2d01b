/** What follows from the settings alone: worked out once for a space, since every draw asks for it. */
import { allSlots, type Levels, operationCount, range, type Slot } from './genotype.ts'

export interface Plan extends Levels {
  readonly slots: readonly Slot[]
  /** For each slot, the probability that a change is of it; they sum to 1. */
  readonly shares: readonly number[]
  /** For each level, the word of each operation: `-` for none, a primitive's name, `m` and a motif's number. */
  readonly words: readonly (readonly string[])[]
  /** For each level and each operation, all the others. */
  readonly others: readonly (readonly (readonly number[])[])[]
}

export function planOf(settings: Levels): Plan {
  const { levels, primitives } = settings
  const slots = allSlots(settings)
  const operations = levels.map((_, level) => range(operationCount(settings, level) + 1))
  return {
    levels,
    primitives,
    slots,
    shares: slots.map(({ level, target }) => {
      const { motifs = 1, nodes = 2 } = levels[level] ?? {}
      return 1 / (levels.length * motifs * (nodes - 1) * target)
    }),
    words: operations.map((all, level) =>
      all.map((operation) => operationWord(settings, level, operation)),
    ),
    others: operations.map((all) => all.map((one) => all.filter((other) => other !== one))),
  }
}

function operationWord({ primitives }: Levels, level: number, operation: number): string {
  if (operation === 0) return '-'
  return level === 0 ? (primitives[operation - 1] ?? '') : `m${operation}`
}
