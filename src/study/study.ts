/**
 * What a study is and what it yields: methods, benchmarks and seeds; a cell is one search by one
 * method on one benchmark from one seed. Data alone; README.md says how it comes about.
 */
import type { Json } from '#src/encoding/json.ts'
import type { Protocol } from './protocol.ts'

/** Which cell. */
export interface CellKey {
  /** Label of a method of the study. */
  readonly method: string
  /** Label of a benchmark of the study. */
  readonly benchmark: string
  /** The run's seed, a decimal string; cells of one seed and benchmark are pairs. */
  readonly seed: string
}

/** A method of a study. */
export interface StudyMethod {
  /** Unique in the study, as tables and plots show it. */
  readonly label: string
  /** Name in the optimizer catalog. */
  readonly name: string
  /** Settings with every default filled in. */
  readonly settings: Json
  /** Content hash of name and settings. */
  readonly hash: string
  /** Decimal strings, rising; every method starts at the same one. */
  readonly seeds: readonly string[]
  /** Whether it is plain random search: the control, whose exact expectation benchmarks have. */
  readonly isControl: boolean
  /** What finding the settings cost, as its document says; variants were not tuned. */
  readonly tuning?: { readonly costSeconds: number; readonly source: string }
  /** What `vary` changed, and of which method; null for a method of its own. */
  readonly variant: {
    readonly of: string
    /** Path of a setting to its value here. */
    readonly changes: Readonly<Record<string, Json>>
  } | null
}

/** A benchmark of a study, with everything that a comparison on it depends on. */
export interface StudyBenchmark {
  /** Unique in the study, as tables and plots show it. */
  readonly label: string
  /** One line: what is told, what is reported. */
  readonly description: string
  /** What every report and plot must say of it, such as `test-only table`; else null. */
  readonly mark: string | null
  /** What cells must agree in to be pooled. */
  readonly protocol: Protocol
  /** Content hash of `protocol`. */
  readonly hash: string
  /** Whether simulated seconds are real seconds of training; else they are 0 throughout. */
  readonly hasSeconds: boolean
  readonly hasTest: boolean
  /** Trials told at most; null where only time limits the search. */
  readonly trialLimit: number | null
  /** Where final values and tables are read off; each rising, the last one the budget's limit. */
  readonly checkpoints: Checkpoints
  /** Highest values of the space: regret is the distance to them; null where not known. */
  readonly optimum: { readonly valAccuracy: number | null; readonly testAccuracy: number | null }
  /** The exact expectation of random search; null where `expectationGap` says why. */
  readonly randomSearch: ExpectedCurve | null
  /** Why there is none, a clause; absent where there is one, or where nobody has looked. */
  readonly expectationGap?: string
  /** Labels of the methods that are compared here, in the study's order. */
  readonly methods: readonly string[]
  /** Why another method cannot search here, by label: "needs …, which the space does not offer". */
  readonly notApplicable: Readonly<Record<string, string>>
}

export interface Checkpoints {
  /** Numbers of told trials; empty where the budget does not limit trials. */
  readonly trials: readonly number[]
  /** Simulated seconds; empty where the budget does not limit them. */
  readonly costSeconds: readonly number[]
}

/**
 * What random search finds on average after a number of trials, by summation over the whole space.
 * Accuracies are shares.
 */
export interface ExpectedCurve {
  /** Rising numbers of trials. */
  readonly trials: readonly number[]
  /** Of the incumbent: what the search was told of it. */
  readonly valAccuracy: readonly number[]
  /** Standard deviations are over searches, not of the mean. */
  readonly valDeviation: readonly number[]
  /** Of the incumbent: its test accuracy; null without test. */
  readonly testAccuracy: readonly number[] | null
  readonly testDeviation: readonly number[] | null
}

/** Everything about the trials of a cell; columns are indexed by trial. */
export interface Trajectory {
  readonly trialCount: number
  /** Text forms of the space. */
  readonly architectures: readonly string[]
  /** In the optimizer's words. */
  readonly origins: readonly string[]
  /** -1 where there is none. */
  readonly parents: Int32Array
  readonly epochs: Uint32Array
  /** Positions in `outcomes` of `trial/outcome.ts`. */
  readonly outcomes: Uint8Array
  /** As the optimizer was told; NaN where the trial has none. */
  readonly valAccuracies: Float64Array
  /** -1 where it is not known. */
  readonly parameterCounts: Float64Array
  /** Simulated seconds of the evaluation. */
  readonly costSeconds: Float64Array
  /** Simulated seconds since the search began, on which a simulated worker took the trial. */
  readonly startSeconds: Float64Array
  readonly endSeconds: Float64Array
  /** Observations that the proposal had seen. */
  readonly seenCounts: Uint32Array
  /** Trials in the order in which they ended. */
  readonly endOrder: Uint32Array
  /** Real seconds of the optimizer, on the machine of the study. */
  readonly askSeconds: Float32Array
  readonly tellSeconds: Float32Array
  /** Real seconds of the optimizer from the beginning until the trial ended, all its calls together. */
  readonly overheadSeconds: Float64Array
}

/**
 * The best trial so far, wherever it changed: the highest validation accuracy, of equals the one
 * with the lower index. A step function: the last entry at or before a place holds there; before
 * the first there is none.
 */
export interface IncumbentCurve {
  /** Trials that had ended, this one included; rising. */
  readonly endedCounts: Uint32Array
  readonly trials: Uint32Array
  /** Simulated seconds since the search began; rising, equals possible. */
  readonly seconds: Float64Array
  /** The same with the optimizer's real seconds on top, as if every worker waited for it. */
  readonly secondsWithOverhead: Float64Array
  readonly valAccuracies: Float64Array
  /** Looked up once the search was over; NaN without test. */
  readonly testAccuracies: Float64Array
}

/** Real time of one kind of call over a cell, in seconds. */
export interface CallTimes {
  readonly total: number
  readonly median: number
  /** The 95th percentile. */
  readonly p95: number
  readonly max: number
}

/** What a report needs of every cell: small, so that thousands fit in memory. */
export interface CellSummary {
  readonly key: CellKey
  readonly endedCount: number
  /** Ended trials by outcome; outcomes that never came are left out. */
  readonly outcomeCounts: Readonly<Record<string, number>>
  /** Proposals by origin. */
  readonly originCounts: Readonly<Record<string, number>>
  /** Which limit ended the search. */
  readonly reason: 'trials' | 'epochs' | 'costSeconds' | 'seconds'
  /** Simulated seconds when the last trial ended. */
  readonly seconds: number
  readonly incumbents: IncumbentCurve
  readonly ask: CallTimes
  readonly tell: CallTimes
  /** Hash of the environment that computed it. */
  readonly fingerprint: string
}

/** A study and what it has measured so far. */
export interface Study {
  readonly name: string
  readonly description: string
  /** Those of the document, variants and random search included. */
  readonly methods: readonly StudyMethod[]
  readonly benchmarks: readonly StudyBenchmark[]
  /** Every applicable cell that is finished; by benchmark, then method, then seed. */
  readonly cells: readonly CellSummary[]
  /** Applicable cells of the document that are not finished. */
  readonly missing: readonly CellKey[]
  /** Environments that cells come from, by hash; several only where a person allowed it. */
  readonly environments: Readonly<Record<string, Json>>
  /** Reads all of one finished cell's trials. */
  trajectory(key: CellKey): Trajectory
}
