/** The page of a study, and every picture and table on it as a file. */
import { resumeStudyCommand } from '#src/store/study-folder.ts'
import { analyzeStudy } from '#src/study/analysis/analysis.ts'
import type { Study } from '#src/study/study.ts'
import { renderPage } from '../page.ts'
import {
  ablationSection,
  anytimeSection,
  ranksSection,
  type StudySection,
  standingsSection,
  testsSection,
} from './comparison-sections.ts'
import { curvePictures, curvesSection, curveViewStyle } from './curves-section.ts'
import { pictureFile } from './picture-file.ts'
import {
  environmentSectionOf,
  proposalsSection,
  reproduceSection,
  setupSection,
} from './setup-sections.ts'
import { studyOverview } from './study-overview.ts'
import { studyChartStyle, studyLayoutStyle } from './study-style.ts'
import { tableCsv, tableLatex } from './table-files.ts'
import { studyView } from './view.ts'

export interface StudyReportFacts {
  /** The study's folder, as a person would type it. */
  readonly folder: string
  /** Folders of the runs that are compared, where it is no study that searched by itself. */
  readonly runs?: readonly string[]
  readonly archloomVersion: string
}

export interface StudyReport {
  readonly page: string
  /** SVG files by name. */
  readonly figures: Readonly<Record<string, string>>
  /** CSV and LaTeX files by name. */
  readonly tables: Readonly<Record<string, string>>
}

/**
 * Everything that a study's folder shows to people.
 *
 * @remarks Pure: the same cells give the same bytes.
 */
export function renderStudyReport(study: Study, facts: StudyReportFacts): StudyReport {
  const view = studyView(study, analyzeStudy(study))
  const curves: StudySection = {
    section: curvesSection(view),
    pictures: view.analysis.benchmarks.flatMap((benchmark) => curvePictures(view, benchmark)),
    tables: [],
  }
  const parts = [
    curves,
    standingsSection(view),
    ranksSection(view),
    testsSection(view),
    anytimeSection(view),
    ablationSection(view),
    proposalsSection(view),
  ].filter((part) => part !== null)
  const page = renderPage({
    name: study.name,
    archloomVersion: facts.archloomVersion,
    style: studyChartStyle + studyLayoutStyle + curveViewStyle,
    overview: studyOverview(view, resumeStudyCommand(facts.folder)),
    sections: [
      ...parts.map(({ section }) => section),
      setupSection(view),
      environmentSectionOf(view),
      reproduceSection(facts),
    ],
    footer: `Computed from the study’s cells by archloom ${facts.archloomVersion}.`,
  })
  const pictures = parts.flatMap((part) => part.pictures)
  const tables = parts.flatMap((part) => part.tables)
  return {
    page,
    figures: Object.fromEntries(pictures.map((one) => [`${one.name}.svg`, pictureFile(one)])),
    tables: Object.fromEntries(
      tables.flatMap((table) => [
        [`${table.name}.csv`, tableCsv(table)],
        [`${table.name}.tex`, tableLatex(table)],
      ]),
    ),
  }
}
