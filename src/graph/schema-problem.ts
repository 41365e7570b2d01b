import type { z } from 'zod'

export interface SchemaProblem {
  /** `nodes[3] "stem.conv".op.kernel[0]` */
  readonly place: string
  /** Expected and found, in one clause. */
  readonly text: string
}

/** The first thing that zod found wrong with a would-be graph, in this project's words. */
export function schemaProblem(error: z.ZodError, value: unknown): SchemaProblem {
  const [issue] = error.issues
  if (!issue) return { place: 'value', text: 'expected a network graph' }
  return { place: placeOf(issue.path, value), text: textOf(issue, at(value, issue.path)) }
}

function textOf(issue: z.core.$ZodIssue, found: unknown): string {
  const seen = `found ${shown(found)}`
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}, ${seen}`
    case 'invalid_value':
      return `expected ${issue.values.map((item) => JSON.stringify(item)).join(' or ')}, ${seen}`
    case 'too_small':
      return `expected ${issue.inclusive ? 'at least' : 'more than'} ${amount(issue.minimum, issue.origin)}, ${seen}`
    case 'too_big':
      return `expected ${issue.inclusive ? 'at most' : 'less than'} ${amount(issue.maximum, issue.origin)}, ${seen}`
    case 'unrecognized_keys':
      return `expected no key ${issue.keys.map((key) => `"${key}"`).join(', ')}; remove it or correct its name`
    case 'invalid_format':
      return `${issue.message}, ${seen}`
    case 'invalid_union':
      return `expected a known kind${issue.path.at(-2) === 'op' ? ' of operation' : ''}, ${seen}`
    default:
      return `${issue.message}, ${seen}`
  }
}

function amount(limit: number | bigint, origin: string): string {
  if (origin !== 'array') return String(limit)
  return `${limit} ${Number(limit) === 1 ? 'item' : 'items'}`
}

function placeOf(path: readonly PropertyKey[], value: unknown): string {
  let place = ''
  for (const [index, key] of path.entries()) {
    if (typeof key !== 'number') {
      place += place === '' ? String(key) : `.${String(key)}`
      continue
    }
    place += `[${key}]`
    const id = at(value, [...path.slice(0, index + 1), 'id'])
    // Naming the node helps whoever reads; an id that is itself wrong is shown as found.
    if (typeof id === 'string' && index < path.length - 1 && path[index + 1] !== 'id') {
      place += ` "${id}"`
    }
  }
  return place === '' ? 'value' : place
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value,
  )
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.length <= 4 ? clipped(value) : `${value.length} items`
  if (typeof value === 'object' && value !== null) return 'an object'
  return clipped(value)
}

function clipped(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}
