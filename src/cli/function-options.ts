/** What it takes to look into a function: options that several commands share. */
import { type Command, InvalidArgumentError } from 'commander'
import { absoluteChoice, parseChoice } from '#src/environment/choice.ts'
import { defaultTimeoutSeconds } from '#src/environment/inspection.ts'
import { collect } from './options.ts'

export interface FunctionFlags {
  readonly environment: string
  readonly pythonPath: readonly string[]
  readonly timeout: number
}

export function addFunctionOptions(command: Command): Command {
  return command
    .option('--environment <name>', 'a pinned one, a path, conda:NAME or [command]', 'cpu')
    .option(
      '--python-path <folder>',
      'where to look for the module first, by default here; repeatable',
      collect,
      [],
    )
    .option('--timeout <seconds>', 'for importing the module', parseSeconds, defaultTimeoutSeconds)
}

/** As the library takes them. */
export function functionOptions({ environment, pythonPath, timeout }: FunctionFlags) {
  return {
    environment: absoluteChoice(parseChoice(environment), process.cwd()),
    pythonPath: pythonPath.length === 0 ? ['.'] : pythonPath,
    timeoutSeconds: timeout,
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (/^[0-9.]+$/.test(text) && seconds >= 0.1 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('expected seconds from 0.1 to 3600')
}
