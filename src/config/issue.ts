/**
 * Turns a failed validation into the one sentence that a person needs: where, what was expected,
 * what was found, what to do.
 */
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { suggest } from './suggest.ts'

/** What was being read, for the sentence's beginning: a file, `--set`, a function call. */
export interface Place {
  /** Such as `configs/quickstart.yaml`. */
  readonly file: string
  /** Where in it the validated value stands; empty for the whole. */
  readonly path: readonly PropertyKey[]
}

/**
 * Validates and returns the value with its defaults filled in.
 *
 * @throws config/unknown-key or config/invalid; the message tells the first problem, `details` all
 */
export function parseOrExplain<S extends z.ZodType>(
  schema: S,
  value: unknown,
  place: Place,
): z.infer<S> {
  const parsed = schema.safeParse(value, { reportInput: true })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => explainIssue(issue, schema, place))
  const first = problems[0]
  const unknownKey = parsed.error.issues[0]?.code === 'unrecognized_keys'
  throw new ArchloomError(
    unknownKey ? 'config/unknown-key' : 'config/invalid',
    first ?? `In ${place.file}, the value is invalid`,
    { details: { file: place.file, problems } },
  )
}

function explainIssue(issue: z.core.$ZodIssue, schema: z.ZodType, place: Place): string {
  const where = placeName(place, issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return explainUnknownKey(issue, schema, where)
    case 'invalid_union':
      return explainUnion(issue, schema, place, where)
    default:
      return `${where}: expected ${expected(issue)}, found ${found(issue.input)}`
  }
}

function explainUnknownKey(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  schema: z.ZodType,
  where: string,
): string {
  const key = issue.keys[0] ?? ''
  const known = keysAt(schema, issue.path)
  const near = suggest(key, known)
  const hint = near ? `did you mean "${near}"?` : `known keys are ${known.join(', ')}`
  return `${where}: unknown key "${key}"; ${hint}`
}

function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  schema: z.ZodType,
  place: Place,
  where: string,
): string {
  if (issue.discriminator !== undefined) {
    // The path ends with the discriminator; the union stands one step above.
    const allowed = kindsAt(schema, issue.path.slice(0, -1), issue.discriminator)
    const kind = (issue.input as Record<string, unknown> | undefined)?.[issue.discriminator]
    const near = typeof kind === 'string' ? suggest(kind, allowed) : null
    const hint = near ? `; did you mean "${near}"?` : ''
    return `${where}: expected one of ${allowed.join(', ')}, found ${found(kind)}${hint}`
  }
  // The branch that failed latest is the one that the person most likely meant.
  const branches = issue.errors.map((errors) => errors[0]).filter((first) => first !== undefined)
  const deepest = branches.sort((a, b) => b.path.length - a.path.length)[0]
  if (!deepest) return `${where}: found ${found(issue.input)}, which fits no allowed form`
  const path = [...issue.path, ...deepest.path]
  return explainIssue({ ...deepest, path } as z.core.$ZodIssue, schema, place)
}

/** What a failed check asked for, in words. */
function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected === 'int' ? 'integer' : issue.expected)
    case 'too_small':
      return limit(
        issue.origin,
        issue.inclusive === false ? 'more than' : 'at least',
        issue.minimum,
      )
    case 'too_big':
      return limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'invalid_format':
    case 'custom':
      return issue.message.replace(/^(must be|needs|Invalid string: must match pattern) /, '')
    default:
      return issue.message
  }
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function limit(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'string') return `${relation} ${bound} characters`
  if (origin === 'array') return `${relation} ${bound} entries`
  return `${origin === 'int' ? 'an integer' : 'a number'} ${relation} ${bound}`
}

/** The value that was there, short enough for a sentence. */
export function found(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Such as `In quickstart.yaml, budget.trials`. */
export function placeName(place: Place, path: readonly PropertyKey[] = []): string {
  const full = [...place.path, ...path]
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`,
    )
    .join('')
  return full === '' ? `In ${place.file}` : `In ${place.file}, ${full}`
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const keys = schemasAt(schema, path).flatMap((found) =>
    found instanceof z.ZodObject ? Object.keys(found.shape) : [],
  )
  return [...new Set(keys)]
}

function kindsAt(schema: z.ZodType, path: readonly PropertyKey[], discriminator: string): string[] {
  return schemasAt(schema, path).flatMap((found) => {
    if (!(found instanceof z.ZodObject)) return []
    const literal: unknown = found.shape[discriminator]
    return literal instanceof z.ZodLiteral ? [...literal.values].map(String) : []
  })
}

/** The object schemas that a path can lead to; a union leads to each of its members. */
function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType[] {
  let level = unwrap(schema)
  for (const key of path) {
    level = level.flatMap((found) => {
      if (found instanceof z.ZodObject) {
        const inner: unknown = found.shape[String(key)]
        return inner instanceof z.ZodType ? unwrap(inner) : []
      }
      return found instanceof z.ZodArray ? unwrap(found.element as z.ZodType) : []
    })
  }
  return level
}

/** Looks through defaults, optionals and unions. */
function unwrap(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => unwrap(option as z.ZodType))
  }
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType)
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.unwrap() as z.ZodType)
  }
  return [schema]
}
