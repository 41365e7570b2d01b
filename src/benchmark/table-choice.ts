/** Finds in a table what an objective asks for, or says what there is instead. */
import { ArchloomError } from '#src/errors.ts'
import type {
  Benchmark,
  MeasuredBudget,
  MeasuredDataset,
  TableMetric,
  TablePlace,
} from './benchmark.ts'
import type { ObjectiveChoice } from './objective.ts'

/** A choice with everything decided. */
export interface DecidedChoice {
  readonly dataset: string
  /** What stands for validation accuracy. */
  readonly signal: 'valAccuracy' | 'testAccuracy'
  /** Whether there is no validation accuracy. */
  readonly isTestOnly: boolean
  /** By rising epochs; the last is a full evaluation. */
  readonly budgets: readonly DecidedBudget[]
  /** Of the reported test accuracy; null for none. */
  readonly report: TablePlace | null
}

/** Where in the table an evaluation of so many epochs stands. */
export interface DecidedBudget {
  readonly epochs: number
  readonly place: TablePlace
  readonly hasSeconds: boolean
  readonly hasTrainAccuracy: boolean
}

export const metricWords: Readonly<Record<TableMetric, string>> = {
  trainAccuracy: 'training accuracy',
  valAccuracy: 'validation accuracy',
  testAccuracy: 'test accuracy',
  trainSeconds: 'training seconds',
}

/**
 * @throws benchmark/no-metric naming what the table has instead; config/incompatible for test
 *   accuracy as the signal where there is validation
 */
export function decideChoice(benchmark: Benchmark, choice: ObjectiveChoice): DecidedChoice {
  const signal = choice.signal === 'validation' ? 'valAccuracy' : 'testAccuracy'
  const dataset = findDataset(benchmark, choice.dataset, signal)
  const trainings = trainingsWith(dataset, signal)
  const full = findTraining(benchmark, dataset, signal, choice.epochs)
  if (choice.signal === 'test' && !full.isTestOnly) refuseTestSignal(benchmark, dataset, full)
  const { repeat } = choice
  if (lacksRepeat(full, repeat)) refuseRepeat(benchmark, dataset, full, repeat)
  const budgets =
    choice.fidelities === 'curve'
      ? full.measuredEpochs.map((epoch) => decideBudget(dataset, full, repeat, epoch))
      : trainings
          .filter((one) => one.epochs <= full.epochs && !lacksRepeat(one, repeat))
          .map((one) => decideBudget(dataset, one, repeat, one.epochs))
  return {
    dataset: dataset.name,
    signal,
    isTestOnly: signal === 'testAccuracy' && full.isTestOnly,
    budgets,
    report: choice.report && decideReport(benchmark, dataset, choice.report),
  }
}

/** `4, 12 or 36`. */
export function spoken(items: readonly (string | number)[]): string {
  const last = items.at(-1)
  return items.length < 2 ? String(last) : `${items.slice(0, -1).join(', ')} or ${last}`
}

function findDataset(
  benchmark: Benchmark,
  name: string | null,
  metric: TableMetric,
  otherwise = '',
): MeasuredDataset {
  const having = benchmark.datasets.filter((one) => trainingsWith(one, metric).length > 0)
  const dataset = having.find((one) => name === null || one.name === name)
  if (dataset) return dataset
  const where = name === null ? '' : ` on ${name}`
  const instead =
    having.length > 0
      ? `it has it on ${spoken(having.map((one) => one.name))}`
      : `it has ${spoken(metricsOf(benchmark))} alone`
  const hint = metric === 'valAccuracy' && isTestOnly(benchmark, name) ? testHint : otherwise
  throw new ArchloomError(
    'benchmark/no-metric',
    `${benchmark.name} has no ${metricWords[metric]}${where}; ${instead}${hint}`,
    { details: { benchmark: benchmark.name, dataset: name, metric } },
  )
}

const reportHint = '; set report: null to report none'
const testHint = '; set signal: test to search on test accuracy, which every report then says'

/** Whether test accuracy is all that a data set has; without a name, all of them. */
function isTestOnly({ datasets }: Benchmark, name: string | null): boolean {
  const asked = datasets.filter((one) => name === null || one.name === name)
  const has = (metric: TableMetric) => asked.some((one) => trainingsWith(one, metric).length > 0)
  return has('testAccuracy') && !has('valAccuracy')
}

/** @param epochs - null for the longest */
function findTraining(
  { name }: Benchmark,
  dataset: MeasuredDataset,
  metric: TableMetric,
  epochs: number | null,
): MeasuredBudget {
  const trainings = trainingsWith(dataset, metric)
  const training =
    epochs === null ? trainings.at(-1) : trainings.find((one) => one.epochs === epochs)
  if (training) return training
  const known = trainings.map((one) => one.epochs)
  throw new ArchloomError(
    'benchmark/no-metric',
    `${name} has ${metricWords[metric]} on ${dataset.name} for trainings of ${spoken(known)} epochs, found ${epochs}; nothing between is measured`,
    { details: { benchmark: name, dataset: dataset.name, epochs, known } },
  )
}

function refuseTestSignal(
  { name }: Benchmark,
  dataset: MeasuredDataset,
  { epochs }: MeasuredBudget,
) {
  throw new ArchloomError(
    'config/incompatible',
    `${name} has validation accuracy on ${dataset.name} for trainings of ${epochs} epochs, so a search must not be told test accuracy; take the signal validation, or yardstick to compare with curves that were made so`,
    { details: { benchmark: name, dataset: dataset.name, epochs } },
  )
}

type Repeat = ObjectiveChoice['repeat']

function lacksRepeat({ repeatCount }: MeasuredBudget, repeat: Repeat): boolean {
  if (repeat === null || repeat === 'mean') return false
  return repeatCount < (repeat === 'random' ? 1 : repeat + 1)
}

function refuseRepeat(
  { name }: Benchmark,
  dataset: MeasuredDataset,
  { epochs, repeatCount }: MeasuredBudget,
  repeat: Repeat,
): never {
  const kept = repeatCount === 0 ? 'means over repeats alone' : `${repeatCount} repeats`
  const instead = repeatCount === 0 ? '' : `, random or a number below ${repeatCount}`
  throw new ArchloomError(
    'benchmark/no-metric',
    `${name} keeps ${kept} on ${dataset.name} for trainings of ${epochs} epochs, found repeat ${repeat}; take mean${instead}`,
    { details: { benchmark: name, dataset: dataset.name, epochs, repeat } },
  )
}

function decideBudget(
  dataset: MeasuredDataset,
  { epochs, repeatCount, metrics }: MeasuredBudget,
  wanted: Repeat,
  epoch: number,
): DecidedBudget {
  const repeat = wanted ?? (repeatCount > 1 ? 'random' : 'mean')
  return {
    epochs: epoch,
    place: { dataset: dataset.name, epochs, repeat, ...(epoch !== epochs && { epoch }) },
    hasSeconds: metrics.includes('trainSeconds'),
    hasTrainAccuracy: metrics.includes('trainAccuracy'),
  }
}

function decideReport(
  benchmark: Benchmark,
  searched: MeasuredDataset,
  { dataset: name, epochs }: NonNullable<ObjectiveChoice['report']>,
): TablePlace {
  const dataset = findDataset(benchmark, name ?? searched.name, 'testAccuracy', reportHint)
  const training = findTraining(benchmark, dataset, 'testAccuracy', epochs)
  return { dataset: dataset.name, epochs: training.epochs, repeat: 'mean' }
}

/** By rising epochs. */
function trainingsWith(
  { budgets }: MeasuredDataset,
  metric: TableMetric,
): readonly MeasuredBudget[] {
  return budgets
    .filter(({ metrics }) => metrics.includes(metric))
    .toSorted((first, second) => first.epochs - second.epochs)
}

function metricsOf({ datasets }: Benchmark): readonly string[] {
  const all = datasets.flatMap(({ budgets }) => budgets.flatMap(({ metrics }) => metrics))
  return [...new Set(all)].map((metric) => metricWords[metric])
}
