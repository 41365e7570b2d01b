/** How a person names an environment, in an experiment or on the command line. */
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'

const words = z.array(z.string().min(1)).min(1)

/**
 * - a text: an environment that archloom pins (`archloom env list`), or the path of a virtual
 *   environment, of a conda environment or of an interpreter
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
