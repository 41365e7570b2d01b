/** Making a virtual environment from its lock. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LockedEnvironment } from './environment.ts'
import { holdFolderLock } from './folder-lock.ts'
import { findPython } from './python.ts'
import { runPython } from './python-step.ts'
import { findEnvironment, interpreterOf, markerFile, resolveEnvironment } from './resolve.ts'

export interface CreateOptions {
  /** Called with each line that says what is going on. */
  readonly onLine?: (line: string) => void
  /** Package index for pip instead of the one that pip is set up with. */
  readonly indexUrl?: string
  /** Interpreter to build from; by default the first fitting one on the path. */
  readonly python?: string
  /** Make it anew although it is complete. */
  readonly force?: boolean
  readonly signal?: AbortSignal
}

/**
 * Makes the environment, or makes it anew when it is incomplete, broken or has drifted.
 *
 * @remarks
 * Takes minutes and a few gigabytes: pip fetches PyTorch. A second process that wants the same
 * environment waits for the first. The marker file is written last, so that what was interrupted
 * never counts as made.
 * @throws environment/missing-python when no interpreter fits.
 * @throws environment/create-failed when venv or pip fails, with the end of what it said.
 */
export async function createEnvironment(
  name: string,
  options: CreateOptions = {},
): Promise<LockedEnvironment> {
  const { spec, folder } = await findEnvironment(name)
  const onLine = options.onLine ?? (() => {})
  await mkdir(dirname(folder), { recursive: true })
  await using _lock = await holdFolderLock(`${folder}.lock`, {
    onWait: (pid) => onLine(`Waiting for process ${pid}, which is making the same environment`),
    ...(options.signal && { signal: options.signal }),
  })
  const ready = options.force ? null : await resolveEnvironment(name).catch(() => null)
  if (ready !== null) {
    onLine(`The environment ${name} is complete: ${folder}`)
    return ready
  }
  const base = await findPython(spec.python, options.python)
  onLine(`Creating the environment ${name} with Python ${base.version} in ${folder}`)
  await rm(folder, { recursive: true, force: true })
  const settings = { onLine, ...(options.signal && { signal: options.signal }) }
  await runPython(base.path, ['-m', 'venv', folder], settings)
  onLine(`Installing the packages of ${spec.lockPath}`)
  const index = options.indexUrl === undefined ? [] : ['--index-url', options.indexUrl]
  await runPython(interpreterOf(folder), [...pipInstall, ...index, '-r', spec.lockPath], settings)
  await writeFile(
    join(folder, markerFile),
    `${JSON.stringify({ name, python: base.version }, null, 2)}\n`,
  )
  const made = await resolveEnvironment(name)
  onLine(`The environment ${name} is ready`)
  return made
}

/** `python -m pip install`, quiet and without questions, from wheels only: nothing is compiled. */
export const pipInstall: readonly string[] = [
  '-m',
  'pip',
  'install',
  '--disable-pip-version-check',
  '--no-input',
  '--progress-bar=off',
  '--only-binary=:all:',
]
