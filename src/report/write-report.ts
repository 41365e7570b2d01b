/** Writes the report of a run folder. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import type { Drawing } from '#src/graph/drawing.ts'
import { renderSvg } from '#src/graph/svg.ts'
import { readJournal } from '#src/store/journal.ts'
import { runFiles } from '#src/store/run-folder.ts'
import { winnerOf } from './overview.ts'
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

/** A reader finds the old page or the new one, never a part. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(draft, text)
    await rename(draft, path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new ArchloomError(
        'store/full',
        `No space is left to write the report ${path}; free some and run archloom report again`,
        { cause },
      )
    }
    throw new ArchloomError(
      'config/usage',
      `Cannot write the report ${path} (${code ?? 'unknown error'}); name a writable place with --out`,
      { cause },
    )
  }
}
