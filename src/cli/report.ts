import { basename, extname, join, resolve } from 'node:path'
import { Command } from 'commander'
import type { Extensions } from '#src/config/schema.ts'
import { ArchloomError } from '#src/errors.ts'
import { writeStudyReport } from '#src/report/study/write-study-report.ts'
import { studyResult } from '#src/runner/study/files.ts'
import { openStudy } from '#src/runner/study/result.ts'
import { archloomVersion } from '#src/runner/version.ts'
import { isStudyFolder } from '#src/store/study-store.ts'
import { addOutputOptions, type OutputOptions } from './options.ts'
import { writeRunReport } from './run-report.ts'
import { openRun } from './stored-run.ts'

interface Flags extends OutputOptions {
  readonly out?: string
}

/** `archloom report RUN…`. */
export function reportCommand(): Command {
  const command = new Command('report')
    .description('write the report page of one or more runs or studies')
    .argument('<runs...>', 'folders of runs or studies, finished, interrupted or going')
    .option(
      '--out <path>',
      'an .html file, or a folder for one page a run; by default report.html in each folder',
    )
  return addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  archloom report runs/quickstart-20261124-031500
  archloom report runs/* --out pages
  archloom report runs/third --json | jq '.[0].summary.best'
  archloom report studies/bakeoff

A page is computed from what the folder has stored and disturbs no run. Of a study, figures/ and
tables/ in its folder are written, too, unless --out is given. With --json, stdout also carries the
summary that each page shows.`,
    )
    .action(async (runs: readonly string[], flags: Flags) => {
      const pages = pagePaths(runs, flags.out)
      const written: { run: string; path: string; summary: unknown }[] = []
      for (const [index, run] of runs.entries()) {
        const { path, summary } = await writePage(run, pages[index])
        if (flags.json) written.push({ run, path, summary })
        else process.stdout.write(`${path}\n`)
      }
      if (flags.json) process.stdout.write(`${JSON.stringify(written, null, 2)}\n`)
    })
}

async function writePage(
  folder: string,
  page: string | undefined,
): Promise<{ readonly path: string; readonly summary: unknown }> {
  if (!isStudyFolder(folder)) return writeRunReport(folder, await extensionsOf(folder), page)
  using study = openStudy(folder)
  const facts = { folder, archloomVersion: archloomVersion() }
  const { path } = await writeStudyReport(study, facts, page)
  return { path, summary: studyResult(study) }
}

/** Where each page goes; nothing where it goes into its run folder. */
function pagePaths(runs: readonly string[], out: string | undefined): (string | undefined)[] {
  if (out === undefined) return runs.map(() => undefined)
  if (extname(out) === '.html') {
    if (runs.length === 1) return [out]
    throw new ArchloomError(
      'config/usage',
      `Option --out names one file, ${out}, for ${runs.length} runs; name a folder`,
    )
  }
  const pages = runs.map((run) => join(out, `${basename(resolve(run))}.html`))
  const twice = pages.find((page, index) => pages.indexOf(page) !== index)
  if (twice === undefined) return pages
  throw new ArchloomError(
    'config/usage',
    `Two of the runs would both be written to ${twice}; give them one at a time, each with a file for --out`,
  )
}

/** A run whose script is gone or has changed still has its report, at most without a drawing. */
async function extensionsOf(run: string): Promise<Extensions> {
  try {
    return (await openRun(run)).extensions
  } catch (error) {
    if (!(error instanceof ArchloomError) || !error.code.startsWith('config/')) throw error
    process.stderr.write(`archloom: ${error.message}; a space of its own cannot be drawn\n`)
    return {}
  }
}
