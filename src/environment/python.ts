/** Finding a Python interpreter that an environment accepts. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ArchloomError } from '#src/errors.ts'

export interface Interpreter {
  readonly path: string
  /** Such as `3.11.7`. */
  readonly version: string
}

const run = promisify(execFile)
const probe = 'import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])'
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python']

/**
 * The first interpreter on the path, or the one asked for, whose version fits.
 *
 * @param accepted - Such as `>=3.11` or `>=3.11,<3.14`.
 * @throws environment/missing-python when none runs or none fits.
 */
export async function findPython(accepted: string, explicit?: string): Promise<Interpreter> {
  const found: Interpreter[] = []
  for (const command of explicit === undefined ? candidates : [explicit]) {
    const interpreter = await probePython(command)
    if (interpreter === null) continue
    if (versionFits(interpreter.version, accepted)) return interpreter
    found.push(interpreter)
  }
  const seen =
    found.length === 0
      ? `none of ${(explicit === undefined ? candidates : [explicit]).join(', ')} runs`
      : `found ${found.map(({ path, version }) => `${version} at ${path}`).join(', ')}`
  throw new ArchloomError(
    'environment/missing-python',
    `Python ${accepted} is needed, but ${seen}; install it, or name an interpreter with --python`,
    { details: { accepted, found } },
  )
}

/** What an interpreter says of itself; null when it does not run. */
export async function probePython(command: string): Promise<Interpreter | null> {
  try {
    const { stdout } = await run(command, ['-c', probe], { timeout: 20_000 })
    const [path, version] = stdout.trim().split('\n')
    return path && version ? { path, version } : null
  } catch {
    return null
  }
}

/**
 * Whether a version meets every condition of a comma-separated list of `>=` and `<`.
 *
 * @throws environment/invalid for any other condition.
 */
export function versionFits(version: string, accepted: string): boolean {
  return accepted.split(',').every((condition) => {
    const [, operator, bound] = /^\s*(>=|<)\s*(\d+(?:\.\d+)*)\s*$/.exec(condition) ?? []
    if (bound === undefined) {
      throw new ArchloomError(
        'environment/invalid',
        `The accepted Python versions must look like >=3.11,<3.14, but are ${JSON.stringify(accepted)}; mend env.json`,
      )
    }
    const order = compareVersions(version, bound)
    return operator === '>=' ? order >= 0 : order < 0
  })
}

function compareVersions(left: string, right: string): number {
  const a = left.split('.').map(Number)
  const b = right.split('.').map(Number)
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
