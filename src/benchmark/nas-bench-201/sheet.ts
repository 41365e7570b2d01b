/** The compact sheet of NAS-Bench-201: means over repeats at 12 and 200 epochs. */
import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { ImportContext, ImportedTable } from '../benchmark.ts'
import { type CsvRow, csvRows, decimal, percentage } from '../csv.ts'
import { atPlace, checkWhole, startText } from '../source-file.ts'
import { type TableBuilder, tableBuilder } from '../table-builder.ts'
import { type Dataset, describe201 } from './description.ts'

/** A training of the sheet, and the columns that it has of it. */
interface SheetTraining {
  readonly dataset: Dataset
  readonly epochs: number
  readonly valAccuracy?: string
  readonly testAccuracy?: string
  readonly seconds: string
  /** Of the images that the seconds are for. */
  readonly imageShare?: number
}

const trainings: readonly SheetTraining[] = [
  {
    dataset: 'cifar10-valid',
    epochs: 12,
    valAccuracy: 'c10_valid_e12',
    seconds: 'c10_sec_per_epoch',
    // The seconds are for 50,000 images, of which this training sees half.
    imageShare: 0.5,
  },
  { dataset: 'cifar10', epochs: 12, testAccuracy: 'c10_test_e12', seconds: 'c10_sec_per_epoch' },
  { dataset: 'cifar10', epochs: 200, testAccuracy: 'c10_test_e200', seconds: 'c10_sec_per_epoch' },
  ...([12, 200] as const).flatMap((epochs): readonly SheetTraining[] => [
    {
      dataset: 'cifar100',
      epochs,
      valAccuracy: `c100_valid_e${epochs}`,
      testAccuracy: `c100_test_e${epochs}`,
      seconds: 'c10_sec_per_epoch',
    },
    {
      dataset: 'ImageNet16-120',
      epochs,
      valAccuracy: `in16_valid_e${epochs}`,
      testAccuracy: `in16_test_e${epochs}`,
      seconds: 'in16_sec_per_epoch',
    },
  ]),
]

/** The sheet's name of each data set's networks. */
const networks: readonly (readonly [Dataset, string])[] = [
  ['cifar10-valid', 'c10'],
  ['cifar10', 'c10'],
  ['cifar100', 'c100'],
  ['ImageNet16-120', 'in16'],
]

const columns = [
  'arch',
  'canonical',
  ...new Set(
    trainings.flatMap(({ valAccuracy = [], testAccuracy = [], seconds }) =>
      [valAccuracy, testAccuracy, seconds].flat(),
    ),
  ),
  ...new Set(networks.flatMap(([, short]) => [`params_${short}`, `mflops_${short}`])),
]

const words = {
  summary:
    'All 15,625 cells on three data sets: accuracies after 12 and 200 epochs, means over repeats',
  notes: [
    'Accuracies are means over the repeats that exist: mostly one at 12 epochs, up to three at 200.',
    'cifar10-valid is trained on half of the CIFAR-10 training images and validated on the other half; cifar10 is trained on all and has test accuracy alone.',
    'Validation accuracies of cifar100 and ImageNet16-120 at 200 epochs are derived as 2 ori-test - x-test, exact up to rounding.',
    'Training times are epochs times the seconds of one epoch, on cifar10-valid half of them; evaluating is not counted.',
    'Multiply-adds are computed in closed form, with the bias of the classifier.',
  ],
}

export async function isSheet201(path: string): Promise<boolean> {
  return (await startText(path)).startsWith('index,arch,canonical,c10_valid_e12,')
}

/**
 * @remarks The isomorphism key of every cell is worked out and compared with the sheet's.
 * @throws benchmark/invalid
 */
export async function readSheet201(path: string, context: ImportContext): Promise<ImportedTable> {
  const space = context.createSpace('nas-bench-201')
  const table = tableBuilder(describe201(words))
  for await (const rows of csvRows(path, columns, context)) {
    for (const row of rows) atPlace(path, `line ${row.line}`, () => addRow(row, space, table))
  }
  checkWhole(path, table.rowCount, space.count().value, 'cells')
  return table
}

function addRow({ values }: CsvRow, space: SearchSpace, table: TableBuilder): void {
  const value = (column: string) => values[columns.indexOf(column)] ?? ''
  const text = value('arch')
  checkKey(space, text, value('canonical'))
  const row = table.row(text, text)
  for (const { dataset, epochs, valAccuracy, testAccuracy, ...time } of trainings) {
    table.measure(
      row,
      { dataset, epochs, repeat: null },
      {
        ...(valAccuracy !== undefined && { valAccuracy: percentage(value(valAccuracy)) }),
        ...(testAccuracy !== undefined && { testAccuracy: percentage(value(testAccuracy)) }),
        trainSeconds: epochs * decimal(value(time.seconds)) * (time.imageShare ?? 1),
      },
    )
  }
  for (const [dataset, short] of networks) {
    table.size(row, dataset, 'parameterCount', decimal(value(`params_${short}`)))
    table.size(row, dataset, 'multiplyAdds', millions(value(`mflops_${short}`)))
  }
}

function checkKey(space: SearchSpace, text: string, published: string): void {
  const key = space.canonical(space.parse(text))
  if (key === published) return
  throw new ArchloomError(
    'benchmark/invalid',
    `The cell ${text} must have the isomorphism key ${published}, but has ${key}`,
    { details: { architecture: text, expected: published, found: key } },
  )
}

/** A number of millions, as a whole number: `15.64737` is 15,647,370. */
function millions(text: string): number {
  return Number.isNaN(decimal(text)) ? Number.NaN : Number(`${text}e6`)
}
