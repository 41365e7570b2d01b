/** Records of a table: CSV with a header, a JSON list of objects, or JSON lines. */
import { csvRows } from '../csv.ts'
import { badSource, type ReadContext, sourceJson, sourceLines, startText } from '../source-file.ts'

export type Cell = string | number | boolean | null

export interface TableRecord {
  /** In words, for errors. */
  readonly place: string
  /** In the order of the columns; null where there is nothing. */
  readonly cells: readonly Cell[]
}

/** @throws benchmark/invalid for a column that no record has, a value that is no plain one */
export async function* tableRecords(
  path: string,
  columns: readonly string[],
  context: ReadContext,
): AsyncGenerator<TableRecord[]> {
  const start = (await startText(path)).trimStart()
  if (start.startsWith('[')) yield await listRecords(path, columns, context)
  else if (start.startsWith('{')) yield* lineRecords(path, columns, context)
  else yield* csvRecords(path, columns, context)
}

async function* csvRecords(
  path: string,
  columns: readonly string[],
  context: ReadContext,
): AsyncGenerator<TableRecord[]> {
  for await (const rows of csvRows(path, columns, context)) {
    yield rows.map(({ line, values }) => ({
      place: `line ${line}`,
      cells: values.map((value) => (value === '' ? null : value)),
    }))
  }
}

async function listRecords(
  path: string,
  columns: readonly string[],
  context: ReadContext,
): Promise<TableRecord[]> {
  const list = await sourceJson(path, context)
  if (!Array.isArray(list)) throw badSource(path, 'it must be a list of records')
  return list.map((value: unknown, index) =>
    jsonRecord(value, columns, { path, place: `record ${index}` }),
  )
}

async function* lineRecords(
  path: string,
  columns: readonly string[],
  context: ReadContext,
): AsyncGenerator<TableRecord[]> {
  let line = 0
  for await (const lines of sourceLines(path, context)) {
    const records: TableRecord[] = []
    for (const text of lines) {
      line += 1
      const place = `line ${line}`
      if (text !== '')
        records.push(jsonRecord(parseLine(text, path, place), columns, { path, place }))
    }
    yield records
  }
}

interface RecordPlace {
  readonly path: string
  readonly place: string
}

function jsonRecord(
  value: unknown,
  columns: readonly string[],
  { path, place }: RecordPlace,
): TableRecord {
  if (!isObject(value)) throw badSource(path, `${place} must be an object, but is ${shown(value)}`)
  const cells = columns.map((column): Cell => {
    const found = lookUp(value, column)
    if (found === undefined || found === null) return null
    if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean') {
      return found
    }
    throw badSource(path, `${place} must have one value ${column}, but has ${shown(found)}`)
  })
  return { place, cells }
}

/** A key as it is written, or a way of keys with dots between. */
function lookUp(value: object, column: string): unknown {
  if (Object.hasOwn(value, column)) return Reflect.get(value, column)
  let found: unknown = value
  for (const key of column.split('.')) {
    if (!isObject(found) || !Object.hasOwn(found, key)) return undefined
    found = Reflect.get(found, key)
  }
  return found
}

function parseLine(text: string, path: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badSource(path, `${place} must be JSON, but is ${shown(text)}`, cause)
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
