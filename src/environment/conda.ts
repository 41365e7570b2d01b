/** Finding a conda environment by its name, the way conda itself lays environments out. */
import { execFile } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'

type Variables = Readonly<Record<string, string | undefined>>

const run = promisify(execFile)
const Info = z.looseObject({ envs: z.array(z.string()), root_prefix: z.string().optional() })

/** Programs that answer `info --json` alike. */
const programs = ['conda', 'mamba', 'micromamba']

/** `conda info` takes a second or two, longer on a cold disk. */
const infoMs = 60_000

/**
 * The folder of a conda environment.
 *
 * @remarks Looks where conda keeps environments first, which takes no time, and asks `conda info` only
 * when it is in none of those places.
 * @throws environment/invalid when there is none of that name, with those that there are.
 */
export async function findCondaPrefix(
  name: string,
  variables: Variables = process.env,
): Promise<string> {
  const seen = await listedPrefixes(variables)
  for (const prefix of [...placesOf(name, variables), ...named(name, seen)]) {
    if (await isCondaPrefix(prefix)) return prefix
  }
  const told = await askConda(variables)
  const root = told?.root_prefix
  const found = name === 'base' && root ? root : named(name, told?.envs ?? [])[0]
  if (found !== undefined && (await isCondaPrefix(found))) return found
  const known = [...new Set([...seen, ...(told?.envs ?? [])].map((path) => basename(path)))]
  const others = known.length > 0 ? `there are ${known.join(', ')}` : 'none was found at all'
  throw new ArchloomError(
    'environment/invalid',
    `There is no conda environment ${JSON.stringify(name)}, ${others}; name one of conda env list, or give its folder`,
    { details: { name, known } },
  )
}

/** Whether a folder is a conda environment: conda keeps its records in every one. */
export async function isCondaPrefix(folder: string): Promise<boolean> {
  return access(join(folder, 'conda-meta')).then(
    () => true,
    () => false,
  )
}

/** Where an environment of that name may lie. */
function placesOf(name: string, variables: Variables): string[] {
  const program = variables.CONDA_EXE ?? variables.MAMBA_EXE
  // `<root>/bin/conda`, or `<root>/condabin/conda`.
  const root = variables.MAMBA_ROOT_PREFIX ?? (program && dirname(dirname(program)))
  if (name === 'base') return root ? [root] : []
  const folders = (variables.CONDA_ENVS_PATH ?? variables.CONDA_ENVS_DIRS ?? '').split(delimiter)
  const home = join(variables.HOME ?? homedir(), '.conda', 'envs')
  return [
    ...folders.filter((folder) => folder !== ''),
    ...(root ? [join(root, 'envs')] : []),
    home,
  ].map((folder) => join(folder, name))
}

/** Environments that conda has written down for this user. */
async function listedPrefixes(variables: Variables): Promise<string[]> {
  const path = join(variables.HOME ?? homedir(), '.conda', 'environments.txt')
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line.trim() !== '')
}

function named(name: string, prefixes: readonly string[]): string[] {
  return prefixes.filter((prefix) => basename(prefix) === name)
}

/** Null where there is no conda, or it says nothing that can be read. */
async function askConda(variables: Variables): Promise<z.infer<typeof Info> | null> {
  const known = variables.CONDA_EXE ?? variables.MAMBA_EXE
  for (const program of known === undefined ? programs : [known]) {
    try {
      const { stdout } = await run(program, ['info', '--json'], {
        timeout: infoMs,
        env: { ...variables },
      })
      return Info.parse(JSON.parse(stdout))
    } catch {
      // Not installed, or another program of that name: the next may answer.
    }
  }
  return null
}
