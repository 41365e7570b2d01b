/** A benchmark on a compact file. */
import { canonicalJson, type Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Benchmark, RepeatChoice, TableMetric, TablePlace } from './benchmark.ts'
import type { ColumnValues } from './column.ts'
import type { AnsweredSpace, TableColumn, TableCount } from './compact-format.ts'
import { type CompactFile, openCompactFile } from './compact-reader.ts'
import { type MetricColumn, measuredDatasets, type RefusedPlace, refuseMetric } from './measured.ts'
import { keyFinder, rowKey } from './row-key.ts'

/** Rows remembered by text form for each space, so that a text that comes again is not parsed. */
const rememberedLimit = 65_536

/**
 * Opens a compact file.
 *
 * @remarks
 * Reads its header and its keys, other columns when they are first asked for; each is checked against
 * its hash once. The file may be replaced meanwhile: what was opened stays as it is.
 *
 * @throws benchmark/not-found, benchmark/invalid
 */
export function openCompactBenchmark(path: string): Benchmark {
  const file = openCompactFile(path)
  try {
    return compactBenchmark(file)
  } catch (error) {
    file[Symbol.dispose]()
    throw error
  }
}

function compactBenchmark(file: CompactFile): Benchmark {
  const { description, rowCount, columns } = file.header
  const { name, answers, rowOf } = description
  const datasets = measuredDatasets(columns)
  const findRow = rowFinder(file)
  const remembered = new WeakMap<SearchSpace, Map<string, number>>()
  const metricColumns = metricReader(file)
  const architecture = textReader(file)
  const misfit = (space: SearchSpace) => misfitOf(answers, space)
  const rowsOf = (space: SearchSpace) => {
    const known = remembered.get(space)
    if (known !== undefined && known.size < rememberedLimit) return known
    const reason = known === undefined ? misfit(space) : null
    if (reason !== null) refuseSpace(name, space, reason)
    const made = new Map<string, number>()
    remembered.set(space, made)
    return made
  }
  const refuse = (row: number, metric: TableMetric, place: RefusedPlace) =>
    refuseMetric({ name, datasets, architecture: architecture(row) }, metric, place)
  return {
    ...description,
    contentHash: file.contentHash,
    rowCount,
    datasets,
    misfit,
    find(space, text) {
      const rows = rowsOf(space)
      const known = rows.get(text)
      if (known !== undefined) return known
      const parsed = space.parse(text)
      const row = findRow(rowKey(rowOf === 'text' ? text : space.canonical(parsed)))
      if (row < 0) refuseEntry(name, space, text)
      rows.set(text, row)
      return row
    },
    repeats(row, metric, place) {
      const found = metricColumns(metric, place)
      const values = found === undefined ? [] : measuredAt(found, row)
      return values.length > 0 ? values : refuse(row, metric, place)
    },
    metric(row, metric, place, seed) {
      const found = metricColumns(metric, place)
      const value = found === undefined ? Number.NaN : valueAt(found, row, place.repeat, seed)
      return Number.isNaN(value) ? refuse(row, metric, place) : value
    },
    parameterCount: countReader(file, 'parameterCount'),
    multiplyAdds: countReader(file, 'multiplyAdds'),
    architecture,
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}

/** The row of a key, or -1. */
function rowFinder(file: CompactFile): (key: Buffer) => number {
  const position = keyFinder(file.bytes(columnOf(file, 'keys')))
  const order = file.header.columns.find(({ role }) => role === 'key-rows')
  const rows = order && file.values(order)
  return (key) => {
    const found = position(key)
    return found < 0 || rows === undefined ? found : rows(found)
  }
}

interface MeasuredColumns {
  /** The repeats in order, or the mean alone. */
  readonly repeats: readonly ColumnValues[]
  readonly isMean: boolean
}

/** The columns of a metric at a place, whatever the repeat. */
function metricReader(file: CompactFile) {
  const places = new Map<string, readonly MetricColumn[]>()
  for (const column of file.header.columns) {
    if (column.role !== 'metric') continue
    const key = placeKey(column.metric, column)
    places.set(key, [...(places.get(key) ?? []), column])
  }
  const read = new Map<string, MeasuredColumns>()
  return (metric: TableMetric, { dataset, epochs, epoch = epochs }: Omit<TablePlace, 'repeat'>) => {
    const key = placeKey(metric, { dataset, epochs, epoch })
    const known = read.get(key)
    if (known !== undefined) return known
    const columns = places.get(key)
    if (columns === undefined) return undefined
    const made = {
      repeats: columns.map((column) => file.values(column)),
      isMean: columns[0]?.repeat === null,
    }
    read.set(key, made)
    return made
  }
}

function placeKey(
  metric: TableMetric,
  { dataset, epochs, epoch }: Pick<MetricColumn, 'dataset' | 'epochs' | 'epoch'>,
): string {
  return `${metric} ${epoch} ${epochs} ${dataset}`
}

function countReader(file: CompactFile, count: TableCount) {
  const columns = new Map(
    file.header.columns.flatMap((column) =>
      column.role === 'count' && column.count === count ? [[column.dataset, column] as const] : [],
    ),
  )
  return (row: number, dataset: string) => {
    const column = columns.get(dataset)
    const value = column === undefined ? Number.NaN : file.values(column)(row)
    return Number.isNaN(value) ? null : value
  }
}

function textReader(file: CompactFile): (row: number) => string {
  let read: { readonly texts: Buffer; readonly ends: ColumnValues } | null = null
  return (row) => {
    read ??= {
      texts: file.bytes(columnOf(file, 'architectures')),
      ends: file.values(columnOf(file, 'architecture-ends')),
    }
    const { texts, ends } = read
    return texts.toString('utf8', row === 0 ? 0 : ends(row - 1), ends(row))
  }
}

function columnOf({ header, path }: CompactFile, role: TableColumn['role']): TableColumn {
  const column = header.columns.find((one) => one.role === role)
  if (column !== undefined) return column
  throw new ArchloomError(
    'benchmark/invalid',
    `The benchmark file ${path} has no column ${role}; import the benchmark again`,
  )
}

/** NaN where there is no such repeat. */
function valueAt(columns: MeasuredColumns, row: number, repeat: RepeatChoice, seed: string) {
  if (repeat === 'mean') return meanAt(columns, row)
  if (columns.isMean) return Number.NaN
  if (repeat !== 'random') return columns.repeats[repeat]?.(row) ?? Number.NaN
  const values = measuredAt(columns, row)
  // The draw does not depend on the metric: all metrics of a seed are of one training.
  const drawn = values.length < 2 ? 0 : Random.named(seed, 'repeat').int(values.length)
  return values[drawn] ?? Number.NaN
}

function measuredAt({ repeats }: MeasuredColumns, row: number): readonly number[] {
  return repeats.map((at) => at(row)).filter((value) => !Number.isNaN(value))
}

/** NaN of none. */
function meanAt({ repeats }: MeasuredColumns, row: number): number {
  let sum = 0
  let count = 0
  for (const at of repeats) {
    const value = at(row)
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  return sum / count
}

function misfitOf(answers: readonly AnsweredSpace[], space: SearchSpace): string | null {
  const answer = answers.find(({ name }) => name === space.name)
  if (answer === undefined) {
    return `it holds results of ${answers.map(({ name }) => name).join(' and ')}, not of ${space.name}`
  }
  for (const [key, expected] of Object.entries(answer.settings)) {
    const found = settingOf(space, key)
    if (canonicalJson(found) !== canonicalJson(expected)) {
      return differenceWords(key, expected, found)
    }
  }
  for (const [key, most] of Object.entries(answer.atMost)) {
    const found = Number(settingOf(space, key))
    if (!(found <= most)) return `its ${key} is at most ${most}, the space has ${found}`
  }
  return null
}

/** Long lists, such as those of parameters, are told apart by their first entries that differ. */
function differenceWords(key: string, expected: Json, found: Json): string {
  const [one, other] = [JSON.stringify(expected), JSON.stringify(found)]
  if (one.length <= 60 && other.length <= 60) {
    return `its networks have ${key} ${one}, the space has ${other}`
  }
  const advice = `take the ${key} that the table was imported with`
  if (!Array.isArray(expected) || !Array.isArray(found)) {
    return `its ${key} must be ${clipped(expected)}, found ${clipped(found)}; ${advice}`
  }
  const differing = found.findIndex(
    (entry, at) => canonicalJson(entry) !== canonicalJson(expected[at] ?? null),
  )
  const at = differing < 0 ? found.length : differing
  return `its ${key}[${at}] must be ${clipped(expected[at])}, found ${clipped(found[at])}; ${advice}`
}

/** Short enough for a sentence. */
function clipped(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function settingOf({ settings }: SearchSpace, key: string): Json {
  const value = settings !== null && typeof settings === 'object' && Object.entries(settings)
  return (value || []).find(([name]) => name === key)?.[1] ?? null
}

function refuseSpace(name: string, space: SearchSpace, reason: string): never {
  throw new ArchloomError(
    'benchmark/no-entry',
    `The benchmark ${name} does not answer for the space ${space.name}: ${reason}`,
    { details: { benchmark: name, space: space.name, settings: space.settings } },
  )
}

function refuseEntry(name: string, space: SearchSpace, architecture: string): never {
  throw new ArchloomError(
    'benchmark/no-entry',
    `The benchmark ${name} has no result of the ${space.name} architecture ${architecture}; ask for one that it was made of`,
    { details: { benchmark: name, space: space.name, architecture } },
  )
}
