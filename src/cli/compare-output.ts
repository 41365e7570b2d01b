/** What a person reads at the end of a study: a table a benchmark. */
import { plural } from '#src/report/format.ts'
import type { Study } from '#src/study/study.ts'
import {
  type Checkpoint,
  type StudyTable,
  type TableValue,
  tabulateStudy,
} from '#src/study/table.ts'

/** Plain text, no line longer than its table. */
export function studyLines(study: Study): string[] {
  const mixed = Object.keys(study.environments).length
  return [
    ...tabulateStudy(study).flatMap((table) => [...tableLines(table), '']),
    ...(mixed > 1
      ? [`CONFOUNDED: cells of ${mixed} environments are pooled, as you allowed`, '']
      : []),
    `${plural(study.cells.length, 'cell')} compared${study.missing.length > 0 ? `, ${study.missing.length} missing` : ''}`,
  ]
}

function tableLines(table: StudyTable): string[] {
  const metric = table.metric === 'testAccuracy' ? 'test accuracy' : 'validation accuracy'
  const mark = table.mark === null ? '' : ` [${table.mark}]`
  const rows = [
    ['', 'seeds', ...table.checkpoints.map(checkpointWords)],
    ...(table.expected === null
      ? []
      : [['random search, exact', '', ...table.expected.map(valueWords)]]),
    ...table.rows.map(({ method, cellCount, values }) => [
      method,
      String(cellCount),
      ...values.map(valueWords),
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return [
    `${table.benchmark}${mark}: ${metric} of the incumbent, % ± standard deviation over seeds`,
    ...rows.map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    ),
    ...Object.entries(table.notApplicable).map(
      ([method, reason]) => `${method}: not applicable, it ${reason}`,
    ),
  ]
}

function checkpointWords({ kind, place }: Checkpoint): string {
  return kind === 'trials' ? `${place} trials` : `${place} s`
}

function valueWords({ mean, deviation }: TableValue): string {
  if (Number.isNaN(mean)) return '–'
  const spread = Number.isNaN(deviation) ? '' : ` ± ${(deviation * 100).toFixed(3)}`
  return `${(mean * 100).toFixed(3)}${spread}`
}
