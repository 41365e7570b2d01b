/**
 * Opening a table of the size of the whole NAS-Bench-101: all 423,624 cells, four budgets, three
 * repeats, half-way and at the end, with made-up numbers. Making it takes two minutes; it is then
 * opened, searched and asked in a process of its own.
 *
 * `node bench/benchmark-open.ts [file.bench]` prints one JSON document; a NAS-Bench-101 file that is
 * given is measured instead.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sheetCellText } from '#src/benchmark/nas-bench-101/cell-text.ts'
import { describe101 } from '#src/benchmark/nas-bench-101/description.ts'
import { openBenchmark } from '#src/benchmark/open-benchmark.ts'
import { tableBuilder } from '#src/benchmark/table-builder.ts'
import { Random } from '#src/random/random.ts'
import { cellOperations } from '#src/space/nas-bench-101/cell.ts'
import { enumerateCells } from '#src/space/nas-bench-101/enumerate.ts'
import { createCellHasher } from '#src/space/nas-bench-101/hash/hasher.ts'
import { nasBench101Entry } from '#src/space/nas-bench-101/nas-bench-101.ts'

export interface OpenReport {
  readonly rows: number
  readonly fileBytes: number
  readonly openMilliseconds: number
  /** Memory that opening added, heap and buffers. */
  readonly openBytes: number
  /** The same with accuracies and times of every budget and repeat read. */
  readonly searchBytes: number
  /** Of a cell that comes for the first time: parsed, hashed, found. */
  readonly firstFindMicroseconds: number
  readonly findMicroseconds: number
  /** One number; its columns were read before. */
  readonly metricMicroseconds: number
}

const lookUps = 20_000
const dataset = 'cifar10'
const child = '--measure'

function makeTable(path: string): void {
  const table = tableBuilder(describe101({ summary: 'Made-up numbers', notes: [] }), {
    shares: { divisor: 9984, rounded: true },
  })
  const hasher = createCellHasher()
  const random = Random.named('0', 'numbers')
  const places = [4, 12, 36, 108].flatMap((epochs) =>
    [0, 1, 2].flatMap((repeat) =>
      [epochs / 2, epochs].map((epoch) => ({ dataset, epochs, epoch, repeat })),
    ),
  )
  const share = () => Math.fround(random.int(9985) / 9984)
  for (const cell of enumerateCells(7)) {
    const digits = cell.operations.map((operation) => cellOperations.indexOf(operation)).join('')
    const text = sheetCellText(cell.operations.length + 2, cell.adjacency, digits)
    const row = table.row(hasher.hash(cell), text)
    for (const place of places) {
      const accuracies = { trainAccuracy: share(), valAccuracy: share(), testAccuracy: share() }
      table.measure(row, place, { ...accuracies, trainSeconds: Math.fround(2000 * share()) })
    }
    table.size(row, dataset, 'parameterCount', random.int(50_000_000))
  }
  table.finish(path)
}

function measure(path: string): OpenReport {
  const before = memory()
  const startMs = performance.now()
  using benchmark = openBenchmark(path)
  const openMilliseconds = performance.now() - startMs
  const openBytes = memory() - before
  const { budgets = [] } = benchmark.datasets[0] ?? {}
  for (const { epochs, metrics } of budgets) {
    for (const metric of metrics) benchmark.repeats(0, metric, { dataset, epochs })
  }
  const searchBytes = memory() - before
  const space = nasBench101Entry.create(nasBench101Entry.settings.parse({}))
  const rows = Array.from({ length: lookUps }, (_, index) => (index * 7919) % benchmark.rowCount)
  const texts = rows.map((row) => benchmark.architecture(row))
  const find = () => {
    for (const text of texts) benchmark.find(space, text)
  }
  const { epochs = 0, repeatCount = 0 } = budgets.at(-1) ?? {}
  const repeat = repeatCount === 0 ? 'mean' : 'random'
  const ask = () => {
    for (const [index, row] of rows.entries()) {
      benchmark.metric(row, 'testAccuracy', { dataset, epochs, repeat }, `${index}`)
    }
  }
  const firstFindMicroseconds = microseconds(find)
  const findMicroseconds = microseconds(find)
  ask()
  return {
    rows: benchmark.rowCount,
    fileBytes: statSync(path).size,
    openMilliseconds,
    openBytes,
    searchBytes,
    firstFindMicroseconds,
    findMicroseconds,
    metricMicroseconds: microseconds(ask),
  }
}

/** Of one look-up. */
function microseconds(run: () => void): number {
  const startMs = performance.now()
  run()
  return ((performance.now() - startMs) / lookUps) * 1000
}

function memory(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function measureApart(path: string): void {
  const own = import.meta.filename
  spawnSync(process.execPath, ['--expose-gc', own, child, path], { stdio: 'inherit' })
}

const [first, second = ''] = process.argv.slice(2)
if (first === child) console.log(JSON.stringify(measure(second), null, 2))
else if (first !== undefined) measureApart(first)
else {
  const folder = mkdtempSync(join(tmpdir(), 'archloom-benchmark-'))
  try {
    const path = join(folder, 'made-up.bench')
    makeTable(path)
    measureApart(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
