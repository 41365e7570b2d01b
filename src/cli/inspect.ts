import { Command, InvalidArgumentError } from 'commander'
import { absoluteChoice, parseChoice } from '#src/environment/choice.ts'
import { defaultTimeoutSeconds, inspectFunction } from '#src/runner/inspect-function.ts'
import { inspectionLines } from './inspect-output.ts'
import { collect } from './options.ts'

/** What it takes to look into a function; shared with `archloom init --from`. */
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

/** `archloom inspect`: what there is to know of a Python function before work is sent to it. */
export function inspectCommand(): Command {
  return addFunctionOptions(new Command('inspect'))
    .description('look into a Python function of your own: what a worker would call it with')
    .argument('<function>', 'module:function, or module:Class for sessions')
    .option('--json', 'one JSON document on stdout', false)
    .addHelpText(
      'after',
      `
The module is imported in a process apart, and nothing of it is called. Exit status 0 although there
are problems, which are listed; 3 when the module cannot be looked into.

Examples:
  archloom inspect training:train
  archloom inspect training:train --environment .venv --python-path src
  archloom inspect models.vision:Session --environment conda:vision --json
  archloom init --from training:train          a starter experiment that calls it`,
    )
    .action(async (name: string, flags: FunctionFlags & { readonly json: boolean }) => {
      const found = await inspectFunction(name, functionOptions(flags))
      const text = flags.json ? JSON.stringify(found, null, 2) : inspectionLines(found).join('\n')
      process.stdout.write(`${text}\n`)
    })
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (/^[0-9.]+$/.test(text) && seconds >= 0.1 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('expected seconds from 0.1 to 3600')
}
