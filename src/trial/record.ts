import { z } from 'zod'
import { Cost, KnownCounts, KnownPoint, Metrics } from './metrics.ts'
import { FailureKind } from './outcome.ts'

/** Why an attempt failed, as a person should read it. */
export const Failure = z.strictObject({
  kind: FailureKind,
  message: z.string(),
  /** Where it happened; Python's traceback goes to the log and the journal, not to the terminal. */
  traceback: z.string().optional(),
  /** What the attempt had cost by then. */
  cost: Cost.optional(),
})
export type Failure = z.infer<typeof Failure>

/** Trained weights that were kept: path relative to the run folder, and content. */
export const KeptCheckpoint = z.strictObject({ path: z.string().min(1), sha256: z.string() })
export type KeptCheckpoint = z.infer<typeof KeptCheckpoint>

/** How a data set was split and normalised, as whoever trained on it found it. */
export const DatasetUse = z.strictObject({
  /** SHA-256 over all inputs and labels. */
  contentHash: z.string(),
  /** SHA-256 over the positions of the training, validation and test samples. */
  splitHash: z.string(),
  trainCount: z.int().min(1),
  validationCount: z.int().min(1),
  testCount: z.int().min(1),
  /**
   * Over the training split: of each channel as shares of full brightness, or of each feature in its
   * own unit; empty for text.
   */
  mean: z.array(z.number()),
  std: z.array(z.number()),
})
export type DatasetUse = z.infer<typeof DatasetUse>

/** What an evaluator hands back for a finished trial. */
export const EvaluationResult = z.strictObject({
  metrics: Metrics,
  cost: Cost,
  counts: KnownCounts.optional(),
  /** Empty when the evaluator streams no curve. */
  curve: z.array(KnownPoint),
  checkpoint: KeptCheckpoint.optional(),
  dataset: DatasetUse.optional(),
  /** Hash of the fingerprint that the result was produced under. */
  fingerprint: z.string(),
})
export type EvaluationResult = z.infer<typeof EvaluationResult>
