/** Process entry: runs the command line and turns what it threw into an exit status. */
import { runCommandLine } from './cli/program.ts'

process.exitCode = await runCommandLine(process.argv.slice(2))
