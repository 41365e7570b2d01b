import { z } from 'zod'
import { reloadExtensions } from '#src/config/load.ts'
import type { Extensions } from '#src/config/schema.ts'
import { objectiveOf } from '#src/report/objective.ts'
import { readJournal } from '#src/store/journal.ts'
import type { ProgressTitle } from './progress.ts'

export interface StoredRun {
  readonly title: ProgressTitle
  /** Those of the script that started the run. */
  readonly extensions: Extensions
}

/** Reads what a run folder says of its experiment. */
export async function openRun(folder: string): Promise<StoredRun> {
  using journal = readJournal(folder)
  const { document, source } = journal.header
  const { name } = z.object({ name: z.string() }).parse(document)
  const title = { name, objective: objectiveOf(document) }
  return { title, extensions: await reloadExtensions(source) }
}
