/**
 * The experiment document: what a YAML file or a TypeScript module says. Defaults live here and in
 * the settings of the catalogs' entries, nowhere else.
 */
import { z } from 'zod'
import type { EvaluatorEntry } from '#src/evaluator/evaluator.ts'
import { Budget, Visibility } from '#src/experiment/experiment.ts'
import type { OptimizerEntry } from '#src/optimizer/optimizer.ts'
import type { SpaceEntry } from '#src/space/space.ts'
import { Fidelity } from '#src/trial/fidelity.ts'

/** A choice from a catalog: its name, and its settings beside it. */
const Named = z.looseObject({ name: z.string().min(1) })

export const ExperimentDocument = z.strictObject({
  version: z.literal(1),
  /** Names the run's folder; letters, digits, dashes. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes'),
  description: z.string().default(''),
  /** Everything random in the run derives from it; a non-negative integer. */
  seed: z
    .union([z.int().min(0), z.string().regex(/^[0-9]+$/)])
    .transform(String)
    .default('0'),
  space: Named,
  optimizer: Named,
  evaluator: Named,
  fidelity: Fidelity.default({ epochs: 1 }),
  budget: Budget,
  visibility: Visibility.prefault({}),
  /** Attempts that may crash before a trial counts as failed. */
  maxAttempts: z.int().min(1).default(3),
})
/** The resolved document: validated, every default filled in, the catalogs' settings included. */
export type ExperimentDocument = z.infer<typeof ExperimentDocument>
/** What a person writes. */
export type ExperimentInput = z.input<typeof ExperimentDocument>

/** Entries of the user's own, found by name like those that ship. */
export interface Extensions {
  readonly spaces?: readonly SpaceEntry[]
  readonly optimizers?: readonly OptimizerEntry[]
  readonly evaluators?: readonly EvaluatorEntry[]
}

/** What a TypeScript experiment script default-exports. */
export interface ExperimentScript {
  readonly document: ExperimentInput
  readonly extensions: Extensions
}

/** An experiment, loaded and resolved. */
export interface LoadedExperiment {
  readonly document: ExperimentDocument
  /** Content hash of the resolved document. */
  readonly hash: string
  readonly extensions: Extensions
  readonly source: {
    /** Absolute path of the file it came from. */
    readonly path: string
    /** SHA-256 of that file's bytes. */
    readonly sha256: string
    /** `--set` overrides, in order, as given. */
    readonly overrides: readonly string[]
  }
}
