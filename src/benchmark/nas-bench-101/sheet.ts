/** The compact sheet of NAS-Bench-101: every cell's mean test accuracy after 108 epochs. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { SearchSpace } from '#src/space/space.ts'
import type { ImportContext, ImportedTable } from '../benchmark.ts'
import { type CsvRow, csvRows, decimal } from '../csv.ts'
import { atPlace, badSource, isFile } from '../source-file.ts'
import { type TableBuilder, tableBuilder } from '../table-builder.ts'
import { sheetCellText } from './cell-text.ts'
import { dataset, describe101 } from './description.ts'

const columns = ['vertices', 'adjacency', 'ops', 'params', 'test_correct'] as const

/** Test images that a network is asked for, and repeats: the sum of right answers is out of both. */
const shares = { divisor: 9984 * 3, rounded: false }

const place = { dataset, epochs: 108, repeat: null } as const

const words = {
  summary: 'All 423,624 cells: mean test accuracy over three trainings of 108 epochs on CIFAR-10',
  notes: [
    'A test-only table: it has no validation accuracy, no training times, no other budgets and no single repeats.',
    'Accuracies are shares of the 9,984 test images that the benchmark evaluates.',
  ],
}

/** The file of cells, given itself or by its folder; null where it is neither. */
export async function findSheet101(path: string): Promise<string | null> {
  if (/^cells\.csv(\.gz)?$/.test(basename(path))) return path
  for (const name of ['cells.csv.gz', 'cells.csv']) {
    const file = join(path, name)
    if ((await isFile(file)) && (await isFile(join(path, 'hashes.bin')))) return file
  }
  return null
}

/**
 * @remarks The graph hash of every cell is worked out and compared with `hashes.bin` beside the sheet.
 * @throws benchmark/invalid
 */
export async function readSheet101(path: string, context: ImportContext): Promise<ImportedTable> {
  const hashes = await readHashes(join(dirname(path), 'hashes.bin'))
  const space = context.createSpace('nas-bench-101')
  const table = tableBuilder(describe101(words), { shares })
  for await (const rows of csvRows(path, columns, context)) {
    for (const row of rows) {
      atPlace(path, `line ${row.line}`, () => addRow(row, { path, hashes, space, table }))
    }
  }
  if (table.rowCount * 16 !== hashes.length) {
    throw badSource(
      path,
      `it must have a cell for each of the ${hashes.length / 16} hashes beside it, but has ${table.rowCount}`,
    )
  }
  return table
}

interface Reading {
  readonly path: string
  readonly hashes: Buffer
  readonly space: SearchSpace
  readonly table: TableBuilder
}

function addRow({ line, values }: CsvRow, { path, hashes, space, table }: Reading): void {
  const [vertices = '', adjacency = '', digits = '', parameterCount = '', correct = ''] = values
  const text = sheetCellText(decimal(vertices), decimal(adjacency), digits)
  const hash = space.canonical(space.parse(text))
  // The header is the first line, so that the first cell is in the second.
  const published = hashes.toString('hex', 16 * (line - 2), 16 * (line - 1))
  if (hash !== published) {
    throw badSource(
      path,
      `the cell ${text} must have the hash ${published || 'of a row of hashes.bin, which ends before'}, but has ${hash}`,
    )
  }
  const row = table.row(hash, text)
  table.measure(row, place, { testAccuracy: decimal(correct) / shares.divisor })
  table.size(row, dataset, 'parameterCount', decimal(parameterCount))
}

async function readHashes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw badSource(path, 'the hashes of the cells must be beside them, but cannot be read', cause)
  }
}
