/**
 * Where things lie: archloom's own folders on this machine, and the files that come with it.
 *
 * This file is one of the few that read the process's environment variables.
 */
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

type Variables = Readonly<Record<string, string | undefined>>

/** The project's or the package's root: two folders above this file, in `src/` as in `dist/`. */
const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Folder of what archloom makes on this machine: `$ARCHLOOM_HOME`, or `archloom` in the user's cache
 * folder (`$XDG_CACHE_HOME`, `~/.cache`).
 */
export function archloomHome(variables: Variables = process.env): string {
  if (variables.ARCHLOOM_HOME) return resolve(variables.ARCHLOOM_HOME)
  return join(resolve(variables.XDG_CACHE_HOME || join(homedir(), '.cache')), 'archloom')
}

/**
 * Folders in which data sets are looked for, first match first: the explicit one, each entry of
 * `$ARCHLOOM_DATA` (a list like `$PATH`), `data` in archloom's home.
 */
export function dataFolders(explicit?: string, variables: Variables = process.env): string[] {
  const first = explicit === undefined ? [] : [resolve(explicit)]
  const last = join(archloomHome(variables), 'data')
  return [...new Set([...first, ...pathList(variables.ARCHLOOM_DATA), last])]
}

/**
 * Folders in which imported benchmarks are looked for, first match first, and into the first of which
 * they are written: the explicit one, each entry of `$ARCHLOOM_BENCHMARKS` (a list like `$PATH`),
 * `benchmarks` in archloom's home.
 */
export function benchmarkFolders(
  explicit?: string,
  variables: Variables = process.env,
): readonly [string, ...string[]] {
  const last = join(archloomHome(variables), 'benchmarks')
  const given = explicit === undefined ? [] : [resolve(explicit)]
  const [first = last, ...others] = [...given, ...pathList(variables.ARCHLOOM_BENCHMARKS), last]
  return [first, ...others]
}

/** Absolute path of the folder that holds the Python package `archloom_worker`. */
export function pythonFolder(): string {
  return join(root, 'py')
}

/**
 * Folders that hold one folder a pinned environment, first match first: each entry of
 * `$ARCHLOOM_ENVS` (a list like `$PATH`), then `envs/`, which comes with archloom.
 */
export function environmentFolders(variables: Variables = process.env): string[] {
  return [...pathList(variables.ARCHLOOM_ENVS), join(root, 'envs')]
}

/** Absolute path of the project's or the package's root. */
export function projectFolder(): string {
  return resolve(root)
}

function pathList(value: string | undefined): string[] {
  const entries = (value ?? '').split(delimiter).filter((path) => path !== '')
  return entries.map((path) => resolve(path))
}
