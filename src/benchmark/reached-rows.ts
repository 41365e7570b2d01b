import { canonicalJson } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Benchmark } from './benchmark.ts'

/** Architectures of a space without a support that are walked through; above, nobody knows. */
const walkLimit = 50_000n

/**
 * The rows of a table that a space reaches, each once: all of them for the table's own space; for a
 * part of it, what it can draw, or what small changes lead to from anywhere.
 * What the table lacks is left out.
 *
 * @returns null when the space is too large to walk through
 */
export function reachedRows(benchmark: Benchmark, space: SearchSpace): readonly number[] | null {
  const own = benchmark.space
  if (space.name === own.name && canonicalJson(space.settings) === canonicalJson(own.settings)) {
    return Array.from({ length: benchmark.rowCount }, (_, row) => row)
  }
  const texts = everyText(space)
  if (texts === null) return null
  const rows = new Set<number>()
  for (const text of texts) {
    const row = findRow(benchmark, space, text)
    if (row !== null) rows.add(row)
  }
  return [...rows].sort((first, second) => first - second)
}

/** Null where it was not measured. */
function findRow(benchmark: Benchmark, space: SearchSpace, text: string): number | null {
  try {
    return benchmark.find(space, text)
  } catch (error) {
    if (error instanceof ArchloomError && error.code === 'benchmark/no-entry') return null
    throw error
  }
}

/** A text form of each network, at least. */
function everyText(space: SearchSpace): Iterable<string> | null {
  if (space.support) return supportedTexts(space, space.support())
  const { value, kind } = space.count()
  return kind === 'lower-bound' || value > walkLimit ? null : walkedTexts(space)
}

function* supportedTexts(
  space: SearchSpace,
  support: ReturnType<NonNullable<SearchSpace['support']>>,
): Iterable<string> {
  for (const { architecture } of support) yield space.format(architecture)
}

/** Everything that changes lead to; the contract of spaces is that this is all. */
function walkedTexts(space: SearchSpace): ReadonlySet<string> {
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
