/** What lies where in a study's folder, and how to take the study up again. */
import { join } from 'node:path'
import { shellQuoted } from './run-folder.ts'

export interface StudyFiles {
  /** Finished cells, the one source of truth; everything else can be made again from it. */
  readonly database: string
  /** The resolved study document. */
  readonly config: string
  /** Every environment that cells come from, by hash. */
  readonly environment: string
  /** What tables and plots show, for programs. */
  readonly result: string
  /** One row a cell and checkpoint. */
  readonly cells: string
  /** The page for people. */
  readonly report: string
  /** Folder of the page's charts, an SVG file each. */
  readonly figures: string
  /** Folder of the page's tables, as CSV and LaTeX. */
  readonly tables: string
}

export function studyFiles(folder: string): StudyFiles {
  return {
    database: join(folder, 'study.sqlite'),
    config: join(folder, 'study.resolved.yaml'),
    environment: join(folder, 'environment.json'),
    result: join(folder, 'result.json'),
    cells: join(folder, 'cells.csv'),
    report: join(folder, 'report.html'),
    figures: join(folder, 'figures'),
    tables: join(folder, 'tables'),
  }
}

/** The command that continues a study, ready for a shell. */
export function resumeStudyCommand(folder: string): string {
  return `archloom compare --resume ${shellQuoted(folder)}`
}
