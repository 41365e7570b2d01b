/** Writing a lock anew from what is installed. */
import { access, readFile, writeFile } from 'node:fs/promises'
import { ArchloomError } from '#src/errors.ts'
import { formatLock, installedPackages, normalizeName, parseLock } from './lock.ts'
import { findEnvironment, interpreterOf } from './resolve.ts'

export interface Relock {
  readonly lockPath: string
  readonly changed: boolean
}

/**
 * Writes into the lock the installed versions of the packages that it names, and of `added`.
 *
 * @remarks
 * A changed lock is another environment: it has to be created before it can be used.
 * @throws environment/missing-python when the environment was not created.
 * @throws environment/missing-package when a named package is not installed.
 */
export async function relockEnvironment(
  name: string,
  added: readonly string[] = [],
): Promise<Relock> {
  const { spec, folder } = await findEnvironment(name)
  await access(interpreterOf(folder)).catch((cause: unknown) => {
    throw new ArchloomError(
      'environment/missing-python',
      `The environment ${name} does not exist on this machine (looked in ${folder}); create it with: archloom env create ${name}`,
      { cause },
    )
  })
  const before = await readFile(spec.lockPath, 'utf8')
  const installed = await installedPackages(folder)
  const names = [...parseLock(before, spec.lockPath).keys(), ...added.map(normalizeName)]
  const missing = names.filter((name) => !installed.has(name))
  if (missing.length > 0) {
    throw new ArchloomError(
      'environment/missing-package',
      `The environment ${name} lacks ${missing.join(', ')}; install it with ${interpreterOf(folder)} -m pip install, or take it out of ${spec.lockPath}`,
      { details: { name, missing } },
    )
  }
  const after = formatLock(new Map(names.map((name) => [name, installed.get(name) ?? ''])))
  if (after !== before) await writeFile(spec.lockPath, after)
  return { lockPath: spec.lockPath, changed: after !== before }
}
