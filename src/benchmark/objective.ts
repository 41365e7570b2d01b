/**
 * What a search on a benchmark optimizes: pure and synchronous, so that the evaluators of this folder's
 * benchmarks and the simulator of `archloom compare` use one and the same thing. `table-objective.ts`
 * makes one of a table; an evaluator that has one offers it as `objective` of its catalog entry.
 */
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'
import type { EvaluationResult } from '#src/trial/record.ts'

/** What reports, plots and terminals say of a search that has to be told test accuracies. */
export const testOnlyMark = 'test-only table'
/** What they say where the table has validation accuracies and the search is told others on purpose. */
export const yardstickMark = 'searched on test accuracy'

/** Which numbers of a table a search is told, and which stand in its result. */
export const ObjectiveChoice = z.strictObject({
  /** Data set searched on; null for the first that has the signal. */
  dataset: z.string().min(1).nullable().default(null),
  /** Budget of a full evaluation; null for the largest of the data set that has the signal. */
  epochs: z.int().min(1).nullable().default(null),
  /**
   * What the search is told as validation accuracy. `test` is for tables without validation, which
   * every report then says; `yardstick` is the test accuracy although there is validation, for
   * comparisons with published curves that were made so, and reports say that too.
   */
  signal: z.enum(['validation', 'test', 'yardstick']).default('validation'),
  /**
   * What fewer epochs than a full evaluation's are: `trainings` of that length of their own, or
   * points of the full training's `curve`.
   */
  fidelities: z.enum(['trainings', 'curve']).default('trainings'),
  /**
   * Which training of several: `random` draws one by the trial's seed; null for what the benchmark
   * publishes, `random` where repeats are kept one by one and `mean` where they are not.
   */
  repeat: z
    .union([z.enum(['mean', 'random']), z.int().min(0)])
    .nullable()
    .default(null),
  /**
   * The test accuracy of the result, a mean over repeats; null for none. Its data set is the one
   * searched on, its epochs the largest budget with test accuracy, unless told.
   */
  report: z
    .strictObject({
      dataset: z.string().min(1).nullable().default(null),
      epochs: z.int().min(1).nullable().default(null),
    })
    .nullable()
    .prefault({}),
})
export type ObjectiveChoice = z.infer<typeof ObjectiveChoice>
export type ObjectiveInput = z.input<typeof ObjectiveChoice>

/**
 * What a search on a benchmark maximizes.
 *
 * @remarks
 * Optimizers see nothing but what `measure` gives, which has no place for a test metric. The other
 * methods are for who selects a winner, plots regret and writes reports.
 */
export interface Objective extends Disposable {
  /** Of the benchmark. */
  readonly name: string
  /** One line: what is told, what is reported. */
  readonly description: string
  /** Everything that its numbers depend on, the benchmark's content included. */
  readonly fingerprint: Json
  /** SHA-256 of `fingerprint`, as it stands on each result. */
  readonly contentHash: string
  /** Whether the signal is test accuracy because the table has no other. */
  readonly isTestOnly: boolean
  /** What each report and plot must say of it, or null: `testOnlyMark`, `yardstickMark`. */
  readonly mark: string | null
  /** Whether the costs are real seconds of training; else `cost.seconds` is 0 throughout. */
  readonly hasSeconds: boolean
  readonly hasTest: boolean
  /** A full evaluation. */
  readonly fullFidelity: Fidelity
  /** The epochs that `measure` knows, rising, none above those of `fullFidelity`. */
  readonly budgets: readonly number[]

  /**
   * What a trial is told: `metrics.valAccuracy`, `cost.seconds` of simulated training,
   * `counts.parameterCount` where the source has it; `fingerprint` is `contentHash`.
   *
   * @param architecture - text form of the space that the objective was made for
   * @param seed - decides what is random: the repeat of a table, the noise of a synthetic function
   * @throws AttemptFailure of kind `invalid_task` for an architecture that the benchmark does not hold
   * @throws benchmark/no-metric for epochs that are no budget, naming the budgets
   */
  measure(architecture: string, fidelity: Fidelity, seed: string): EvaluationResult
  /**
   * The reported test accuracy, 0 to 1: for the winner, once.
   * @throws benchmark/no-metric when there is none; AttemptFailure as `measure` does
   */
  testAccuracy(architecture: string): number
  /**
   * The highest expected `valAccuracy` of the space at full fidelity; null where it is not known.
   * May take seconds the first time.
   */
  bestValAccuracy(): number | null
  /** The highest reported test accuracy of the space; null where it is not known or there is none. */
  bestTestAccuracy(): number | null
}

/**
 * Refuses epochs that an objective has no measurement for.
 * @throws benchmark/no-metric naming the budgets
 */
export function refuseBudget(name: string, budgets: readonly number[], epochs: number): never {
  throw new ArchloomError(
    'benchmark/no-metric',
    `An evaluation on ${name} has ${spokenBudgets(budgets)} epochs here, found ${epochs}; set fidelity.epochs to one of these, since nothing between is measured`,
    { details: { benchmark: name, epochs, budgets } },
  )
}

/** `4, 12 or 36`, and `1 to 52` of a long row. */
function spokenBudgets(budgets: readonly number[]): string {
  const [first] = budgets
  const last = budgets.at(-1)
  if (budgets.length === 1) return String(first)
  if (budgets.length > 12) return `${first} to ${last}`
  return `${budgets.slice(0, -1).join(', ')} or ${last}`
}
