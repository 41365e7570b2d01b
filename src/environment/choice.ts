/** How a person names an environment, in an experiment or on the command line. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'

const words = z.array(z.string().min(1)).min(1)

/**
 * - a text: an environment that archloom pins (`archloom env list`), or the path of a lock folder, of
 *   a virtual environment, of a conda environment or of an interpreter
 * - `{venv: PATH}`, `{conda: NAME or PATH}`
 * - `{command: [program, …]}`: whatever runs Python with the parameters that are added to it, such as
 *   `docker run … python`
 *
 * What holds a slash or begins with a dot or a tilde is a path.
 */
export const EnvironmentChoice = z.union([
  z.string().min(1),
  z.strictObject({ venv: z.string().min(1) }),
  z.strictObject({ conda: z.string().min(1) }),
  z.strictObject({ command: words }),
])
export type EnvironmentChoice = z.infer<typeof EnvironmentChoice>

/**
 * Reads a choice from the command line: a name, a path, `venv:PATH`, `conda:NAME`, or a command as a
 * JSON list.
 *
 * @throws config/usage for a list that is none
 */
export function parseChoice(text: string): EnvironmentChoice {
  if (text.startsWith('[')) return { command: parseCommand(text) }
  const [, kind, rest] = /^(venv|conda):(.+)$/s.exec(text) ?? []
  if (rest === undefined) return text
  return kind === 'venv' ? { venv: rest } : { conda: rest }
}

/** The same choice with its paths made absolute: those that are relative start from a folder. */
export function absoluteChoice(choice: EnvironmentChoice, folder: string): EnvironmentChoice {
  const absolute = (text: string) => (isPath(text) ? absolutePath(text, folder) : text)
  if (typeof choice === 'string') return absolute(choice)
  if ('venv' in choice) return { venv: absolutePath(choice.venv, folder) }
  if ('conda' in choice) return { conda: absolute(choice.conda) }
  const [file = '', ...parameters] = choice.command
  return { command: [absolute(file), ...parameters] }
}

/** The shortest text that names it: what messages call it. */
export function choiceName(choice: EnvironmentChoice): string {
  if (typeof choice === 'string') return choice
  if ('venv' in choice) return choice.venv
  if ('conda' in choice) return `conda:${choice.conda}`
  return JSON.stringify(choice.command)
}

export function isPath(text: string): boolean {
  return text.includes('/') || text.startsWith('.') || text.startsWith('~')
}

/** A path made absolute: from the home folder where it begins with a tilde, else from a folder. */
export function absolutePath(path: string, folder: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1))
  return resolve(folder, path)
}

function parseCommand(text: string): string[] {
  try {
    return words.parse(JSON.parse(text))
  } catch (cause) {
    throw new ArchloomError(
      'config/usage',
      `The environment ${text} begins like a command, but is no JSON list of texts; write it like '["docker", "run", "-i", "image", "python"]'`,
      { cause },
    )
  }
}
