import { ArchloomError } from '#src/errors.ts'

/** A value that survives JSON unchanged: no undefined, no non-finite number, no class. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/**
 * Canonical JSON: object keys sorted by UTF-16 code unit, no white space, numbers as JavaScript
 * prints them; keys whose value is `undefined` are left out.
 *
 * @throws internal/invariant for a value that JSON cannot carry (non-finite number, bigint, function).
 * @see RFC 8785, "JSON Canonicalization Scheme", section 3.2.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new ArchloomError('internal/invariant', `Canonical JSON cannot carry the number ${value}`)
  }
  if (
    value === null ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'string'
  ) {
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
  }
  throw new ArchloomError('internal/invariant', `Canonical JSON cannot carry a ${typeof value}`)
}
