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
  if (Array.isArray(value) && value.some(isRecord)) {
    const names = namesOf(value)
    return value.flatMap((item, index) => {
      const name = names[index]
      if (name === undefined) return [entry([...path, String(index + 1)], inline(item))]
      const { name: _, ...rest } = isRecord(item) ? item : {}
      return flatten(rest, [...path, name])
    })
  }
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([key, item]) => flatten(item, [...path, key]))
  }
  if (path.length === 0) return value === null ? [] : [entry(['value'], String(value))]
  return [entry(path, printed(path.at(-1) ?? '', value))]
}

function entry(path: readonly string[], words: string): [string, string] {
  return [path.join(separator), words]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Data sets are listed by their name; items without one, or with one name twice, by number. */
function namesOf(items: readonly unknown[]): (string | undefined)[] {
  const names = items.map((item) =>
    isRecord(item) && typeof item.name === 'string' ? item.name : undefined,
  )
  const unique = new Set(names).size === names.length
  return unique ? names : names.map(() => undefined)
}

/** An item in one line: `package torch, locked 2.13.0, installed 2.12.1`. */
function inline(item: unknown): string {
  if (!isRecord(item)) return printed('', item)
  return Object.entries(item)
    .map(
      ([key, value]) => `${key} ${isRecord(value) ? JSON.stringify(value) : printed(key, value)}`,
    )
    .join(', ')
}

function printed(key: string, value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number' && key.endsWith('Bytes')) return bytes(value)
  return String(value)
}
