/** The compact sheet of NAS-Bench-101: every cell's mean test accuracy after 108 epochs. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { ImportContext, ImportedTable } from '../benchmark.ts'
import { type CsvRow, csvRows, decimal } from '../csv.ts'
import { atPlace, badSource, checkWhole, isFile } from '../source-file.ts'
import { type TableBuilder, tableBuilder } from '../table-builder.ts'
import { sheetCellText } from './cell-text.ts'
import { dataset, describe101 } from './description.ts'

const columns = ['vertices', 'adjacency', 'ops', 'params', 'test_correct'] as const

/** Test images that a network is asked for, and repeats: the sum of right answers is out of both. */
const shares = { divisor: 9984 * 3, rounded: false }

/** Of the hash of one cell. */
const hashBytes = 16

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
      atPlace(path, `line ${row.line}`, () => addRow(row, { hashes, space, table }))
    }
  }
  checkWhole(path, table.rowCount, BigInt(hashes.length / hashBytes), 'cells of hashes.bin')
  return table
}

interface Reading {
  readonly hashes: Buffer
  readonly space: SearchSpace
  readonly table: TableBuilder
}

function addRow({ line, values }: CsvRow, { hashes, space, table }: Reading): void {
  const [vertices = '', adjacency = '', digits = '', parameterCount = '', correct = ''] = values
  const text = sheetCellText(decimal(vertices), decimal(adjacency), digits)
  const hash = space.canonical(space.parse(text))
  // The header is the first line, so that the first cell is in the second.
  const published = hashes.toString('hex', hashBytes * (line - 2), hashBytes * (line - 1))
  if (hash !== published) {
    throw new ArchloomError(
      'benchmark/invalid',
      published === ''
        ? `The cell ${text} must have its hash in hashes.bin, but that ends after ${hashes.length / hashBytes}; fetch both files again`
        : `The cell ${text} must have the hash ${published}, but has ${hash}`,
    )
  }
  const row = table.row(hash, text)
  table.measure(row, place, { testAccuracy: decimal(correct) / shares.divisor })
  table.size(row, dataset, 'parameterCount', decimal(parameterCount))
}

async function readHashes(path: string): Promise<Buffer> {
  const hashes = await readFile(path).catch((cause: unknown) => {
    throw badSource(path, 'the hashes of the cells must be beside them, but cannot be read', cause)
  })
  if (hashes.length % hashBytes === 0) return hashes
  throw badSource(
    path,
    `it must have ${hashBytes} bytes for each cell, but the last one has ${hashes.length % hashBytes}; fetch the whole file again`,
  )
}
