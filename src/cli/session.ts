/** What running and resuming have in common: signals, progress, report, result. */
import type { Extensions } from '#src/config/schema.ts'
import { ArchloomError } from '#src/errors.ts'
import type { RunResult } from '#src/runner/result.ts'
import type { RunOptions } from '#src/runner/run.ts'
import { exitStatus } from './exit-status.ts'
import { abortOnSignals } from './interrupt.ts'
import { makeLogger } from './logger.ts'
import type { RunFlags } from './options.ts'
import { noProgress, type ProgressTitle, showProgress } from './progress.ts'
import { resultLines } from './result-output.ts'
import { writeRunReport } from './run-report.ts'

export interface Session {
  readonly title: ProgressTitle
  readonly folder: string
  readonly flags: RunFlags
  readonly extensions: Extensions
  readonly run: (options: RunOptions) => Promise<RunResult>
}

/** Carries a run out with everything that a person expects around it. */
export async function carryOut({ title, folder, flags, extensions, run }: Session): Promise<void> {
  using stopping = abortOnSignals()
  if (!flags.quiet) process.stderr.write(`Run folder ${folder}\n`)
  const result = await watched(title, flags, (onUpdate) =>
    run({
      folder,
      logger: makeLogger(flags),
      signal: stopping.signal,
      onUpdate,
      allowDrift: flags.allowDrift,
      allowMixed: flags.allowMixed,
    }),
  ).catch(async (error: unknown) => {
    // What was measured before the stop is worth looking at.
    const interrupted = error instanceof ArchloomError && error.code === 'run/interrupted'
    if (interrupted) await writeRunReport(folder, extensions)
    throw error
  })
  const { path, summary } = await writeRunReport(folder, extensions)
  process.exitCode = exitStatus(summary)
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ folder, report: path, result }, null, 2)}\n`)
    return
  }
  process.stdout.write(`${resultLines(result, summary, path).join('\n')}\n`)
}

/** The display is gone again before anything else is written. */
async function watched<T>(
  title: ProgressTitle,
  { quiet }: RunFlags,
  work: (onUpdate: NonNullable<RunOptions['onUpdate']>) => Promise<T>,
): Promise<T> {
  using progress = quiet ? noProgress : showProgress({ ...title, output: process.stderr })
  return await work((snapshot) => progress.update(snapshot))
}
