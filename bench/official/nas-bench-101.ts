/** `nasbench_full.tfrecord` with made-up numbers: every cell, budget and repeat. */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Benchmark } from '#src/benchmark/benchmark.ts'
import { maskedCrc32c } from '#src/benchmark/nas-bench-101/crc32c.ts'
import { Random } from '#src/random/random.ts'
import { cellOperations, hasEdge, vertexCount } from '#src/space/nas-bench-101/cell.ts'
import { enumerateCells } from '#src/space/nas-bench-101/enumerate.ts'
import { createCellHasher } from '#src/space/nas-bench-101/hash/hasher.ts'
import { nasBench101Entry } from '#src/space/nas-bench-101/nas-bench-101.ts'
import {
  modelMetrics,
  recordRow,
  type WrittenEvaluation,
} from '#test/fixtures/nas-bench-101-records.ts'
import { type OfficialFile, same, type WrittenFile } from './official-file.ts'

const budgets = [4, 12, 36, 108]
const repeats = [0, 1, 2]
const spotCells = 2000
/** Bytes that are gathered before they are written. */
const pageBytes = 8 * 1024 * 1024
const metrics = ['trainAccuracy', 'valAccuracy', 'testAccuracy', 'trainSeconds'] as const

interface StoredCell {
  readonly hash: string
  readonly matrix: string
  readonly labels: string
}

/** Where to damage the file. */
interface Marks {
  /** Of the record in the middle. */
  readonly middle: number
  readonly middleBytes: number
  readonly last: number
}

export const officialNasBench101: OfficialFile = {
  name: 'nas-bench-101',
  async write(folder) {
    const source = join(folder, 'nasbench_full.tfrecord')
    const marksFile = join(folder, 'marks.json')
    const cells = storedCells()
    if (!existsSync(marksFile))
      writeFileSync(marksFile, JSON.stringify(writeRecords(source, cells)))
    const marks: Marks = JSON.parse(readFileSync(marksFile, 'utf8'))
    return {
      source,
      bytes: statSync(source).size,
      records: cells.length * budgets.length * repeats.length,
      faults: faultsOf(source, marks, cells),
    }
  },
  check(benchmark) {
    const space = nasBench101Entry.create(nasBench101Entry.settings.parse({}))
    const cells = storedCells()
    if (benchmark.rowCount !== cells.length) throw new Error(`${benchmark.rowCount} rows`)
    // The first record of each cell is written in this order, so that rows are, too.
    const random = Random.named('0', 'spots')
    let agreed = 0
    for (let spot = 0; spot < spotCells; spot++) {
      const cell = random.int(cells.length)
      const row = rowOf(cell, cells.length)
      const { hash } = cells[cell] as StoredCell
      if (space.canonical(space.parse(benchmark.architecture(row))) !== hash) {
        throw new Error(`Row ${row} is not ${hash}`)
      }
      agreed += checkCell(benchmark, row, cell)
    }
    return agreed
  },
}

function checkCell(benchmark: Benchmark, row: number, cell: number): number {
  let agreed = 1
  same(benchmark.parameterCount(row, 'cifar10') ?? Number.NaN, parametersOf(cell), `size ${row}`)
  for (const epochs of budgets) {
    for (const repeat of repeats) {
      for (const { epoch, train, validation, test, seconds } of evaluations(cell, epochs, repeat)) {
        if (epoch === 0) continue
        const written = [train, validation, test, seconds]
        for (const [index, metric] of metrics.entries()) {
          const place = { dataset: 'cifar10', epochs, epoch, repeat }
          const found = benchmark.metric(row, metric, place, '0')
          same(found, written[index] ?? Number.NaN, `${metric} of row ${row} at ${epoch}/${epochs}`)
          agreed += 1
        }
      }
    }
  }
  return agreed
}

/** At the start, half-way and at the end. */
function evaluations(cell: number, epochs: number, repeat: number): readonly WrittenEvaluation[] {
  return [0, epochs / 2, epochs].map((epoch) => {
    const key = cell * 7919 + epochs * 104729 + repeat * 1299709 + epoch * 611953
    const share = (salt: number) => Math.fround(((key + salt * 15485863) % 9985) / 9984)
    return {
      epoch,
      seconds: Math.fround((key % 4_000_000) / 999),
      train: share(1),
      validation: share(2),
      test: share(3),
    }
  })
}

function parametersOf(cell: number): number {
  return 227_274 + ((cell * 2654435) % 49_000_000)
}

let known: readonly StoredCell[] | undefined

function storedCells(): readonly StoredCell[] {
  if (known !== undefined) return known
  const hasher = createCellHasher()
  known = [...enumerateCells(7)].map((cell) => {
    const vertices = vertexCount(cell)
    const places = Array.from({ length: vertices }, (_, index) => index)
    const bit = (from: number, to: number) => from < to && hasEdge(cell.adjacency, from, to)
    const matrix = places
      .flatMap((from) => places.map((to) => (bit(from, to) ? '1' : '0')))
      .join('')
    const names = cell.operations.map((operation) =>
      operation === cellOperations[2] ? operation : `${operation}-bn-relu`,
    )
    return { hash: hasher.hash(cell), matrix, labels: ['input', ...names, 'output'].join(',') }
  })
  return known
}

/** Scattered: no reader may count on the records of a cell standing together. */
function cellAt(position: number, count: number): number {
  return (position * 7919) % count
}

/** The position at which a cell is written, and so its row. */
function rowOf(cell: number, count: number): number {
  let inverse = 1
  while (cellAt(inverse, count) !== 1) inverse += 1
  return Number((BigInt(cell) * BigInt(inverse)) % BigInt(count))
}

function recordOf(cells: readonly StoredCell[], cell: number, epochs: number, repeat: number) {
  return {
    ...(cells[cell] as StoredCell),
    epochs,
    evaluations: evaluations(cell, epochs, repeat),
    parameterCount: parametersOf(cell),
  }
}

function writeRecords(path: string, cells: readonly StoredCell[]): Marks {
  const file = openSync(path, 'w')
  const middle = Math.floor((cells.length * budgets.length * repeats.length) / 2)
  const marks = { middle: 0, middleBytes: 0, last: 0 }
  let page: Buffer[] = []
  let gathered = 0
  let offset = 0
  let index = 0
  for (const repeat of repeats) {
    for (const epochs of budgets) {
      for (let position = 0; position < cells.length; position++) {
        const cell = cellAt(position, cells.length)
        const bytes = framed(recordRow(recordOf(cells, cell, epochs, repeat)))
        if (index === middle) Object.assign(marks, { middle: offset, middleBytes: bytes.length })
        marks.last = offset
        offset += bytes.length
        gathered += bytes.length
        page.push(bytes)
        index += 1
        if (gathered < pageBytes) continue
        writeSync(file, Buffer.concat(page))
        page = []
        gathered = 0
      }
    }
  }
  writeSync(file, Buffer.concat(page))
  closeSync(file)
  return marks
}

/** As the fixtures of the tests frame a record, with the faster check sum. */
function framed(data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(data.length + 16)
  bytes.writeBigUInt64LE(BigInt(data.length))
  bytes.writeUInt32LE(maskedCrc32c(bytes.subarray(0, 8)), 8)
  data.copy(bytes, 12)
  bytes.writeUInt32LE(maskedCrc32c(data), 12 + data.length)
  return bytes
}

function faultsOf(source: string, marks: Marks, cells: readonly StoredCell[]) {
  const damageAt = (offset: number, change: (bytes: Buffer) => Buffer) => () => {
    const bytes = Buffer.alloc(marks.middleBytes)
    const read = openSync(source, 'r')
    readSync(read, bytes, 0, bytes.length, offset)
    closeSync(read)
    overwrite(source, offset, change(Buffer.from(bytes)))
    return () => overwrite(source, offset, bytes)
  }
  const cutAt = (end: number) => () => {
    const tail = readTail(source, end)
    truncateSync(source, end)
    return () => overwrite(source, end, tail)
  }
  const withoutNumber = () => {
    // The middle of the twelve passes is the first record of the seventh: 36 epochs, repeat 1.
    const record = recordOf(cells, cellAt(0, cells.length), 36, 1)
    const [start, halfway, end] = record.evaluations as [
      WrittenEvaluation,
      WrittenEvaluation,
      WrittenEvaluation,
    ]
    const changed = { ...record, evaluations: [start, halfway, { ...end, validation: Number.NaN }] }
    if (modelMetrics(changed).length !== modelMetrics(record).length)
      throw new Error('Other length')
    return framed(recordRow(changed))
  }
  const faults: WrittenFile['faults'] = [
    {
      name: 'one byte flipped in the middle',
      says: /record 2541744 differs/,
      damage: damageAt(marks.middle, (bytes) => bytes.fill((bytes[100] ?? 0) ^ 1, 100, 101)),
    },
    {
      name: 'an accuracy that is NaN, in the middle',
      says: /record 2541744: The valAccuracy of .* but is NaN/,
      damage: damageAt(marks.middle, withoutNumber),
    },
    {
      name: 'cut in the last record',
      says: /it ends within record 5083487/,
      damage: cutAt(marks.last + 100),
    },
    {
      name: 'cut before the last record',
      says: /3 trainings/,
      damage: cutAt(marks.last),
    },
  ]
  return faults
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
}

function readTail(path: string, from: number): Buffer {
  const bytes = Buffer.alloc(statSync(path).size - from)
  const file = openSync(path, 'r')
  readSync(file, bytes, 0, bytes.length, from)
  closeSync(file)
  return bytes
}
