/**
 * The interface of an evaluator: what turns an architecture into a measurement. `catalog.ts` names
 * the evaluators that exist; README.md says how to add one.
 */
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Objective } from '#src/benchmark/objective.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'
import type { KnownPoint, TestMetrics } from '#src/trial/metrics.ts'
import type { EvaluationResult, KeptCheckpoint } from '#src/trial/record.ts'
import type { WorkerStatus } from '#src/worker/worker.ts'

/** A trained network that another can start from. */
export interface WeightSource {
  readonly trial: number
  /** The space's text form. */
  readonly architecture: string
  /** Its path is relative to the run folder. */
  readonly checkpoint: KeptCheckpoint
}

export interface EvaluationRequest {
  readonly trial: number
  /** Zero-based. */
  readonly attempt: number
  /** The space's text form. */
  readonly architecture: string
  readonly fidelity: Fidelity
  /** Seed of everything random in the evaluation, a decimal string; the same for every attempt. */
  readonly seed: string
  /** Whose weights matching layers start from; only where the entry's `inheritsWeights` says so. */
  readonly weightsFrom?: WeightSource
  readonly onProgress: (point: KnownPoint) => void
  readonly signal: AbortSignal
}

export interface TestRequest {
  readonly trial: number
  /** Zero-based. */
  readonly attempt: number
  readonly architecture: string
  readonly fidelity: Fidelity
  /** What the selected trial's evaluation handed back. */
  readonly result: EvaluationResult
  readonly seed: string
  /** Whether its weights began as those of another trial, which may be gone; absent for no. */
  readonly isHeir?: boolean
  readonly signal: AbortSignal
}

/**
 * Measures architectures. Started once a run and disposed at its end.
 *
 * @remarks
 * A failed evaluation throws `AttemptFailure` (trial/attempt-failure.ts), which the journal keeps; any other error ends the
 * run. An evaluator must be deterministic in the request up to what its fingerprint declares.
 */
export interface Evaluator extends AsyncDisposable {
  readonly name: string
  /** How many evaluations it can run at once now. */
  readonly slots: number
  /** Calls back when `slots` has changed; absent where it never does. */
  watchSlots?(listener: () => void): void
  /** What is known of each of its workers now, for people who watch; absent where it has none. */
  workers?(): readonly WorkerStatus[]
  /** Every environment that results may come from, by hash; known once started. */
  readonly fingerprints: ReadonlyMap<string, unknown>
  evaluate(request: EvaluationRequest): Promise<EvaluationResult>
  /**
   * Called whenever everything that can start has started: no proposal is being made and no result
   * waits to be recorded. A simulated clock moves on to its next result then; others leave it out.
   */
  moveOn?(): void
  /**
   * The trials whose trained weights may still be asked for, each time after they were committed; the
   * evaluator may throw all others away. What has left the set does not come back.
   */
  retainWeights?(trials: ReadonlySet<number>): void
  /** The test split, for the one selected trial; absent when the evaluator has none. */
  test?(request: TestRequest): Promise<TestMetrics>
}

/** What the runner hands to an evaluator when it starts one. */
export interface EvaluatorContext {
  readonly space: SearchSpace
  /** Absolute path of the run folder; files go under `artifacts/`. */
  readonly runFolder: string
  /** Absolute path of the experiment's own folder: what relative paths in its settings start from. */
  readonly sourceFolder: string
  readonly logger: Logger
  /** Go on although the environment differs from its lock; the drift is recorded. */
  readonly allowDrift: boolean
  /** Go on although results come from several environments, which the results will say; absent for no. */
  readonly allowMixed?: boolean
  /** Environments that the run has results of already, by fingerprint hash; absent for none. */
  readonly earlierEnvironments?: readonly string[]
  readonly signal: AbortSignal
  /** What each trial gets unless the optimizer has a reason for less. */
  readonly fidelity: Fidelity
  /** Whether the budget counts the seconds that trials cost; refuse to start without knowing them. */
  readonly countsCost: boolean
  /**
   * Whether trials may be told to start from the weights of earlier ones, so that the weights of each
   * are to be kept; absent for no.
   */
  readonly inheritsWeights?: boolean
}

/** A catalog entry: how the evaluator is named, configured and started. */
export interface EvaluatorEntry<S extends z.ZodType = z.ZodType> {
  readonly name: string
  /** One sentence for help and docs. */
  readonly summary: string
  /** Settings with their defaults, strict. */
  readonly settings: S
  /** Whether `test` will be there, known before anything starts. */
  hasTest(settings: z.infer<S>): boolean
  /**
   * Whether evaluations can start from the weights of earlier trials; absent for no. One that can keeps
   * the weights of every trial until `retainWeights` lets go of them, and a trial whose weights cannot
   * be kept fails.
   */
  inheritsWeights?(settings: z.infer<S>): boolean
  start(settings: z.infer<S>, context: EvaluatorContext): Promise<Evaluator>
  /**
   * What it measures, where it answers at once instead of training: comparisons play whole searches
   * on it without an evaluator. Who opens it disposes it.
   */
  objective?(settings: z.infer<S>, space: SearchSpace): Promise<Objective>
}
