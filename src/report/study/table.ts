/** A table once, for the page, for programs (CSV) and for papers (LaTeX). */

export interface TableColumn {
  readonly title: string
  readonly isNumber: boolean
  /** What its values are called in CSV, in the order of a cell's `values`. */
  readonly fields: readonly string[]
  /** In words, for whoever points at it. */
  readonly meaning?: string
}

export interface TableCell {
  /** As a person reads it. */
  readonly text: string
  /** Raw, one a field of the column; null where there is none. The first one sorts. */
  readonly values: readonly (number | string | null)[]
  readonly isBest?: boolean
}

export interface TableRow {
  readonly cells: readonly TableCell[]
  /** A variant under its base, or what is there to be compared with. */
  readonly look?: 'indented' | 'reference'
  /** Where rows are of several benchmarks: those of its own, in place of the table's. */
  readonly marks?: readonly string[]
}

export interface Table {
  /** Name of its files, without their ending. */
  readonly name: string
  readonly title: string
  /** Such as `test-only table`: said in every form. */
  readonly marks: readonly string[]
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
  /** Sentences below it. */
  readonly notes: readonly string[]
}

/** A column of words. */
export function wordColumn(title: string, field: string): TableColumn {
  return { title, isNumber: false, fields: [field] }
}

export function numberColumn(
  title: string,
  fields: readonly string[],
  meaning?: string,
): TableColumn {
  return { title, isNumber: true, fields, ...(meaning !== undefined && { meaning }) }
}

export function word(text: string): TableCell {
  return { text, values: [text] }
}

/** A cell for what is not there. */
export function nothing({ fields }: Pick<TableColumn, 'fields'>): TableCell {
  return { text: '–', values: fields.map(() => null) }
}

/** A p-value with three decimals, or that it is below them. */
export function pWords(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}
