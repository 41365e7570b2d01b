/**
 * The Python tools of development (pytest, ruff, mypy), pinned in py/dev-requirements.lock and kept
 * apart from the worker's environment, which stays exactly its lock. They are put on `PYTHONPATH`
 * only while they run.
 */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sha256 } from '#src/encoding/hash.ts'
import { pipInstall } from '#src/environment/create.ts'
import type { LockedEnvironment } from '#src/environment/environment.ts'
import { archloomHome, pythonFolder } from '#src/environment/folders.ts'
import { runPython } from '#src/environment/python-step.ts'

const lockPath = join(pythonFolder(), 'dev-requirements.lock')

/** Where the tools lie for this lock and this environment, whether or not they are installed. */
export function toolsFolder(environment: LockedEnvironment): string {
  // mypy is compiled for one Python version, so the tools belong to one environment.
  const key = sha256(`${environment.python}\n${readFileSync(lockPath, 'utf8')}`).slice(0, 12)
  return join(archloomHome(), 'tools', key)
}

/** Installs the tools unless they are there; returns their folder. */
export async function installTools(
  environment: LockedEnvironment,
  onLine: (line: string) => void,
): Promise<string> {
  const folder = toolsFolder(environment)
  if (existsSync(folder)) return folder
  onLine('Installing the Python tools of development (pytest, ruff, mypy)')
  const building = `${folder}.${process.pid}`
  await mkdir(dirname(folder), { recursive: true })
  await using _cleanup = {
    [Symbol.asyncDispose]: () => rm(building, { recursive: true, force: true }),
  }
  const target = ['--no-deps', '--target', building]
  await runPython(environment.python, [...pipInstall, ...target, '-r', lockPath], { onLine })
  await writeFile(join(building, 'README'), `Made from ${lockPath}; may be deleted.\n`)
  // Another process may have been faster: its folder is as good.
  await rename(building, folder).catch((error: unknown) => {
    if (!existsSync(folder)) throw error
  })
  return folder
}
