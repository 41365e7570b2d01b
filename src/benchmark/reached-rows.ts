import { canonicalJson } from '#src/encoding/json.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Benchmark } from './benchmark.ts'

/** Architectures of another space than the table's that are walked through; above, nobody knows. */
const walkLimit = 50_000n

/**
 * The rows of a table that a space reaches, each once: all of them for the table's own space; for a
 * part of it, what small changes lead to from anywhere.
 *
 * @returns null when the space is too large to walk through
 */
export function reachedRows(benchmark: Benchmark, space: SearchSpace): readonly number[] | null {
  if (isOwn(benchmark, space)) {
    return Array.from({ length: benchmark.rowCount }, (_, row) => row)
  }
  const { value, kind } = space.count()
  if (kind === 'lower-bound' || value > walkLimit) return null
  const rows = new Set<number>()
  for (const text of everyText(space)) rows.add(benchmark.find(space, text))
  return [...rows].sort((first, second) => first - second)
}

/** Settings that a table does not name, such as how architectures are changed, make no difference. */
function isOwn({ space: own }: Benchmark, { name, settings }: SearchSpace): boolean {
  const found = new Map(Object.entries(settings ?? {}))
  return (
    name === own.name &&
    Object.entries(own.settings ?? {}).every(
      ([key, value]) => canonicalJson(found.get(key) ?? null) === canonicalJson(value),
    )
  )
}

/** Text forms of everything that changes lead to; the contract of spaces is that this is all. */
function everyText(space: SearchSpace): ReadonlySet<string> {
  const start = space.sample(Random.named(0, 'start'))
  const seen = new Set([space.format(start)])
  const queue = [start]
  for (const architecture of queue) {
    for (const neighbour of space.neighbours(architecture)) {
      const text = space.format(neighbour)
      if (seen.has(text)) continue
      seen.add(text)
      queue.push(neighbour)
    }
  }
  return seen
}
