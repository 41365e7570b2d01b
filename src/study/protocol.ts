/**
 * What cells must agree in before anybody may pool or compare them, and the refusal that names each
 * difference.
 */
import { canonicalJson, type Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'

/**
 * Facts by name, such as `benchmark content`, `space settings`, `budget`; equal protocols have equal
 * names and values.
 */
export type Protocol = Readonly<Record<string, Json>>

/** One fact that differs. */
export interface Difference {
  readonly fact: string
  /** Null where the fact is not stated. */
  readonly expected: Json
  readonly found: Json
}

/** Facts that differ, leaf by leaf: of two objects only the keys that differ, as `fact.key`; `objective.objective` is told once. */
export function protocolDifferences(expected: Protocol, found: Protocol): readonly Difference[] {
  const facts = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort()
  return facts.flatMap((fact) =>
    valueDifferences(fact, expected[fact] ?? null, found[fact] ?? null),
  )
}

function valueDifferences(fact: string, expected: Json, found: Json): readonly Difference[] {
  if (canonicalJson(expected) === canonicalJson(found)) return []
  if (!isRecord(expected) || !isRecord(found)) return [{ fact, expected, found }]
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort()
  return keys.flatMap((key) =>
    valueDifferences(innerFact(fact, key), expected[key] ?? null, found[key] ?? null),
  )
}

function innerFact(fact: string, key: string): string {
  return fact.split('.').at(-1) === key ? fact : `${fact}.${key}`
}

function isRecord(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Refuses to put results side by side that came about differently.
 *
 * @param what - whose results, such as `The cells of nas-bench-201 in studies/bakeoff`
 * @param mend - what to do about it, as the end of the sentence
 * @throws confounded/comparison naming each difference, when there is one
 */
export function refuseConfounded(
  what: string,
  differences: readonly Difference[],
  mend: string,
): void {
  if (differences.length === 0) return
  const list = differences.map(
    ({ fact, expected, found }) => `${fact} is ${shown(expected)} there and ${shown(found)} here`,
  )
  throw new ArchloomError(
    'confounded/comparison',
    `${what} may not be pooled: ${list.join(', ')}; ${mend}`,
    { details: { differences } },
  )
}

/** Short enough for a sentence; a hash is told by its first digits. */
function shown(value: Json): string {
  if (value === null) return 'not stated'
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value.slice(0, 12)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
