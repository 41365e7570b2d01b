/**
 * A Python with Ray, pinned in py/ray-requirements.lock, for the tests of workers that Ray places. It is
 * no part of archloom's environments: who uses Ray brings a Python of their own.
 */
import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '#src/encoding/hash.ts'
import { pipInstall } from '#src/environment/create.ts'
import type { LockedEnvironment } from '#src/environment/environment.ts'
import { archloomHome, pythonFolder } from '#src/environment/folders.ts'
import { runPython } from '#src/environment/python-step.ts'

const lockPath = join(pythonFolder(), 'ray-requirements.lock')

/** Its interpreter; null where it is not installed. */
export function rayPython(): string | null {
  const folder = rayFolder()
  return existsSync(join(folder, doneName)) ? pythonOf(folder) : null
}

/** Installs it unless it is there; null, with the reason told, where it cannot be. */
export async function installRay(
  environment: LockedEnvironment,
  onLine: (line: string) => void,
): Promise<string | null> {
  const present = rayPython()
  if (present !== null) return present
  const folder = rayFolder()
  onLine('Installing Ray for the tests that use it')
  try {
    await rm(folder, { recursive: true, force: true })
    await runPython(environment.python, ['-m', 'venv', folder], { onLine })
    await runPython(pythonOf(folder), [...pipInstall, '--no-deps', '-r', lockPath], { onLine })
    await writeFile(join(folder, doneName), `Made from ${lockPath}; may be deleted.\n`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    onLine(`Ray could not be installed, so the tests that need it skip: ${reason}`)
  }
  return rayPython()
}

/** Written last. */
const doneName = 'README'

function rayFolder(): string {
  const key = sha256(readFileSync(lockPath, 'utf8')).slice(0, 12)
  return join(archloomHome(), 'tools', `ray-${key}`)
}

function pythonOf(folder: string): string {
  return join(folder, 'bin', 'python')
}
