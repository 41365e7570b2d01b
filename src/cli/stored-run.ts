import { z } from 'zod'
import { reloadExtensions } from '#src/config/load.ts'
import type { Extensions } from '#src/config/schema.ts'
import { readJournal } from '#src/store/journal.ts'

export interface StoredRun {
  readonly name: string
  /** Those of the script that started the run. */
  readonly extensions: Extensions
}

/** Reads what a run folder says of its experiment. */
export async function openRun(folder: string): Promise<StoredRun> {
  using journal = readJournal(folder)
  const { document, source } = journal.header
  const { name } = z.object({ name: z.string() }).parse(document)
  return { name, extensions: await reloadExtensions(source) }
}
