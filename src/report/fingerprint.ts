/**
 * Fingerprints as a person reads them. A fingerprint is whatever JSON the evaluator stated, so the
 * table is made from its shape; of its meaning only the drift from the lock is known here.
 */
import { z } from 'zod'
import { bytes } from './format.ts'
import type { EnvironmentSummary, RunSummary } from './run-summary.ts'

export interface Fact {
  /** Outermost key, such as `critical`. */
  readonly group: string
  /** Path below it. */
  readonly path: string
  /** One value an environment, in their order. */
  readonly values: readonly string[]
  readonly differs: boolean
}

/** Every fact of every environment, side by side; facts that one lacks are `—` there. */
export function factsOf(environments: readonly EnvironmentSummary[]): Fact[] {
  const columns = environments.map(({ fingerprint }) => new Map(flatten(fingerprint, [])))
  const paths = new Set(columns.flatMap((column) => [...column.keys()]))
  return [...paths].map((path) => {
    const values = columns.map((column) => column.get(path) ?? '—')
    const [group = '', ...rest] = path.split(separator)
    const named =
      rest.length > 0 ? { group, path: rest.join(' · ') } : { group: 'other', path: group }
    return { ...named, values, differs: new Set(values).size > 1 }
  })
}

const Drifting = z.looseObject({
  critical: z.looseObject({
    drift: z.array(
      z.looseObject({
        package: z.string(),
        locked: z.string().nullable(),
        installed: z.string().nullable(),
      }),
    ),
  }),
})

export interface Drift {
  readonly package: string
  readonly locked: string | null
  readonly installed: string | null
}

/** Where an environment's packages differ from its lock file. */
export function driftOf(fingerprint: unknown): readonly Drift[] {
  return Drifting.safeParse(fingerprint).data?.critical.drift ?? []
}

/** Environments that results of the run come from. */
export function environmentsUsed(summary: RunSummary): EnvironmentSummary[] {
  return summary.environments.filter(({ resultCount }) => resultCount > 0)
}

const separator = '\u0000'

function flatten(value: unknown, path: readonly string[]): [string, string][] {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null)) {
    return value.flatMap((item, index) => {
      const name = nameOf(item)
      const facts = flatten(item, [...path, name ?? String(index + 1)])
      // A name stands in the path already.
      return name === undefined ? facts : facts.filter(([key]) => !key.endsWith(`${separator}name`))
    })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, item]) => flatten(item, [...path, key]))
  }
  if (path.length === 0) return value === null ? [] : [['value', String(value)]]
  return [[path.join(separator), printed(path.at(-1) ?? '', value)]]
}

/** Data sets and packages are listed by their name, other items by their number. */
function nameOf(item: unknown): string | undefined {
  const named = z.looseObject({ name: z.string() }).safeParse(item)
  return named.data?.name
}

function printed(key: string, value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number' && key.endsWith('Bytes')) return bytes(value)
  return String(value)
}
