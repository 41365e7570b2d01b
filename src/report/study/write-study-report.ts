/** Writes what a study's folder shows to people: a page, figures, tables. */
import { join } from 'node:path'
import type { Study } from '#src/study/study.ts'
import { replaceFile } from '../replace-file.ts'
import { renderStudyReport, type StudyReportFacts } from './study-report.ts'

export interface WrittenStudyReport {
  readonly path: string
  /** Names of the files in `figures/` and in `tables/`. */
  readonly figures: readonly string[]
  readonly tables: readonly string[]
}

/**
 * Computes the report of a study from its cells, whether all are finished or not, and writes it:
 * `report.html`, `figures/*.svg`, `tables/*.csv` and `tables/*.tex`.
 *
 * @param path - of the page; by default `report.html` in the study's folder. Figures and tables go
 *   into folders beside it.
 * @throws store/full; config/usage when it cannot be written there
 */
export async function writeStudyReport(
  study: Study,
  facts: StudyReportFacts,
  path: string = join(facts.folder, 'report.html'),
): Promise<WrittenStudyReport> {
  const { page, figures, tables } = renderStudyReport(study, facts)
  const beside = join(path, '..')
  for (const [name, text] of Object.entries(figures)) {
    await replaceFile(join(beside, 'figures', name), text)
  }
  for (const [name, text] of Object.entries(tables)) {
    await replaceFile(join(beside, 'tables', name), text)
  }
  await replaceFile(path, page)
  return { path, figures: Object.keys(figures), tables: Object.keys(tables) }
}
