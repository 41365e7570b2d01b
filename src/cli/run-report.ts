import { z } from 'zod'
import { availableSpaces } from '#src/config/resolve.ts'
import type { Extensions } from '#src/config/schema.ts'
import {
  type WriteReportOptions,
  type WrittenReport,
  writeReport,
} from '#src/report/write-report.ts'
import { readJournal } from '#src/store/journal.ts'

/**
 * Writes the report of a run, with its best architecture drawn by the space that it searched.
 *
 * @param extensions - those of the script that the run came from; without the run's own space in
 *   them the page has no drawing
 * @param path - where to; by default `report.html` in the run folder
 */
export function writeRunReport(
  folder: string,
  extensions: Extensions,
  path?: string,
): Promise<WrittenReport> {
  const draw = drawerOf(folder, extensions)
  return writeReport(folder, { draw, ...(path !== undefined && { path }) })
}

const Spaced = z.object({ space: z.looseObject({ name: z.string() }) })

/** How to draw architectures of a run; null where its space is not at hand. */
export function drawerOf(folder: string, extensions: Extensions): WriteReportOptions['draw'] {
  using journal = readJournal(folder)
  const { name, ...settings } = Spaced.parse(journal.header.document).space
  const entry = availableSpaces(extensions).find((candidate) => candidate.name === name)
  const parsed = entry?.settings.safeParse(settings)
  if (entry === undefined || !parsed?.success) return null
  const space = entry.create(parsed.data)
  return (architecture) => space.draw(space.parse(architecture))
}
