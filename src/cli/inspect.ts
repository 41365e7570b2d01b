import { Command } from 'commander'
import { inspectFunction } from '#src/runner/inspect-function.ts'
import { addFunctionOptions, type FunctionFlags, functionOptions } from './function-options.ts'
import { inspectionLines } from './inspect-output.ts'

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
