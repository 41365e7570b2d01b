/** What the sections of a study's page share. */
import type { BenchmarkAnalysis, StudyAnalysis } from '#src/study/analysis/analysis.ts'
import type { Study } from '#src/study/study.ts'
import { marksOf } from './marks.ts'
import { fileWords } from './picture-file.ts'
import { looksOf, type SeriesLook } from './series.ts'
import type { Table } from './table.ts'

export interface StudyView {
  readonly study: Study
  readonly analysis: StudyAnalysis
  /** Looks of the methods that are no variants. */
  readonly looks: ReadonlyMap<string, SeriesLook>
  /** Base of each variant, by label. */
  readonly bases: ReadonlyMap<string, string>
  /** A benchmark's label in names of files. */
  readonly fileWord: (benchmark: string) => string
  readonly marks: (benchmark: BenchmarkAnalysis) => readonly string[]
  /** Of everything together. */
  readonly allMarks: readonly string[]
  /** A table whose first column names benchmarks, with all marks above it and each row's own. */
  readonly marked: (table: Omit<Table, 'marks'>) => Table
}

export function studyView(study: Study, analysis: StudyAnalysis): StudyView {
  const variants = study.methods.flatMap(({ label, variant }) =>
    variant === null ? [] : [[label, variant.of] as const],
  )
  const bases = new Map(variants)
  const main = study.methods.flatMap(({ label }) => (bases.has(label) ? [] : [label]))
  const allMarks = marksOf(study.benchmarks, analysis)
  const byLabel = new Map(
    study.benchmarks.map((benchmark) => [benchmark.label, marksOf([benchmark], analysis)]),
  )
  const words = fileWords(study.benchmarks.map(({ label }) => label))
  return {
    study,
    analysis,
    bases,
    looks: looksOf(main, analysis.control),
    fileWord: (benchmark) => words.get(benchmark) ?? 'unnamed',
    marks: ({ benchmark }) => marksOf([benchmark], analysis),
    allMarks,
    marked: (table) => ({
      ...table,
      marks: allMarks,
      rows: table.rows.map((row) => {
        const label = row.cells[0]?.values[0]
        return { ...row, marks: byLabel.get(String(label)) ?? allMarks }
      }),
    }),
  }
}
