import { Command } from 'commander'
import { resumeRun } from '#src/runner/run.ts'
import { addRunFlags, type RunFlags } from './options.ts'
import { carryOut } from './session.ts'
import { openRun } from './stored-run.ts'

/** `archloom resume RUN`. */
export function resumeCommand(): Command {
  const command = new Command('resume')
    .description('continue an interrupted run on the same trajectory')
    .argument('<run>', 'run folder')
  return addRunFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  archloom resume runs/quickstart-20261124-031500

What was measured is kept and not repeated; what was under way is started anew. The journal is
replayed first, so a run whose decisions do not follow from it is refused.`,
    )
    .action(async (folder: string, flags: RunFlags) => {
      const { title, extensions } = await openRun(folder)
      await carryOut({
        title,
        folder,
        flags,
        extensions,
        run: (options) => resumeRun({ ...options, extensions }),
      })
    })
}
