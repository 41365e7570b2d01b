/** Tables of comma-separated values. */
import { badSource, type ReadContext, sourceLines } from './source-file.ts'

export interface CsvRow {
  /** From 1, the header's. */
  readonly line: number
  /** In the order in which the columns were asked for. */
  readonly values: readonly string[]
}

/**
 * The rows of a table with a header, some at a time; empty lines are left out.
 *
 * @param columns - those that are wanted; a table may have more, in any order
 * @throws benchmark/invalid for a column that is not there, a row of another length, a bad quote
 * @see RFC 4180; a quoted value here ends in its line
 */
export async function* csvRows(
  path: string,
  columns: readonly string[],
  context: ReadContext,
): AsyncGenerator<CsvRow[]> {
  let header: readonly string[] | null = null
  let positions: readonly number[] = []
  let line = 0
  for await (const lines of sourceLines(path, context)) {
    const rows: CsvRow[] = []
    for (const text of lines) {
      line += 1
      if (text === '') continue
      const values = splitRow(text, path, line)
      if (header === null) {
        header = values
        positions = columns.map((column) => findColumn(path, values, column))
      } else if (values.length !== header.length) {
        const found = `${values.length} values`
        throw badSource(path, `line ${line} must have ${header.length} values, but has ${found}`)
      } else {
        rows.push({ line, values: positions.map((position) => values[position] ?? '') })
      }
    }
    yield rows
  }
}

function findColumn(path: string, header: readonly string[], column: string): number {
  const position = header.indexOf(column)
  if (position >= 0 && header.indexOf(column, position + 1) < 0) return position
  const why = position < 0 ? 'has none' : 'has it twice'
  throw badSource(
    path,
    `the table must have a column ${column}, but ${why}: its columns are ${header.join(', ')}`,
  )
}

function splitRow(text: string, path: string, line: number): readonly string[] {
  if (!text.includes('"')) return text.split(',')
  const values: string[] = []
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y
  for (;;) {
    const match = pattern.exec(text)
    if (match === null) throw badSource(path, `line ${line} has a quote that is not closed`)
    const [, quoted, plain = '', separator] = match
    values.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (separator === '') return values
  }
}

/** A decimal number. @returns NaN for anything else, `1e3`, ` 1` and `` among them */
export function decimal(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/** A percentage as a share: the double nearest to the decimal number, not a rounded quotient. */
export function percentage(text: string): number {
  return Number.isNaN(decimal(text)) ? Number.NaN : Number(`${text}e-2`)
}
