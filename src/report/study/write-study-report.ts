/** Writes what a study's folder shows to people: a page, figures, tables. */
import { join } from 'node:path'
import { studyFiles } from '#src/store/study-folder.ts'
import type { Study } from '#src/study/study.ts'
import { replaceFile } from '../replace-file.ts'
import { renderStudyReport, type StudyReportFacts } from './study-report.ts'

export interface WrittenStudyReport {
  readonly path: string
  /** Names of the files that were written into `figures/` and into `tables/`. */
  readonly figures: readonly string[]
  readonly tables: readonly string[]
}

/**
 * Computes the report of a study from its cells, whether all are finished or not, and writes it into
 * its folder: `report.html`, `figures/*.svg`, `tables/*.csv` and `tables/*.tex`.
 *
 * @param path - of the page alone, when it is wanted elsewhere
 * @throws store/full; config/usage when it cannot be written there
 */
export async function writeStudyReport(
  study: Study,
  facts: StudyReportFacts,
  path?: string,
): Promise<WrittenStudyReport> {
  const { page, figures, tables } = renderStudyReport(study, facts)
  if (path !== undefined) {
    await replaceFile(path, page)
    return { path, figures: [], tables: [] }
  }
  const files = studyFiles(facts.folder)
  for (const [name, text] of Object.entries(figures)) {
    await replaceFile(join(files.figures, name), text)
  }
  for (const [name, text] of Object.entries(tables)) {
    await replaceFile(join(files.tables, name), text)
  }
  await replaceFile(files.report, page)
  return { path: files.report, figures: Object.keys(figures), tables: Object.keys(tables) }
}
