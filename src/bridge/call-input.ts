/** What a call is given, checked before it is sent: what JSON would change on the way is refused. */
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { FunctionName, type JsonObject, MethodName } from '#src/protocol/task.ts'

/**
 * @param what - whose input it is, for messages
 * @throws config/invalid for what JSON cannot carry, with its place
 */
export function checkInput(what: string, input: Readonly<Record<string, unknown>>): JsonObject {
  const problem = jsonProblem(input, '')
  if (problem !== null) throw new ArchloomError('config/invalid', `The input of ${what} ${problem}`)
  return input as JsonObject // proven above
}

/** @throws config/invalid unless it is `module:function` */
export function checkFunctionName(name: string): string {
  if (FunctionName.safeParse(name).success) return name
  throw new ArchloomError(
    'config/invalid',
    `${JSON.stringify(name)} names no Python function, expected module:function, such as team.training:train`,
  )
}

/** @throws config/invalid unless it is the name of a public method */
export function checkMethodName(name: string): string {
  if (MethodName.safeParse(name).success) return name
  throw new ArchloomError(
    'config/invalid',
    `${JSON.stringify(name)} names no method that can be called, expected a name that begins with a letter`,
  )
}

/** @throws config/invalid unless it is a whole number, not negative */
export function checkSeed(seed: number | bigint | string): string {
  const text = String(seed)
  if (/^[0-9]+$/.test(text)) return text
  throw new ArchloomError(
    'config/invalid',
    `The seed ${text} is no whole number from 0 on; give one, as text where it is large`,
  )
}

function jsonProblem(value: unknown, place: string): string | null {
  if (value === null || value === undefined || typeof value === 'boolean') return null
  if (typeof value === 'string') {
    return value.isWellFormed() ? null : `has a text that is no Unicode at ${place}`
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return null
    return `has ${value} at ${place}, which JSON cannot carry; give a finite number`
  }
  if (typeof value === 'object') return objectProblem(value, place)
  return `has a ${typeof value} at ${place}, which JSON cannot carry`
}

function objectProblem(value: object, place: string): string | null {
  if (ArrayBuffer.isView(value)) {
    return `has a typed array at ${place}; give it among the tensors, by tensor(…)`
  }
  if (Array.isArray(value) && value.includes(undefined)) {
    return `has nothing at place ${value.indexOf(undefined)} of ${place}, which JSON cannot carry; give null there`
  }
  const isPlain = Array.isArray(value) || isRecord(value)
  if (!isPlain) return `has a ${value.constructor.name} at ${place}, expected plain values`
  for (const [key, item] of Object.entries(value)) {
    const problem = jsonProblem(item, place === '' ? key : `${place}.${key}`)
    if (problem !== null) return problem
  }
  return null
}

function isRecord(value: object): value is Readonly<Record<string, Json>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
