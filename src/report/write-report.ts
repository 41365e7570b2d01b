/** Writes the report of a run folder. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Drawing } from '#src/graph/drawing.ts'
import { renderSvg } from '#src/graph/svg.ts'
import { readJournal } from '#src/store/journal.ts'
import { runFiles } from '#src/store/run-folder.ts'
import { winnerOf } from './overview.ts'
import { replaceFile } from './replace-file.ts'
import { renderReport } from './report.ts'
import type { RunSummary } from './run-summary.ts'
import { summarizeRun } from './summary.ts'

export interface WriteReportOptions {
  /** Draws an architecture's text form; null where the run's space is not at hand. */
  readonly draw: ((architecture: string) => Drawing) | null
  /** Where to write it; by default `report.html` in the run folder. */
  readonly path?: string
}

export interface WrittenReport {
  readonly path: string
  readonly summary: RunSummary
}

/**
 * Computes the report of a run from its journal, whether the run goes on or not, and writes it.
 *
 * @param runFolder - as a person would type it: the page's commands name it so
 * @throws store/not-a-journal and the like; store/full; config/usage when it cannot be written there
 */
export async function writeReport(
  runFolder: string,
  options: WriteReportOptions,
): Promise<WrittenReport> {
  using journal = readJournal(runFolder)
  const summary = summarizeRun(journal)
  const winner = winnerOf(summary)
  const drawable = options.draw !== null && winner !== undefined
  const page = renderReport(summary, {
    runFolder,
    configYaml: await configOf(runFolder, summary),
    pictureSvg: drawable ? renderSvg(options.draw(winner.architecture)) : null,
  })
  const path = options.path ?? join(runFolder, 'report.html')
  await replaceFile(path, page)
  return { path, summary }
}

/** The file that the run was started with, comments of no one in it; else the journal's own copy. */
async function configOf(runFolder: string, { header }: RunSummary): Promise<string> {
  try {
    return await readFile(runFiles(runFolder).config, 'utf8')
  } catch {
    // JSON is YAML too.
    return JSON.stringify(header.document, null, 2)
  }
}
