/** From a person's choice to an environment that a worker can run in. */
import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import { absoluteChoice, choiceName, type EnvironmentChoice, isPath } from './choice.ts'
import { findCondaPrefix, isCondaPrefix } from './conda.ts'
import type { Activation, ReadyEnvironment } from './environment.ts'
import { isLockFolder, resolveEnvironment } from './resolve.ts'
import { checkWorkerNeeds } from './worker-needs.ts'

export interface OpenOptions {
  /** What relative paths start from; the working folder by default. */
  readonly folder?: string
  /** Accept a pinned environment that differs from its lock. */
  readonly allowDrift?: boolean
  readonly signal?: AbortSignal
}

/**
 * An environment that is there and has what a worker needs.
 *
 * @remarks A pinned one is compared with its lock, which takes milliseconds; any other is asked by
 * starting its Python once.
 * @throws environment/invalid, environment/missing-python, environment/missing-package,
 * environment/drift, each with what to do
 */
export async function openEnvironment(
  choice: EnvironmentChoice,
  options: OpenOptions = {},
): Promise<ReadyEnvironment> {
  const absolute = absoluteChoice(choice, options.folder ?? process.cwd())
  const pinned = await pinnedName(absolute)
  if (pinned !== null) {
    return resolveEnvironment(pinned, { allowDrift: options.allowDrift ?? false })
  }
  const environment = await findUnlocked(absolute)
  await checkWorkerNeeds(environment, options.signal)
  return environment
}

/**
 * The name or the lock folder of an environment that archloom makes; null for one that somebody made.
 *
 * @param choice - its paths absolute
 */
export async function pinnedName(choice: EnvironmentChoice): Promise<string | null> {
  if (typeof choice !== 'string') return null
  return !isPath(choice) || (await isLockFolder(choice)) ? choice : null
}

/**
 * An environment that archloom did not make, as far as files tell; paths are absolute.
 *
 * @throws environment/invalid when there is no such conda environment.
 * @throws environment/missing-python when the folder holds no interpreter.
 */
export async function findUnlocked(choice: EnvironmentChoice): Promise<ReadyEnvironment> {
  const name = choiceName(choice)
  if (typeof choice === 'string') return atPath(choice, name)
  if ('venv' in choice) return atPath(choice.venv, name)
  if ('conda' in choice) {
    const { conda } = choice
    return atPath(isPath(conda) ? conda : await findCondaPrefix(conda), name)
  }
  const [file = '', ...parameters] = choice.command
  return {
    name,
    command: [file, ...parameters],
    activation: null,
    lock: null,
    drift: [],
    mend: {
      interpreter: 'mend the command, and try it by hand with -c "print(1)" after it',
      packages: 'install in the container or image what is missing',
    },
  }
}

/** A folder of the usual layout, `bin/python` in it; or an interpreter itself. */
async function atPath(path: string, name: string): Promise<ReadyEnvironment> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  const python = isFile ? path : await interpreterIn(path, name)
  return {
    name,
    command: [python],
    activation: isFile ? null : await activationOf(path),
    lock: null,
    drift: [],
    mend: {
      interpreter: 'make it anew, or name another environment',
      packages: `install what is missing with: ${python} -m pip install`,
    },
  }
}

async function interpreterIn(folder: string, name: string): Promise<string> {
  for (const program of ['python', 'python3']) {
    const path = join(folder, 'bin', program)
    if (await exists(path)) return path
  }
  throw new ArchloomError(
    'environment/missing-python',
    `The environment ${name} has no interpreter ${join(folder, 'bin', 'python')}; make it with: python3 -m venv ${folder}, or name another`,
    { details: { name, folder } },
  )
}

async function activationOf(folder: string): Promise<Activation> {
  const variable = (await isCondaPrefix(folder)) ? 'CONDA_PREFIX' : 'VIRTUAL_ENV'
  return { programs: join(folder, 'bin'), variables: { [variable]: folder } }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
