import { parse } from 'yaml'
import { ArchloomError } from '#src/errors.ts'

type Branch = Record<string, unknown> | unknown[]

/**
 * Applies one `--set path=value` to a document, in a copy.
 *
 * @param override - such as `budget.trials=20`; the value is read as YAML, so `true`, `3`, `[1, 2]`
 *   and `{name: digits}` mean what they say
 * @throws config/usage when it has no `=`, or its path leads through a value that is no mapping
 */
export function applyOverride(document: unknown, override: string): unknown {
  const split = override.indexOf('=')
  if (split < 1) {
    throw new ArchloomError(
      'config/usage',
      `--set ${override}: expected path=value, such as --set budget.trials=20`,
    )
  }
  const path = override.slice(0, split).split('.')
  const copy: unknown = structuredClone(document ?? {})
  let branch = copy as Branch
  for (const key of path.slice(0, -1)) {
    const next = read(branch, key) ?? {}
    if (typeof next !== 'object') {
      throw new ArchloomError(
        'config/usage',
        `--set ${override}: "${key}" is ${JSON.stringify(next)}, not a mapping with keys of its own`,
      )
    }
    write(branch, key, next)
    branch = next as Branch
  }
  write(branch, path.at(-1) ?? '', parse(override.slice(split + 1)) as unknown)
  return copy
}

/** Own keys alone: `__proto__` would lead out of the document. */
function read(branch: Branch, key: string): unknown {
  if (Array.isArray(branch)) return branch[Number(key)]
  return Object.hasOwn(branch, key) ? branch[key] : undefined
}

function write(branch: Branch, key: string, value: unknown): void {
  if (Array.isArray(branch)) branch[Number(key)] = value
  else {
    const own = { value, enumerable: true, writable: true, configurable: true }
    Object.defineProperty(branch, key, own)
  }
}
