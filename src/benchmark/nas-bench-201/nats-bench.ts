/** The official folder of NATS-Bench's topology search space: a pickle for each architecture. */
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { SearchSpace } from '#src/space/space.ts'
import type { ImportContext, ImportedTable } from '../benchmark.ts'
import { atPlace, badSource, isFolder } from '../source-file.ts'
import { type MeasuredMetrics, type TableBuilder, tableBuilder } from '../table-builder.ts'
import { datasets, describe201 } from './description.ts'
import { pythonLines } from './python-lines.ts'

const module = 'archloom_worker.data.nats_bench'
/** More processes would only wait for the disk and for this one. */
const processLimit = 4

/** In percent; null where an epoch was not evaluated on a split. */
const Percent = z.number().nullable()

const Point = z.strictObject({
  epoch: z.int().positive(),
  /** Of training, up to and with this epoch. */
  seconds: z.number(),
  train: Percent,
  'x-valid': Percent,
  'x-test': Percent,
  'ori-test': Percent,
})
type Point = z.infer<typeof Point>

const Training = z.strictObject({
  dataset: z.enum(datasets),
  seed: z.int(),
  epochs: z.int().positive(),
  /** Millions. */
  params: z.number(),
  flop: z.number(),
  points: z.array(Point),
})
type Training = z.infer<typeof Training>

const Architecture = z.strictObject({
  index: z.int().nonnegative(),
  architecture: z.string(),
  trainings: z.array(Training),
})
type Architecture = z.infer<typeof Architecture>

/** A line of `archloom_worker/data/nats_bench.py`. */
const Line = z.union([Architecture, z.strictObject({ error: z.string() })])

const words = {
  summary:
    'Cells with every training on three data sets: accuracies and training time after 12 and 200 epochs, and each epoch of the shorter ones',
  notes: [
    'cifar10-valid is trained on half of the CIFAR-10 training images and validated on the other half; cifar10 is trained on all and has test accuracy alone.',
    'Validation is x-valid; test is x-test on cifar100 and ImageNet16-120, ori-test on the others.',
    'Trainings of 12 epochs are separate ones, not prefixes of those of 200; repeats are in the order of their seeds, and not every cell has all.',
    'Training times do not count evaluating.',
  ],
}

/** Whether a folder holds pickles as NATS-Bench publishes them. */
export async function isNatsFolder(path: string): Promise<boolean> {
  if (!(await isFolder(path))) return false
  return (await readdir(path)).some((file) => isPickle(file))
}

/**
 * @throws benchmark/invalid for a pickle that asks for more than containers and numbers, for the size
 *   search space, which archloom has not
 */
export async function readNatsFolder(path: string, context: ImportContext): Promise<ImportedTable> {
  const space = context.createSpace('nas-bench-201')
  const table = tableBuilder(describe201(words))
  const fileCount = (await readdir(path)).filter(isPickle).length
  const processCount = Math.min(fileCount, processLimit, availableParallelism())
  const parts = Array.from({ length: processCount }, (_, part) => [path, `${part}/${processCount}`])
  for await (const text of pythonLines(await context.python(), module, parts, context.signal)) {
    const line = readLine(text, path)
    const file = join(path, `${String(line.index).padStart(6, '0')}.pickle.pbz2`)
    if (/^\d+(:\d+)+$/.test(line.architecture)) throw sizeSpace(path)
    atPlace(file, line.architecture, () => addArchitecture(line, space, table))
    context.onProgress({ share: table.rowCount / fileCount })
  }
  return table
}

function readLine(text: string, path: string): Architecture {
  const line = Line.safeParse(JSON.parse(text))
  if (line.success) {
    if ('error' in line.data) throw badSource(path, line.data.error)
    return line.data
  }
  const index = /^\{"index":(\d+)/.exec(text)?.[1] ?? 'none'
  const why = line.error.issues[0]?.message ?? 'unknown'
  throw badSource(path, `the architecture ${index} is not as NATS-Bench publishes it: ${why}`)
}

function addArchitecture(
  { architecture, trainings }: Architecture,
  space: SearchSpace,
  table: TableBuilder,
): void {
  space.parse(architecture)
  const row = table.row(architecture, architecture)
  // Columns in one order, whatever that of the pickles.
  const sorted = trainings.toSorted(
    (one, other) =>
      datasets.indexOf(one.dataset) - datasets.indexOf(other.dataset) ||
      one.epochs - other.epochs ||
      one.seed - other.seed,
  )
  for (const { dataset, epochs, points, params, flop } of sorted) {
    const repeat = table.nextRepeat(row, dataset, epochs)
    for (const point of points) {
      table.measure(row, { dataset, epochs, epoch: point.epoch, repeat }, metricsOf(dataset, point))
    }
    table.size(row, dataset, 'parameterCount', millions(params))
    table.size(row, dataset, 'multiplyAdds', millions(flop))
  }
}

function metricsOf(dataset: Training['dataset'], point: Point): MeasuredMetrics {
  const test = dataset.startsWith('cifar10-') || dataset === 'cifar10' ? 'ori-test' : 'x-test'
  const { train, 'x-valid': validation, [test]: tested } = point
  return {
    ...(train !== null && { trainAccuracy: train / 100 }),
    ...(validation !== null && { valAccuracy: validation / 100 }),
    ...(tested !== null && { testAccuracy: tested / 100 }),
    trainSeconds: point.seconds,
  }
}

/** `0.129306` million is 129,306, not the product's 129,305.99999999999. */
function millions(value: number): number {
  return Number(`${value}e6`)
}

function isPickle(file: string): boolean {
  return /^\d{6}\.pickle\.pbz2$/.test(file)
}

function sizeSpace(path: string): Error {
  return badSource(
    path,
    "these are results of NATS-Bench's size search space, for which archloom has no search space; give the folder of the topology search space, NATS-tss-v1_0-…-simple",
  )
}
