/** NAS-Bench-Macro: the official JSON file and the compact sheet. */
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { BenchmarkFormat, ImportContext, ImportedTable } from '../benchmark.ts'
import type { TableDescription } from '../compact-format.ts'
import { csvRows, decimal, percentage } from '../csv.ts'
import { atPlace, badSource, checkWhole, sourceJson, startText } from '../source-file.ts'
import { type TableBuilder, tableBuilder } from '../table-builder.ts'

const dataset = 'cifar10'
/** Of every training; the best epoch's accuracy was kept. */
const epochs = 50
/** Networks of other sizes were not trained. */
const network = { blocksPerStage: [2, 3, 3], channels: 32, headChannels: 1280 }
const trainings = [0, 1, 2].map((repeat) => ({ dataset, epochs, repeat }))

/** One code's results; accuracies in percent. */
const OfficialRow = z.looseObject({
  test_acc: z.array(z.number()).length(trainings.length),
  mean_acc: z.number(),
  params: z.number(),
  flops: z.number(),
})
const OfficialFile = z.record(z.string(), z.unknown())

const columns = ['arch', 'test1', 'test2', 'test3', 'mean', 'params', 'flops'] as const

/** A code's results, however they came; accuracies are shares. */
interface MacroRow {
  readonly code: string
  readonly testAccuracies: readonly number[]
  readonly mean: number
  readonly parameterCount: number
  readonly multiplyAdds: number
}

/**
 * @see Su et al. 2021, "Prioritized Architecture Sampling with Monto-Carlo Tree Search" (CVPR);
 *   xiusu/NAS-Bench-Macro, `data/nas-bench-macro_cifar10.json`.
 */
export const nasBenchMacro: BenchmarkFormat = {
  name: 'nas-bench-macro',
  summary: 'nas-bench-macro_cifar10.json, or the compact sheet nas-bench-macro-cifar10.csv.gz',
  source: 'Su et al. 2021, "Prioritized Architecture Sampling with Monto-Carlo Tree Search" (CVPR)',
  async recognizes(path) {
    const start = await startText(path)
    return start.startsWith('arch,test1,test2,test3,') || /^\s*\{\s*"[012]{8}"\s*:/.test(start)
  },
  async read(path, context) {
    const isJson = /^\s*[[{]/.test(await startText(path))
    return isJson ? readOfficial(path, context) : readSheet(path, context)
  },
}

async function readOfficial(path: string, context: ImportContext): Promise<ImportedTable> {
  const file = OfficialFile.safeParse(await sourceJson(path, context))
  if (!file.success) throw badSource(path, 'it must be an object with a code for each result')
  const { space, table } = emptyTable(context)
  for (const [code, value] of Object.entries(file.data)) {
    const row = OfficialRow.safeParse(value)
    if (!row.success) {
      const [issue] = row.error.issues
      const place = [code, ...(issue?.path ?? [])].join('.')
      throw badSource(path, `${place} is wrong: ${issue?.message ?? 'unknown'}`, row.error)
    }
    const { test_acc, mean_acc, params, flops } = row.data
    const testAccuracies = test_acc.map((percent) => percent / 100)
    const read = {
      code,
      testAccuracies,
      mean: mean_acc / 100,
      parameterCount: params,
      multiplyAdds: flops,
    }
    atPlace(path, code, () => addRow(read, space, table))
  }
  return table
}

async function readSheet(path: string, context: ImportContext): Promise<ImportedTable> {
  const { space, table } = emptyTable(context)
  for await (const rows of csvRows(path, columns, context)) {
    for (const { line, values } of rows) {
      const [code = '', first = '', second = '', third = '', mean = '', params = '', flops = ''] =
        values
      const read = {
        code,
        testAccuracies: [first, second, third].map(percentage),
        mean: percentage(mean),
        parameterCount: decimal(params),
        multiplyAdds: decimal(flops),
      }
      atPlace(path, `line ${line}`, () => addRow(read, space, table))
    }
  }
  checkWhole(path, table.rowCount, space.count().value, 'codes')
  return table
}

function emptyTable(context: ImportContext) {
  const space = context.createSpace('nas-bench-macro')
  return { space, table: tableBuilder(describeMacro()) }
}

function describeMacro(): TableDescription {
  return {
    name: 'nas-bench-macro',
    summary: 'All 6,561 codes: test accuracies of three trainings of 50 epochs on CIFAR-10',
    source: nasBenchMacro.source,
    notes: [
      'A test-only table: it has no validation accuracy and no training times.',
      'The source keeps the best epoch by test accuracy.',
      'Codes of one network have rows of their own, with the same numbers: the source trained each network once.',
    ],
    space: { name: 'nas-bench-macro', settings: network },
    answers: [{ name: 'nas-bench-macro', settings: network, atMost: {} }],
    rowOf: 'text',
  }
}

function addRow(read: MacroRow, space: SearchSpace, table: TableBuilder): void {
  space.parse(read.code)
  const row = table.row(read.code, read.code)
  for (const [repeat, testAccuracy] of read.testAccuracies.entries()) {
    const place = trainings[repeat]
    if (place !== undefined) table.measure(row, place, { testAccuracy })
  }
  table.size(row, dataset, 'parameterCount', read.parameterCount)
  table.size(row, dataset, 'multiplyAdds', read.multiplyAdds)
  checkMean(read)
}

/** Both files give the mean as well, in percent to four digits or more. */
function checkMean({ code, testAccuracies, mean }: MacroRow): void {
  const sum = testAccuracies.reduce((total, accuracy) => total + accuracy, 0)
  if (Math.abs(sum / testAccuracies.length - mean) <= 1e-6) return
  throw new ArchloomError(
    'benchmark/invalid',
    `The mean of ${code} must be that of its three accuracies, ${sum / testAccuracies.length}, but is ${mean}`,
  )
}
