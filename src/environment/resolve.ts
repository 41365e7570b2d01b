/** From an environment's name to an interpreter that is ready to run a worker. */
import { access, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { sha256 } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import { absolutePath, isPath, parseChoice } from './choice.ts'
import type { EnvironmentSpec, LockedEnvironment } from './environment.ts'
import { archloomHome, environmentFolders } from './folders.ts'
import { describeDrift, findDrift, installedPackages, parseLock } from './lock.ts'

/** The last file written when an environment is made: without it, the environment does not exist. */
export const markerFile = 'archloom-environment.json'

const specFile = 'env.json'

const SpecFile = z.strictObject({
  name: z.string(),
  summary: z.string(),
  python: z.string(),
  device: z.enum(['cpu', 'cuda']),
})

export interface ResolveOptions {
  /** Accept an environment that differs from its lock; the drift stands in the answer. */
  readonly allowDrift?: boolean
}

/** An environment as it is described, and where it lies or would lie on this machine. */
export interface ListedEnvironment {
  readonly spec: EnvironmentSpec
  /** SHA-256 of the lock file's bytes. */
  readonly lockHash: string
  /** Absolute path of its virtual environment; keyed by the lock, so that a new lock is a new one. */
  readonly folder: string
  readonly created: boolean
}

/**
 * Every environment, by name: those of `$ARCHLOOM_ENVS`, then those of `envs/`; of two with one
 * name, the first.
 *
 * @throws environment/invalid for a folder whose env.json or lock is missing or wrong.
 */
export async function listEnvironments(): Promise<ListedEnvironment[]> {
  const found = new Map<string, string>()
  for (const folder of environmentFolders()) {
    for (const name of await subfolders(folder)) {
      if (!found.has(name)) found.set(name, join(folder, name))
    }
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return Promise.all(sorted.map(([name, folder]) => readEnvironment(folder, name)))
}

/**
 * @param name - of an environment, or the path of a folder with an env.json and a lock
 * @throws environment/invalid when there is none of that name.
 */
export async function findEnvironment(name: string): Promise<ListedEnvironment> {
  if (isPath(name)) {
    const folder = absolutePath(name, process.cwd())
    return readEnvironment(folder, basename(folder))
  }
  const all = await listEnvironments()
  const found = all.find((environment) => environment.spec.name === name)
  if (found !== undefined) return found
  const choice = parseChoice(name)
  // A command line's words for it, in a document.
  const other =
    typeof choice === 'string' ? `give the path of one (./${name})` : `write ${flow(choice)}`
  throw new ArchloomError(
    'environment/invalid',
    `There is no environment ${JSON.stringify(name)}; choose one of ${all.map(({ spec }) => spec.name).join(', ')}, or ${other}`,
    { details: { name, known: all.map(({ spec }) => spec.name) } },
  )
}

/** `{conda: vision}`, as YAML has it. */
function flow(choice: object): string {
  const pairs = Object.entries(choice).map(
    ([key, value]) => `${key}: ${Array.isArray(value) ? JSON.stringify(value) : value}`,
  )
  return `{${pairs.join(', ')}}`
}

/** Whether a folder describes a pinned environment. */
export async function isLockFolder(folder: string): Promise<boolean> {
  return exists(join(folder, specFile))
}

/**
 * An environment that exists and agrees with its lock.
 *
 * @remarks Reads a few folder names and starts no process: a few milliseconds.
 * @throws environment/invalid when there is no environment of that name.
 * @throws environment/missing-python when it was not created, or its interpreter is gone.
 * @throws environment/drift when it differs from its lock and `allowDrift` is not set.
 */
export async function resolveEnvironment(
  name: string,
  options: ResolveOptions = {},
): Promise<LockedEnvironment> {
  const { spec, lockHash, folder, created } = await findEnvironment(name)
  const mend = `create it with: archloom env create ${name}`
  if (!created) {
    throw new ArchloomError(
      'environment/missing-python',
      `The environment ${name} does not exist on this machine (looked in ${folder}); ${mend}`,
      { details: { name, folder } },
    )
  }
  const python = interpreterOf(folder)
  if (!(await exists(python))) {
    throw new ArchloomError(
      'environment/missing-python',
      `The environment ${name} has lost its interpreter ${python}; ${mend}`,
      { details: { name, folder } },
    )
  }
  const locked = parseLock(await readFile(spec.lockPath, 'utf8'), spec.lockPath)
  const drift = findDrift(locked, await installedPackages(folder))
  if (drift.length > 0 && options.allowDrift !== true) {
    throw new ArchloomError(
      'environment/drift',
      `The environment ${name} differs from its lock: ${describeDrift(drift)}; restore it with: archloom env create ${name}, or go on with --allow-drift, which every result then records`,
      { details: { name, drift } },
    )
  }
  return {
    name,
    spec,
    python,
    command: [python],
    activation: null,
    lockHash,
    lock: { path: spec.lockPath, hash: lockHash },
    drift,
    mend: {
      interpreter: mend,
      packages: `restore it with: archloom env create ${name}`,
    },
  }
}

/** The interpreter of a virtual environment. */
export function interpreterOf(folder: string): string {
  return join(folder, 'bin', 'python')
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (cause) {
    throw new ArchloomError(
      'environment/invalid',
      `The folder of environments ${folder} cannot be read; mend ARCHLOOM_ENVS, or restore the folder`,
      { cause },
    )
  }
}

async function readEnvironment(folder: string, name: string): Promise<ListedEnvironment> {
  const specPath = join(folder, specFile)
  const lockPath = join(folder, 'requirements.lock')
  const spec = parseSpec(await readText(specPath), specPath)
  if (spec.name !== name) {
    throw new ArchloomError(
      'environment/invalid',
      `The name in ${specPath} must be ${JSON.stringify(name)} like its folder's, but is ${JSON.stringify(spec.name)}`,
    )
  }
  const lockHash = sha256(await readText(lockPath))
  const home = join(archloomHome(), 'envs', `${name}-${lockHash.slice(0, 12)}`)
  const created = await exists(join(home, markerFile))
  return { spec: { ...spec, lockPath }, lockHash, folder: home, created }
}

function parseSpec(text: string, path: string): z.infer<typeof SpecFile> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ArchloomError('environment/invalid', `${path} must be JSON, but is not; mend it`, {
      cause,
    })
  }
  const parsed = SpecFile.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ArchloomError(
    'environment/invalid',
    `${path} is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'unknown'}; mend it`,
    { cause: parsed.error },
  )
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ArchloomError('environment/invalid', `${path} cannot be read; restore the file`, {
      cause,
    })
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
