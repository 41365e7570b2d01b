import { Command } from 'commander'
import { replayRun } from '#src/runner/run.ts'
import { addOutputOptions, type OutputOptions } from './options.ts'
import { shownValue } from './progress.ts'
import { openRun } from './stored-run.ts'

/** `archloom replay RUN`. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description("prove from its journal that a run's decisions follow from its observations")
    .argument('<run>', 'run folder')
  return addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  archloom replay runs/quickstart-20261124-031500

Every proposal is computed again from the seed and from what had been told, and compared with the
journal's. Exit status 5 when one differs; nothing is trained and nothing is written.`,
    )
    .action(async (folder: string, { json }: OutputOptions) => {
      const { title, extensions } = await openRun(folder)
      const report = replayRun(folder, extensions)
      if (json) {
        process.stdout.write(`${JSON.stringify({ verified: true, ...report }, null, 2)}\n`)
        return
      }
      const { entryCount, proposalCount, result } = report
      const best = result.best
        ? `; best is trial ${result.best.trial} with ${shownValue(result.best.valAccuracy, title.objective)} on validation`
        : ''
      process.stdout.write(
        `Verified: ${proposalCount} proposals follow from ${entryCount} journal entries${best}\n`,
      )
    })
}
