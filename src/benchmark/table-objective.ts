import { contentHash } from '#src/encoding/hash.ts'
import { canonicalJson, type Json } from '#src/encoding/json.ts'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'
import type { KnownCounts } from '#src/trial/metrics.ts'
import type { EvaluationResult } from '#src/trial/record.ts'
import type { Benchmark, TableMetric, TablePlace } from './benchmark.ts'
import {
  type Objective,
  ObjectiveChoice,
  type ObjectiveInput,
  refuseBudget,
  testOnlyMark,
  yardstickMark,
} from './objective.ts'
import { reachedRows } from './reached-rows.ts'
import {
  type DecidedBudget,
  type DecidedChoice,
  decideChoice,
  metricWords,
} from './table-choice.ts'

/**
 * A search on a table.
 *
 * @param benchmark - disposed with the objective
 * @param space - the table's own, or another one that the table answers for
 * @param input - which numbers it is told; the published ones by default
 * @throws config/incompatible for a space that the table does not answer for, or test accuracy as the
 *   signal where there is validation; benchmark/no-metric naming what the table has instead
 */
export function tableObjective(
  benchmark: Benchmark,
  space: SearchSpace,
  input: ObjectiveInput = {},
): Objective {
  const misfit = benchmark.misfit(space)
  if (misfit !== null) {
    throw new ArchloomError(
      'config/incompatible',
      `The benchmark ${benchmark.name} does not answer for the space ${space.name}: ${misfit}`,
      { details: { benchmark: benchmark.name, space: space.name } },
    )
  }
  const choice = ObjectiveChoice.parse(input)
  const decided = decideChoice(benchmark, choice)
  const { report, isTestOnly, budgets, signal } = decided
  const fingerprint = fingerprintOf(benchmark, decided)
  const table: Table = { benchmark, space, decided, hash: contentHash(fingerprint) }
  const full = fullBudget(decided)
  const best = bestOf(table)
  return {
    name: benchmark.name,
    description: describe(benchmark, decided),
    fingerprint,
    contentHash: table.hash,
    isTestOnly,
    mark: isTestOnly ? testOnlyMark : signal === 'testAccuracy' ? yardstickMark : null,
    hasSeconds: budgets.every(({ hasSeconds }) => hasSeconds),
    hasTest: report !== null,
    fullFidelity: { epochs: full.epochs },
    budgets: budgets.map(({ epochs }) => epochs),
    measure: (architecture, fidelity, seed) => measure(table, architecture, fidelity, seed),
    testAccuracy(architecture) {
      if (report === null) refuseTest(benchmark)
      return lookUp(table, architecture, (row) =>
        benchmark.metric(row, 'testAccuracy', report, '0'),
      )
    },
    bestValAccuracy: () => best(signal, { ...full.place, repeat: meanOf(full.place) }),
    bestTestAccuracy: () => report && best('testAccuracy', report),
    [Symbol.dispose]: () => benchmark[Symbol.dispose](),
  }
}

interface Table {
  readonly benchmark: Benchmark
  readonly space: SearchSpace
  readonly decided: DecidedChoice
  /** Of the fingerprint. */
  readonly hash: string
}

function measure(
  table: Table,
  architecture: string,
  { epochs }: Fidelity,
  seed: string,
): EvaluationResult {
  const { benchmark, decided, hash } = table
  const { budgets, dataset, signal } = decided
  const budget = budgets.find((one) => one.epochs === epochs)
  if (!budget) {
    return refuseBudget(
      benchmark.name,
      budgets.map((one) => one.epochs),
      epochs,
    )
  }
  return lookUp(table, architecture, (row) => {
    const look = (metric: TableMetric) => benchmark.metric(row, metric, budget.place, seed)
    return {
      metrics: {
        valAccuracy: look(signal),
        ...(budget.hasTrainAccuracy && { trainAccuracy: look('trainAccuracy') }),
      },
      cost: { seconds: budget.hasSeconds ? look('trainSeconds') : 0, epochs },
      ...countsOf(benchmark, row, dataset),
      curve: [],
      fingerprint: hash,
    }
  })
}

/** @throws AttemptFailure for what was not measured: it ends the trial, not the run */
function lookUp<T>({ benchmark, space }: Table, architecture: string, read: (row: number) => T): T {
  try {
    return read(benchmark.find(space, architecture))
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new AttemptFailure({ kind: 'invalid_task', message: error.message })
  }
}

/** Of a metric that the table has, a row can still miss its entry. */
function isMissing(error: unknown): error is ArchloomError {
  if (!(error instanceof ArchloomError)) return false
  return error.code === 'benchmark/no-entry' || error.code === 'benchmark/no-metric'
}

function countsOf(
  benchmark: Benchmark,
  row: number,
  dataset: string,
): { readonly counts?: KnownCounts } {
  const parameterCount = benchmark.parameterCount(row, dataset)
  const multiplyAdds = benchmark.multiplyAdds(row, dataset)
  if (parameterCount === null) return {}
  return { counts: { parameterCount, ...(multiplyAdds !== null && { multiplyAdds }) } }
}

function refuseTest({ name }: Benchmark): never {
  throw new ArchloomError(
    'benchmark/no-metric',
    `This search on ${name} reports no test accuracy; leave out report: null to have one`,
    { details: { benchmark: name } },
  )
}

/** Highest metrics over the rows that the space reaches, each found once. */
function bestOf({ benchmark, space }: Table) {
  const known = new Map<string, number | null>()
  let rows: readonly number[] | null | undefined
  const find = (metric: TableMetric, place: TablePlace): number | null => {
    if (rows === undefined) rows = reachedRows(benchmark, space)
    if (rows === null) return null
    const values = rows.flatMap((row) => measured(() => benchmark.metric(row, metric, place, '0')))
    return values.length === 0 ? null : values.reduce((best, value) => Math.max(best, value))
  }
  return (metric: TableMetric, place: TablePlace): number | null => {
    const key = canonicalJson({ metric, ...place })
    const before = known.get(key)
    const best = before === undefined ? find(metric, place) : before
    known.set(key, best)
    return best
  }
}

function measured(read: () => number): readonly number[] {
  try {
    return [read()]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function fullBudget({ budgets }: DecidedChoice): DecidedBudget {
  const full = budgets.at(-1)
  invariant(full, 'An objective has a budget')
  return full
}

/** What a draw of a repeat is on average; a repeat chosen by number is itself. */
function meanOf({ repeat }: TablePlace): TablePlace['repeat'] {
  return repeat === 'random' ? 'mean' : repeat
}

/** Everything that decides the numbers: the table's content, and which of its numbers are taken. */
function fingerprintOf(benchmark: Benchmark, decided: DecidedChoice): Json {
  const { budgets, report, dataset, signal } = decided
  return {
    benchmark: benchmark.name,
    contentHash: benchmark.contentHash,
    objective: {
      dataset,
      signal,
      budgets: budgets.map(({ place }) => ({ ...place })),
      report: report && { ...report },
    },
  }
}

function describe({ name }: Benchmark, decided: DecidedChoice): string {
  const { signal, report } = decided
  const told = `told ${placeWords(signal, fullBudget(decided).place)}`
  return `${name}: ${told}${report ? `; reported ${placeWords('testAccuracy', report)}` : ''}`
}

function placeWords(metric: TableMetric, { dataset, epochs, repeat }: TablePlace): string {
  const which =
    repeat === 'mean'
      ? 'mean over repeats'
      : repeat === 'random'
        ? 'a random repeat'
        : `repeat ${repeat}`
  return `${metricWords[metric]} on ${dataset} after ${epochs} epochs (${which})`
}
