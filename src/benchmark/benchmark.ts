/**
 * The interface of a tabular benchmark: measured results that answer at once. `catalog.ts` names the
 * formats that can be imported; README.md has the compact file's format and says how to add one.
 */
import type { Json } from '#src/encoding/json.ts'
import type { SearchSpace } from '#src/space/space.ts'

/** One metric of one training; repeats are trainings from other seeds. */
export type RepeatChoice =
  /** One of the measured repeats, drawn by the trial's seed. */
  | 'random'
  | 'mean'
  /** Zero-based. */
  | number

/** What was measured on one data set after one budget. */
export interface MeasuredBudget {
  readonly epochs: number
  /** Repeats that are kept one by one; 0 where the source has means alone. */
  readonly repeatCount: number
  /** Metrics that every architecture has; what a table lacks is not listed. */
  readonly metrics: readonly TableMetric[]
}

export const tableMetrics = [
  /** Shares, 0 to 1. */
  'trainAccuracy',
  'valAccuracy',
  'testAccuracy',
  /** Seconds of training, and of evaluating where the source counts that in. */
  'trainSeconds',
] as const
export type TableMetric = (typeof tableMetrics)[number]

export interface MeasuredDataset {
  readonly name: string
  readonly budgets: readonly MeasuredBudget[]
}

/** Where in the table. */
export interface TablePlace {
  readonly dataset: string
  readonly epochs: number
  readonly repeat: RepeatChoice
}

/**
 * A table of results, opened.
 *
 * @remarks
 * Rows are architectures; one is found by any form that the table's space holds to be the same
 * network. Nothing is made up: what was not measured is an error that says so.
 */
export interface Benchmark extends Disposable {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly source: string
  /** SHA-256 over everything in the table: stands in fingerprints. */
  readonly contentHash: string
  readonly rowCount: number
  /** The space whose architectures it holds: an entry of the space catalog and its settings. */
  readonly space: { readonly name: string; readonly settings: Json }
  readonly datasets: readonly MeasuredDataset[]

  /** Why it does not answer for a space's architectures, or null when it does. */
  misfit(space: SearchSpace): string | null
  /**
   * The row of an architecture, given as the text form of a space that it answers for.
   * @throws benchmark/no-entry naming the architecture
   */
  find(space: SearchSpace, architecture: string): number
  /**
   * One measured number.
   * @param seed - draws the repeat where `place.repeat` is `random`
   * @throws benchmark/no-metric naming what the table has instead
   */
  metric(row: number, metric: TableMetric, place: TablePlace, seed: string): number
  /** Trainable parameters; null where the source has none. */
  parameterCount(row: number, dataset: string): number | null
  /** An architecture of each row, as the text form of the table's own space. */
  architecture(row: number): string
}
