/** Asks a benchmark for everything that it has of an architecture. */
import {
  type Benchmark,
  type MeasuredBudget,
  type TableMetric,
  tableMetrics,
} from '#src/benchmark/benchmark.ts'
import { openBenchmark } from '#src/benchmark/open-benchmark.ts'
import { parseOrExplain, placeName } from '#src/config/issue.ts'
import { applyOverride } from '#src/config/override.ts'
import { availableSpaces, findEntry } from '#src/config/resolve.ts'
import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'

export interface BenchmarkQuery {
  /** Text form, or the name of a published architecture of the space. */
  readonly architecture: string
  /** The space whose text form it is, where that is not the benchmark's own. */
  readonly space?: string
  /** Settings of that space, such as `variant=S2`. */
  readonly overrides: readonly string[]
  readonly dataset?: string
  readonly epochs?: number
  /** Within a training; its end by default. */
  readonly epoch?: number
  /** All of them and their mean by default. */
  readonly repeat?: number | 'mean'
  readonly metric?: TableMetric
  /** Looked in before the folders of this machine. */
  readonly folder?: string
}

/** One training, or the mean of several. */
export type Measurement = {
  readonly dataset: string
  readonly epochs: number
  readonly epoch: number
  readonly repeat: number | 'mean'
} & Readonly<Partial<Record<TableMetric, number>>>

export interface QueryAnswer {
  readonly benchmark: string
  readonly contentHash: string
  readonly row: number
  /** The form that the benchmark has of it. */
  readonly architecture: string
  readonly canonical: string
  readonly sizes: readonly {
    readonly dataset: string
    readonly parameterCount: number | null
    readonly multiplyAdds: number | null
  }[]
  readonly measurements: readonly Measurement[]
}

/**
 * Everything that a benchmark knows of an architecture, or the part that is asked for.
 * @throws benchmark/not-found, benchmark/no-entry, benchmark/no-metric, space/invalid-architecture
 */
export function queryBenchmark(nameOrPath: string, query: BenchmarkQuery): QueryAnswer {
  using benchmark = openBenchmark(nameOrPath, query.folder)
  const { space, text } = chooseArchitecture(benchmark, query)
  const row = benchmark.find(space, text)
  const measurements = chosenBudgets(benchmark, query).flatMap(({ dataset, budget }) =>
    measurementsAt(benchmark, row, { dataset, budget, query }),
  )
  const datasets = [...new Set(measurements.map(({ dataset }) => dataset))]
  return {
    benchmark: benchmark.name,
    contentHash: benchmark.contentHash,
    row,
    architecture: benchmark.architecture(row),
    canonical: space.canonical(space.parse(text)),
    sizes: datasets.map((dataset) => ({
      dataset,
      parameterCount: benchmark.parameterCount(row, dataset),
      multiplyAdds: benchmark.multiplyAdds(row, dataset),
    })),
    measurements,
  }
}

function chooseArchitecture(
  benchmark: Benchmark,
  { architecture, space: name = benchmark.space.name, overrides }: BenchmarkQuery,
): { readonly space: SearchSpace; readonly text: string } {
  const own = name === benchmark.space.name ? benchmark.space.settings : {}
  const settings = overrides.reduce<unknown>(applyOverride, own)
  const { named = {} } = findSpace(name)
  const text = Object.hasOwn(named, architecture) ? named[architecture] : undefined
  return { space: createSpace(name, settings), text: text ?? architecture }
}

interface ChosenBudget {
  readonly dataset: string
  readonly budget: MeasuredBudget
}

function chosenBudgets(benchmark: Benchmark, query: BenchmarkQuery): readonly ChosenBudget[] {
  const { dataset, epochs, epoch, metric } = query
  const all = benchmark.datasets.flatMap(({ name, budgets }) =>
    budgets.map((budget) => ({ dataset: name, budget })),
  )
  const named = narrowed(all, dataset, (one) => one.dataset)
  if (named.length === 0)
    refuse(
      benchmark,
      'data set',
      dataset,
      all.map((one) => one.dataset),
    )
  const long = narrowed(named, epochs, ({ budget }) => budget.epochs)
  if (long.length === 0)
    refuse(
      benchmark,
      'training epochs',
      epochs,
      named.map(({ budget }) => budget.epochs),
    )
  const points = long.flatMap(({ budget }) => budget.measuredEpochs)
  const measured = long.filter(
    ({ budget }) => epoch === undefined || budget.measuredEpochs.includes(epoch),
  )
  if (measured.length === 0) refuse(benchmark, 'epoch', epoch, points)
  const having = measured.filter(
    ({ budget }) => metric === undefined || budget.metrics.includes(metric),
  )
  if (having.length === 0)
    refuse(
      benchmark,
      'metric',
      metric,
      measured.flatMap(({ budget }) => budget.metrics),
    )
  return having
}

function narrowed<T, V>(
  items: readonly T[],
  value: V | undefined,
  of: (item: T) => V,
): readonly T[] {
  return value === undefined ? items : items.filter((item) => of(item) === value)
}

function measurementsAt(
  benchmark: Benchmark,
  row: number,
  { dataset, budget, query }: ChosenBudget & { readonly query: BenchmarkQuery },
): readonly Measurement[] {
  const { epochs, repeatCount } = budget
  const { epoch = epochs, repeat, metric } = query
  const metrics = tableMetrics.filter(
    (one) => budget.metrics.includes(one) && (metric === undefined || one === metric),
  )
  const at = (which: number | 'mean'): Measurement => ({
    dataset,
    epochs,
    epoch,
    repeat: which,
    ...Object.fromEntries(
      metrics.map((one) => [
        one,
        benchmark.metric(row, one, { dataset, epochs, epoch, repeat: which }, '0'),
      ]),
    ),
  })
  if (repeat !== undefined) return [at(repeat)]
  if (repeatCount === 0) return [at('mean')]
  const [first = 'valAccuracy'] = metrics
  const { length } = benchmark.repeats(row, first, { dataset, epochs, epoch })
  const single = Array.from({ length }, (_, index) => at(index))
  return length > 1 ? [...single, at('mean')] : single
}

function refuse(
  { name }: Benchmark,
  what: string,
  asked: string | number | undefined,
  known: readonly (string | number)[],
): never {
  const unique = [...new Set(known)]
  throw new ArchloomError(
    'benchmark/no-metric',
    `The benchmark ${name} has no ${what} ${asked} there; it has ${unique.join(', ')}`,
    { details: { benchmark: name, what, asked, known: unique } },
  )
}

function findSpace(name: string) {
  return findEntry(availableSpaces({}), name, placeName({ file: 'the space', path: ['name'] }))
}

/**
 * A space of the catalog.
 *
 * @param settings - those that differ from the defaults
 * @throws config/unknown-name, config/unknown-key, config/invalid, space/invalid-settings
 */
export function createSpace(name: string, settings: unknown = {}): SearchSpace {
  const entry = findSpace(name)
  return entry.create(parseOrExplain(entry.settings, settings, { file: 'the space', path: [name] }))
}
