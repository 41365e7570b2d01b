/**
 * In which order the cells of a study are computed: one of each method on each benchmark first, to
 * learn how long it takes; then the longest first, so that no core is left alone with a long one at
 * the end. Quick cells go out in bundles. The order decides nothing but the waiting time.
 */
import type { CellKey } from './study.ts'

export interface Schedule {
  /** The next cells for one core, of one method and benchmark; null when all are handed out. */
  next(): readonly CellKey[] | null
  /** Says how long cells took that `next` gave. */
  took(keys: readonly CellKey[], seconds: number): void
  readonly handedOut: number
  readonly finished: number
  readonly total: number
  /** Seconds of one core that the cells not finished will take; null before anything is known. */
  secondsLeft(): number | null
}

/** Seconds that a bundle of quick cells should take: short enough to stop soon, long enough to pay. */
const bundleSeconds = 0.4
const largestBundle = 100

interface Group {
  readonly waiting: CellKey[]
  underWay: number
  finished: number
  seconds: number
}

export function scheduleCells(keys: readonly CellKey[]): Schedule {
  const groups = new Map<string, Group>()
  const groupOf = (key: CellKey): Group => {
    const name = JSON.stringify([key.benchmark, key.method])
    const group = groups.get(name) ?? { waiting: [], underWay: 0, finished: 0, seconds: 0 }
    groups.set(name, group)
    return group
  }
  for (const key of keys) groupOf(key).waiting.push(key)
  const sum = (of: (group: Group) => number) =>
    [...groups.values()].reduce((total, group) => total + of(group), 0)
  return {
    next() {
      const open = [...groups.values()].filter(({ waiting }) => waiting.length > 0)
      const group = open.find(isUntried) ?? longest(open)
      if (group === undefined) return null
      const taken = group.waiting.splice(0, bundleSize(group))
      group.underWay += taken.length
      return taken
    },
    took(taken, seconds) {
      const [first] = taken
      if (first === undefined) return
      const group = groupOf(first)
      group.underWay -= taken.length
      group.finished += taken.length
      group.seconds += seconds
    },
    get handedOut() {
      return sum(({ underWay, finished }) => underWay + finished)
    },
    get finished() {
      return sum(({ finished }) => finished)
    },
    total: keys.length,
    secondsLeft() {
      const known = sum(({ finished }) => finished)
      if (known === 0) return null
      const usual = sum(({ seconds }) => seconds) / known
      return sum((group) => (group.waiting.length + group.underWay) * (meanSeconds(group) ?? usual))
    },
  }
}

function isUntried({ underWay, finished }: Group): boolean {
  return underWay + finished === 0
}

function longest(groups: readonly Group[]): Group | undefined {
  return groups.reduce<Group | undefined>(
    (best, group) =>
      best === undefined || (meanSeconds(group) ?? 0) > (meanSeconds(best) ?? 0) ? group : best,
    undefined,
  )
}

function meanSeconds({ finished, seconds }: Group): number | null {
  return finished === 0 ? null : seconds / finished
}

function bundleSize(group: Group): number {
  const seconds = meanSeconds(group)
  if (seconds === null) return 1
  return Math.max(1, Math.min(largestBundle, Math.floor(bundleSeconds / Math.max(seconds, 1e-6))))
}
