/** Gathers a table row by row, in whatever order its source has, and writes the compact file. */
import { ArchloomError } from '#src/errors.ts'
import { type ImportedTable, type TableMetric, tableMetrics } from './benchmark.ts'
import { type ColumnDraft, type CountedShares, columnDraft } from './column.ts'
import type { TableCount, TableDescription } from './compact-format.ts'
import { type CompactWriter, createCompactFile } from './compact-writer.ts'
import { keyIndex, rowKey } from './row-key.ts'
import { textList } from './text-list.ts'

/** The end of one training, or a point within it. */
export interface MeasuredPlace {
  readonly dataset: string
  readonly epochs: number
  /** After which it was measured; `epochs` by default. */
  readonly epoch?: number
  /** Zero-based; null for a mean without its repeats. */
  readonly repeat: number | null
}

export type MeasuredMetrics = Readonly<Partial<Record<TableMetric, number>>>

export interface TableBuilder extends ImportedTable {
  /**
   * The row of an architecture; a new one for a new key.
   *
   * @param key - canonical or text form, as the description's `rowOf` has it
   * @throws benchmark/invalid when the key stands for another architecture already
   */
  row(key: string, architecture: string): number
  /** @throws benchmark/invalid for a number that is not finite, a share outside 0 to 1, one that is there already */
  measure(row: number, place: MeasuredPlace, metrics: MeasuredMetrics): void
  /** As it was given with the row's key. */
  architecture(row: number): string
  /** NaN where it was not measured. */
  measured(row: number, place: MeasuredPlace, metric: TableMetric): number
  /** @throws benchmark/invalid unless it is a whole number, and the same as before where there is one */
  size(row: number, dataset: string, count: TableCount, value: number): void
  /** The number of a row's next repeat, where the source does not number them: 0, 1, … */
  nextRepeat(row: number, dataset: string, epochs: number): number
}

export interface BuilderOptions {
  /** How the source counted accuracies, so that they take two bytes. */
  readonly shares?: CountedShares
}

export function tableBuilder(
  description: TableDescription,
  { shares }: BuilderOptions = {},
): TableBuilder {
  const index = keyIndex()
  const texts = textList()
  /** In the order in which they came up. */
  const metrics: MetricDraft[] = []
  const sizes = new Map<string, SizeDraft>()
  const repeats = new Map<string, number[]>()
  const columnsAt = new Map<string, Partial<Record<TableMetric, ColumnDraft>>>()
  const columnsOf = ({ dataset, epochs, epoch = epochs, repeat }: MeasuredPlace) => {
    const key = `${repeat} ${epoch} ${epochs} ${dataset}`
    const known = columnsAt.get(key)
    if (known !== undefined) return known
    const columns: Partial<Record<TableMetric, ColumnDraft>> = {}
    columnsAt.set(key, columns)
    return columns
  }
  const newColumn = (place: MeasuredPlace, metric: TableMetric) => {
    const { dataset, epochs, epoch = epochs, repeat } = place
    const column = columnDraft(metric === 'trainSeconds' ? undefined : shares)
    metrics.push({ place: { dataset, epochs, epoch, repeat }, metric, column })
    return column
  }
  return {
    name: description.name,
    get rowCount() {
      return index.rowCount
    },
    row(key, architecture) {
      const digest = rowKey(key)
      const known = index.find(digest)
      if (known < 0) {
        texts.add(architecture)
        return index.add(digest)
      }
      if (!texts.isAt(known, architecture)) refuseOther(key, architecture, texts.at(known))
      return known
    },
    measure(row, place, values) {
      const columns = columnsOf(place)
      for (const metric of tableMetrics) {
        const value = values[metric]
        if (value === undefined) continue
        checkNumber(metric, value, texts.at, row)
        const column = columns[metric] ?? newColumn(place, metric)
        columns[metric] = column
        if (!Number.isNaN(column.at(row))) refuseTwice(metric, place, texts.at(row))
        column.set(row, value)
      }
    },
    architecture: texts.at,
    measured: (row, place, metric) => columnsOf(place)[metric]?.at(row) ?? Number.NaN,
    size(row, dataset, count, value) {
      const key = `${count} ${dataset}`
      const draft = sizes.get(key) ?? { dataset, count, column: columnDraft() }
      sizes.set(key, draft)
      const known = draft.column.at(row)
      checkSize(count, value, known, texts.at(row))
      if (Number.isNaN(known)) draft.column.set(row, value)
    },
    nextRepeat(row, dataset, epochs) {
      const key = `${epochs} ${dataset}`
      const counts = repeats.get(key) ?? []
      repeats.set(key, counts)
      const next = counts[row] ?? 0
      counts[row] = next + 1
      return next
    },
    finish(path, name = description.name) {
      if (index.rowCount === 0) {
        throw new ArchloomError(
          'benchmark/invalid',
          `Nothing was found to make the benchmark ${description.name} of; give a file that has results`,
        )
      }
      using file = createCompactFile(path)
      writeKeys(file, index.sorted())
      for (const draft of metrics) writeMetric(file, draft, index.rowCount)
      for (const draft of sizes.values()) writeSize(file, draft, index.rowCount)
      const { bytes, ends } = texts.finish()
      file.add({ role: 'architectures' }, { type: 'u8' }, bytes)
      file.add({ role: 'architecture-ends' }, { type: 'u32' }, bytesOf(ends))
      return file.finish({ ...description, name }, index.rowCount)
    },
  }
}

interface MetricDraft {
  readonly place: Required<MeasuredPlace>
  readonly metric: TableMetric
  readonly column: ColumnDraft
}

interface SizeDraft {
  readonly dataset: string
  readonly count: TableCount
  readonly column: ColumnDraft
}

function writeKeys(
  file: CompactWriter,
  { keys, rows }: { readonly keys: Buffer; readonly rows: Uint32Array },
): void {
  file.add({ role: 'keys' }, { type: 'u8' }, keys)
  if (rows.every((row, position) => row === position)) return
  file.add({ role: 'key-rows' }, { type: 'u32' }, bytesOf(rows))
}

function writeMetric(
  file: CompactWriter,
  { place, metric, column }: MetricDraft,
  rowCount: number,
): void {
  const { encoding, bytes, missingCount } = column.finish(rowCount)
  file.add({ role: 'metric', ...place, metric, missingCount }, encoding, bytes)
}

function writeSize(
  file: CompactWriter,
  { dataset, count, column }: SizeDraft,
  rowCount: number,
): void {
  const { encoding, bytes } = column.finish(rowCount)
  file.add({ role: 'count', dataset, count }, encoding, bytes)
}

function bytesOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

function checkNumber(
  metric: TableMetric,
  value: number,
  textAt: (row: number) => string,
  row: number,
): void {
  const isShare = metric !== 'trainSeconds'
  if (Number.isFinite(value) && value >= 0 && (!isShare || value <= 1)) return
  const expected = isShare ? 'a share from 0 to 1' : 'a number of seconds from 0 on'
  throw new ArchloomError(
    'benchmark/invalid',
    `The ${metric} of ${textAt(row)} must be ${expected}, but is ${value}`,
    { details: { metric, found: String(value) } },
  )
}

function checkSize(count: TableCount, value: number, known: number, text: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new ArchloomError(
      'benchmark/invalid',
      `The ${count} of ${text} must be a whole number, but is ${value}`,
    )
  }
  if (Number.isNaN(known) || known === value) return
  throw new ArchloomError(
    'benchmark/invalid',
    `The ${count} of ${text} must be the same everywhere, but is ${known} and ${value}`,
  )
}

function refuseTwice(metric: TableMetric, place: MeasuredPlace, text: string): never {
  const { dataset, epochs, epoch = epochs, repeat } = place
  const which = repeat === null ? '' : `, repeat ${repeat}`
  throw new ArchloomError(
    'benchmark/invalid',
    `The ${metric} of ${text} on ${dataset} after ${epoch} of ${epochs} epochs${which} must be there once, but is there twice`,
    { details: { metric, architecture: text, ...place } },
  )
}

function refuseOther(key: string, architecture: string, known: string): never {
  throw new ArchloomError(
    'benchmark/invalid',
    `One row needs one architecture, but ${key} is ${known} and ${architecture}`,
    { details: { key, architectures: [known, architecture] } },
  )
}
