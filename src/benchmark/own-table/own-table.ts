/** Tables that no reader was written for: CSV or JSON, with a description of its columns. */
import { dirname, resolve } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { BenchmarkFormat, ImportContext, ImportedTable, TableMetric } from '../benchmark.ts'
import type { TableDescription } from '../compact-format.ts'
import { atPlace } from '../source-file.ts'
import { type MeasuredPlace, type TableBuilder, tableBuilder } from '../table-builder.ts'
import { architectureReader } from './architectures.ts'
import {
  countOf,
  type OwnTable,
  readDescription,
  secondsOf,
  shareOf,
  spaceSettings,
} from './description.ts'
import { type Cell, tableRecords } from './records.ts'

export const ownTable: BenchmarkFormat = {
  name: 'table',
  summary: 'a YAML description of any CSV or JSON table beside it; docs/benchmarks/your-own.md',
  source: 'the description says it',
  recognizes: async (path) => /\.ya?ml$/.test(path),
  async read(path, context) {
    const description = await readDescription(path)
    const table = resolve(dirname(path), description.table)
    return readOwnTable(table, description, context)
  },
}

async function readOwnTable(
  path: string,
  description: OwnTable,
  context: ImportContext,
): Promise<ImportedTable> {
  const space = context.createSpace(description.space.name, spaceSettings(description))
  const architectures = architectureReader(space, description)
  const table = tableBuilder(describeOwn(description, space))
  const columns = [...new Set([...architectures.columns, ...columnsOf(description)])]
  const repeats = new Map<string, number>()
  for await (const records of tableRecords(path, columns, context)) {
    for (const { place, cells } of records) {
      atPlace(path, place, () => {
        const cell = (column: string) => cells[columns.indexOf(column)] ?? null
        const { text, canonical } = architectures.read(architectures.columns.map(cell))
        const row = table.row(description.rowOf === 'text' ? text : canonical, text)
        addRecord(row, { description, table, repeats, cell })
      })
    }
  }
  return table
}

interface Reading {
  readonly description: OwnTable
  readonly table: TableBuilder
  /** The number of each repeat that was met. */
  readonly repeats: Map<string, number>
  readonly cell: (column: string) => Cell
}

function addRecord(row: number, reading: Reading): void {
  const { description, table, cell } = reading
  const { seconds, parameterCount, multiplyAdds } = description
  const place = placeOf(row, reading)
  for (const [metric, value] of accuraciesOf(reading))
    table.measure(row, place, { [metric]: value })
  const time = seconds && numberIn(cell(seconds.column), seconds.column)
  if (seconds && time !== null && time !== undefined) {
    addSeconds(table, row, place, secondsOf(time, seconds.unit))
  }
  for (const [count, source] of Object.entries({ parameterCount, multiplyAdds })) {
    const value = source && numberIn(cell(source.column), source.column)
    if (source === undefined || value === null || value === undefined) continue
    const name = count === 'parameterCount' ? 'parameterCount' : 'multiplyAdds'
    table.size(row, place.dataset, name, countOf(value, source.unit))
  }
}

/** Records of different splits are of one training and may each give its time. */
function addSeconds(table: TableBuilder, row: number, place: MeasuredPlace, seconds: number): void {
  if (table.measured(row, place, 'trainSeconds') === seconds) return
  table.measure(row, place, { trainSeconds: seconds })
}

/** The accuracies of a record that are there. */
function accuraciesOf({ description, cell }: Reading): readonly (readonly [TableMetric, number])[] {
  const { split, accuracy, train, validation, test } = description
  const sources =
    split !== undefined && accuracy !== undefined
      ? ([[metricOfSplit(split, cell(split.column)), accuracy]] as const)
      : ([
          ['trainAccuracy', train],
          ['valAccuracy', validation],
          ['testAccuracy', test],
        ] as const)
  return sources.flatMap(([metric, source]) => {
    const value = source && numberIn(cell(source.column), source.column)
    if (metric === null || source === undefined || value === null || value === undefined) return []
    return [[metric, shareOf(value, source.unit)] as const]
  })
}

function metricOfSplit(split: NonNullable<OwnTable['split']>, cell: Cell): TableMetric | null {
  const found = String(cell ?? '')
  if (found === split.train) return 'trainAccuracy'
  if (found === split.validation) return 'valAccuracy'
  return found === split.test ? 'testAccuracy' : null
}

function placeOf(row: number, { description, table, repeats, cell }: Reading): MeasuredPlace {
  const { repeat } = description
  const dataset =
    'value' in description.dataset
      ? description.dataset.value
      : String(cell(description.dataset.column) ?? '')
  if (dataset === '') refuseCell('a name', 'dataset', null)
  const epochs = epochsIn(description.epochs, cell)
  const epoch = description.epoch === undefined ? epochs : epochsIn(description.epoch, cell)
  if (epoch > epochs) refuseCell(`at most the ${epochs} epochs of the training`, 'epoch', epoch)
  if (repeat === undefined || repeat === 'mean') {
    return { dataset, epochs, epoch, repeat: repeat === 'mean' ? null : 0 }
  }
  const key = JSON.stringify([row, dataset, epochs, cell(repeat.column)])
  const number = repeats.get(key) ?? table.nextRepeat(row, dataset, epochs)
  repeats.set(key, number)
  return { dataset, epochs, epoch, repeat: number }
}

function epochsIn(source: OwnTable['epochs'], cell: (column: string) => Cell): number {
  if ('value' in source) return source.value
  const found = cell(source.column)
  const epochs = numberIn(found, source.column)
  if (epochs !== null && Number.isInteger(epochs) && epochs > 0) return epochs
  return refuseCell('a whole number of epochs from 1 on', source.column, found)
}

/** Null for an empty cell: nothing was measured. */
function numberIn(cell: Cell, column: string): number | null {
  if (cell === null) return null
  const value = typeof cell === 'string' && /^\s*[-+.\d]/.test(cell) ? Number(cell) : cell
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return refuseCell('a finite number, or nothing where nothing was measured', column, cell)
}

function columnsOf(description: OwnTable): readonly string[] {
  const { dataset, epochs, epoch, repeat, train, validation, test, split, accuracy } = description
  const { seconds, parameterCount, multiplyAdds } = description
  return [
    dataset,
    epochs,
    epoch,
    repeat,
    train,
    validation,
    test,
    split,
    accuracy,
    seconds,
    parameterCount,
    multiplyAdds,
  ].flatMap((source) => (typeof source === 'object' && 'column' in source ? [source.column] : []))
}

function describeOwn(description: OwnTable, space: SearchSpace): TableDescription {
  const { name, summary, source, notes, anySettings, rowOf } = description
  const settings = Object.entries(space.settings ?? {}).filter(
    ([key]) => !anySettings.includes(key),
  )
  return {
    name,
    summary: summary || `A table of ${space.name}`,
    source,
    notes,
    space: { name: space.name, settings: Object.fromEntries(settings) },
    answers: [{ name: space.name, settings: Object.fromEntries(settings), atMost: {} }],
    rowOf,
  }
}

function refuseCell(expected: string, column: string, found: Cell): never {
  throw new ArchloomError(
    'benchmark/invalid',
    `The column ${column} must have ${expected}, but has ${found === null ? 'nothing' : JSON.stringify(found)}`,
    { details: { column, expected, found } },
  )
}
