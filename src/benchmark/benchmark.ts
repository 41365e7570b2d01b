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

/** What was measured on one data set in trainings of one length. */
export interface MeasuredBudget {
  readonly epochs: number
  /**
   * Repeats that are kept one by one, at most: some architectures may have fewer. 0 where the source
   * has means alone.
   */
  readonly repeatCount: number
  /** What was measured at the end; what a table lacks is not listed. */
  readonly metrics: readonly TableMetric[]
  /** No validation split: whatever is searched with it is a test-only result, and says so. */
  readonly isTestOnly: boolean
  /** Epochs after which there are metrics, ascending; the last is the end, `epochs`. */
  readonly measuredEpochs: readonly number[]
  /** Architectures that were not measured here: asking for them is an error. */
  readonly missingCount: number
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
  /** Length of the training. */
  readonly epochs: number
  /** Epoch of that training at whose end it was measured; the last one by default. */
  readonly epoch?: number
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
  /** SHA-256 over all that decides an answer, not over names and notes: stands in fingerprints. */
  readonly contentHash: string
  readonly rowCount: number
  /**
   * The space whose architectures it holds: an entry of the space catalog, and those of its settings
   * that decide what its architectures and networks are; the others have their defaults.
   */
  readonly space: { readonly name: string; readonly settings: Json }
  readonly datasets: readonly MeasuredDataset[]
  /** What a reader of its numbers must know, a sentence each. */
  readonly notes: readonly string[]

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
  /**
   * Every repeat of one number that an architecture has, in the source's order; the mean alone where
   * the source has no more.
   * @throws benchmark/no-metric
   */
  repeats(row: number, metric: TableMetric, place: Omit<TablePlace, 'repeat'>): readonly number[]
  /** Trainable parameters of the data set's network; null where the source has none. */
  parameterCount(row: number, dataset: string): number | null
  /** Multiply-adds of one sample, as the source counts them; null where it has none. */
  multiplyAdds(row: number, dataset: string): number | null
  /** An architecture of each row, as the text form of the table's own space. */
  architecture(row: number): string
}

/** What an import is handed: everything that is not in the file. */
export interface ImportContext {
  /** A space of the catalog, settings filled in. */
  readonly createSpace: (name: string, settings?: Json) => SearchSpace
  /** An interpreter that finds archloom's Python package, and the variables that it needs for it. */
  readonly python: () => Promise<PythonCommand>
  readonly onProgress: (progress: ImportProgress) => void
  readonly signal: AbortSignal
}

export interface PythonCommand {
  readonly interpreter: string
  readonly variables: Readonly<Record<string, string | undefined>>
}

export interface ImportProgress {
  /** Of the source that is read, 0 to 1. */
  readonly share: number
}

/** A table that was read, to be written as a compact file. */
export interface ImportedTable {
  /** What the format or the source calls it. */
  readonly name: string
  readonly rowCount: number
  /**
   * @param name - what the benchmark is called, by default its own name
   * @returns the content hash
   */
  finish(path: string, name?: string): string
}

/** A catalog entry: files of one kind that can be imported. */
export interface BenchmarkFormat {
  readonly name: string
  /** One sentence: which files. */
  readonly summary: string
  readonly source: string
  /** Whether a file or a folder is one of these, from its name and what it starts with. */
  recognizes(path: string): Promise<boolean>
  /** @throws benchmark/invalid, benchmark/not-found, and whatever a space refuses */
  read(path: string, context: ImportContext): Promise<ImportedTable>
}
