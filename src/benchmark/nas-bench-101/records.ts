/** The official files of NAS-Bench-101: `nasbench_full.tfrecord` and `nasbench_only108.tfrecord`. */
import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { ImportContext, ImportedTable } from '../benchmark.ts'
import { atPlace, badSource } from '../source-file.ts'
import { type TableBuilder, tableBuilder } from '../table-builder.ts'
import { recordCellText } from './cell-text.ts'
import { dataset, describe101 } from './description.ts'
import { decodeModelMetrics, type EvaluationData } from './model-metrics.ts'
import { tfRecords } from './tfrecord.ts'

/** Trainings of each cell and each number of epochs. */
const repeatCount = 3
/** Accuracies are of 9,984 images, in single precision. */
const shares = { divisor: 9984, rounded: true }

const words = {
  summary:
    'Cells with every training on CIFAR-10: training, validation and test accuracy and training time, half-way and at the end',
  notes: [
    'Accuracies are shares of the 9,984 images of each split that the benchmark evaluates.',
    'Trainings of different lengths are separate ones, not prefixes of one curve.',
    'Each training was also measured half-way.',
  ],
}

/** `[hash, epochs, matrix, labels, metrics]`. */
type RecordRow = readonly [string, number, string, string, string]

interface Reading {
  readonly space: SearchSpace
  readonly table: TableBuilder
  readonly epochsFound: Set<number>
}

/**
 * @remarks The graph hash of every cell is worked out and compared with its records'.
 * @throws benchmark/invalid
 * @see google-research/nasbench `api.py`, `NASBench.__init__`
 */
export async function readRecords(path: string, context: ImportContext): Promise<ImportedTable> {
  const space = context.createSpace('nas-bench-101')
  const table = tableBuilder(describe101(words), { shares })
  const reading = { space, table, epochsFound: new Set<number>() }
  for await (const records of tfRecords(path, context)) {
    for (const { index, data } of records) {
      atPlace(path, `record ${index}`, () => addRecord(data, reading))
    }
  }
  checkRepeats(path, reading)
  return table
}

function addRecord(data: Buffer, { space, table, epochsFound }: Reading): void {
  const [hash, epochs, matrix, labels, metrics] = readRow(data)
  const text = recordCellText(matrix, labels)
  const known = table.rowCount
  const row = table.row(hash, text)
  if (table.rowCount > known) checkHash(space, text, hash)
  epochsFound.add(epochs)
  const repeat = table.nextRepeat(row, dataset, epochs)
  if (repeat >= repeatCount) {
    refuse(`${repeatCount} trainings of ${epochs} epochs of the cell ${hash}`, 'another one')
  }
  const { evaluations, trainableParameters } = decodeModelMetrics(Buffer.from(metrics, 'base64'))
  if (evaluations.length !== 3) {
    refuse('evaluations at the start, half-way and at the end', `${evaluations.length} evaluations`)
  }
  for (const [index, epoch] of [epochs / 2, epochs].entries()) {
    const evaluation = evaluations[index + 1] ?? {}
    checkEpoch(evaluation, epoch)
    table.measure(
      row,
      { dataset, epochs, epoch, repeat },
      {
        trainAccuracy: required(evaluation, 'trainAccuracy'),
        valAccuracy: required(evaluation, 'validationAccuracy'),
        testAccuracy: required(evaluation, 'testAccuracy'),
        trainSeconds: required(evaluation, 'trainingTime'),
      },
    )
  }
  if (trainableParameters === undefined) refuse('trainable_parameters', 'none')
  table.size(row, dataset, 'parameterCount', trainableParameters)
}

function readRow(data: Buffer): RecordRow {
  const row = parseRow(data)
  const [hash, epochs, matrix, labels, metrics] = row
  const isRow =
    row.length === 5 &&
    [hash, matrix, labels, metrics].every((item) => typeof item === 'string') &&
    /^[0-9a-f]{32}$/.test(String(hash))
  if (!isRow || !Number.isInteger(epochs) || Number(epochs) < 2 || Number(epochs) % 2 !== 0) {
    refuse(
      'a JSON array of hash, epochs (an even number), adjacency matrix, operations and metrics',
      JSON.stringify(row).slice(0, 100),
    )
  }
  // Checked above, one by one.
  return row as unknown as RecordRow
}

function parseRow(data: Buffer): readonly unknown[] {
  try {
    const row: unknown = JSON.parse(data.toString('utf8'))
    return Array.isArray(row) ? row : [row]
  } catch (cause) {
    throw new ArchloomError('benchmark/invalid', 'Expected JSON, found something else', { cause })
  }
}

function checkHash(space: SearchSpace, text: string, hash: string): void {
  const found = space.canonical(space.parse(text))
  if (found !== hash) refuse(`the hash ${found} for the cell ${text}`, hash)
}

/** Optional, as the official API has it; steps do not divide evenly, so half-way may be between two epochs. */
function checkEpoch({ currentEpoch }: EvaluationData, epoch: number): void {
  if (currentEpoch === undefined || Math.abs(currentEpoch - epoch) <= 0.5) return
  refuse(`an evaluation at epoch ${epoch}`, `one at ${currentEpoch}`)
}

function required(evaluation: EvaluationData, field: keyof EvaluationData): number {
  return evaluation[field] ?? refuse(`${field} in each evaluation`, 'none')
}

/** A file that was cut between two records has trainings of some cells that it lacks of others. */
function checkRepeats(path: string, { table, epochsFound }: Reading): void {
  for (const epochs of epochsFound) {
    const places = [0, 1, 2].map((repeat) => ({ dataset, epochs, repeat }))
    for (let row = 0; row < table.rowCount; row++) {
      const found = places.filter(
        (place) => !Number.isNaN(table.measured(row, place, 'testAccuracy')),
      )
      if (found.length === repeatCount) continue
      throw badSource(
        path,
        `it must have ${repeatCount} trainings of ${epochs} epochs of each cell, but has ${found.length} of ${table.architecture(row)}; fetch the whole file again`,
      )
    }
  }
}

function refuse(expected: string, found: string): never {
  throw new ArchloomError('benchmark/invalid', `Expected ${expected}, found ${found}`, {
    details: { expected, found },
  })
}
