/** What a table has, and what it says when it is asked for something else. */
import { ArchloomError } from '#src/errors.ts'
import type { MeasuredBudget, MeasuredDataset, TableMetric, TablePlace } from './benchmark.ts'
import type { TableColumn } from './compact-format.ts'

export type MetricColumn = Extract<TableColumn, { role: 'metric' }>

/** In the order of the columns; budgets and epochs ascending. */
export function measuredDatasets(columns: readonly TableColumn[]): readonly MeasuredDataset[] {
  const measured = columns.filter((column) => column.role === 'metric')
  return unique(measured.map(({ dataset }) => dataset)).map((name) => {
    const here = measured.filter(({ dataset }) => dataset === name)
    return {
      name,
      budgets: ascending(here.map(({ epochs }) => epochs)).map((epochs) =>
        measuredBudget(here, epochs),
      ),
    }
  })
}

function measuredBudget(columns: readonly MetricColumn[], epochs: number): MeasuredBudget {
  const training = columns.filter((column) => column.epochs === epochs)
  const end = training.filter(({ epoch }) => epoch === epochs)
  const metrics = unique(end.map(({ metric }) => metric))
  return {
    epochs,
    repeatCount: Math.max(...training.map(({ repeat }) => (repeat ?? -1) + 1)),
    metrics,
    isTestOnly: metrics.includes('testAccuracy') && !metrics.includes('valAccuracy'),
    measuredEpochs: ascending(training.map(({ epoch }) => epoch)),
    missingCount: Math.max(
      0,
      ...end.filter(({ repeat }) => (repeat ?? 0) === 0).map(({ missingCount }) => missingCount),
    ),
  }
}

/** What was asked for; without a repeat, all of them. */
export type RefusedPlace = Omit<TablePlace, 'repeat'> & Partial<Pick<TablePlace, 'repeat'>>

interface RefusingTable {
  readonly name: string
  readonly datasets: readonly MeasuredDataset[]
  readonly architecture: string
}

/** @throws benchmark/no-metric naming what there is in place of what was asked for */
export function refuseMetric(
  table: RefusingTable,
  metric: TableMetric,
  place: RefusedPlace,
): never {
  throw new ArchloomError(
    'benchmark/no-metric',
    `The benchmark ${table.name} has no ${metric} ${placeWords(place)}; ${insteadOf(table, metric, place)}`,
    { details: { benchmark: table.name, metric, ...place } },
  )
}

function placeWords({ dataset, epochs, epoch = epochs, repeat }: RefusedPlace): string {
  const after = epoch === epochs ? `${epochs}` : `${epoch} of ${epochs}`
  return `on ${dataset} after ${after} epochs${repeat === undefined ? '' : `, repeat ${repeat}`}`
}

function insteadOf(
  { datasets, architecture }: RefusingTable,
  metric: TableMetric,
  { dataset: name, epochs, epoch = epochs, repeat }: RefusedPlace,
): string {
  const dataset = datasets.find((one) => one.name === name)
  if (dataset === undefined)
    return `it has the data sets ${listed(datasets.map((one) => one.name))}`
  const budget = dataset.budgets.find((one) => one.epochs === epochs)
  if (budget === undefined) {
    return `on ${name} it has trainings of ${listed(dataset.budgets.map((one) => one.epochs))} epochs`
  }
  if (!budget.metrics.includes(metric)) return `there it has ${listed(budget.metrics)}`
  if (!budget.measuredEpochs.includes(epoch)) {
    return `of that training it has the epochs ${listed(budget.measuredEpochs)}`
  }
  if (repeat === 'random' || typeof repeat === 'number') {
    if (budget.repeatCount === 0)
      return 'there it has means over repeats alone: ask for repeat mean'
    if (typeof repeat === 'number' && repeat >= budget.repeatCount) {
      return `there it has the repeats 0 to ${budget.repeatCount - 1}`
    }
  }
  return `it was not measured for ${architecture}, though for others`
}

function listed(items: readonly (string | number)[]): string {
  return items.length > 12
    ? `${items.slice(0, 10).join(', ')}, … ${items.at(-1)}`
    : items.join(', ')
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)]
}

function ascending(numbers: readonly number[]): readonly number[] {
  return unique(numbers).toSorted((one, other) => one - other)
}
