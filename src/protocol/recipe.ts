/**
 * Training as data: the recipe that the worker follows, and the data set that it trains on.
 * Defaults stand here, once; the wire carries the resolved form.
 */
import { z } from 'zod'

const positive = z.number().positive()
const nonNegative = z.number().min(0)
const share = z.number().min(0).max(1)

export const Sgd = z.strictObject({
  kind: z.literal('sgd'),
  /** Peak learning rate. Default for batch 128 with cosine: reference G1. */
  learningRate: positive.default(0.1),
  momentum: share.default(0.9),
  nesterov: z.boolean().default(true),
  weightDecay: nonNegative.default(5e-4),
})

export const AdamW = z.strictObject({
  kind: z.literal('adamw'),
  learningRate: positive.default(1e-3),
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: positive.default(1e-8),
  weightDecay: nonNegative.default(1e-2),
})

/** How weights follow gradients. */
export const OptimizerRule = z.discriminatedUnion('kind', [Sgd, AdamW])

export const ConstantSchedule = z.strictObject({ kind: z.literal('constant') })

/** From the peak to `finalShare` times the peak along half a cosine. */
export const CosineSchedule = z.strictObject({
  kind: z.literal('cosine'),
  finalShare: share.default(0),
})

/** Multiplied by `factor` at each milestone, a share of the horizon in (0, 1). */
export const StepSchedule = z.strictObject({
  kind: z.literal('step'),
  milestones: z.array(z.number().gt(0).lt(1)).default([0.5, 0.75]),
  factor: z.number().gt(0).lt(1).default(0.1),
})

/**
 * Cosine from `1 / initialDivisor` of the peak up to it over `riseShare` of the horizon, then down
 * to `1 / finalDivisor` of the initial rate.
 * @see Smith and Topin 2018, "Super-Convergence", section 3; defaults as in PyTorch's OneCycleLR.
 */
export const OneCycleSchedule = z.strictObject({
  kind: z.literal('one-cycle'),
  riseShare: z.number().gt(0).lt(1).default(0.3),
  initialDivisor: z.number().gt(1).default(25),
  finalDivisor: z.number().gt(1).default(1e4),
})

/** Learning rate over the horizon, stepped once per optimizer step. */
export const Schedule = z.discriminatedUnion('kind', [
  ConstantSchedule,
  CosineSchedule,
  StepSchedule,
  OneCycleSchedule,
])

export const Augmentation = z.strictObject({
  /** Zeros around the image before a random crop back to its size; 0 for no crop. */
  cropPadding: z.int().min(0).default(0),
  /** Left-right flip with probability one half. */
  flip: z.boolean().default(false),
  /** Side of the square set to zero, its centre uniform over the image; 0 for none. DeVries and Taylor 2017. */
  cutoutSize: z.int().min(0).default(0),
})

export const Recipe = z.strictObject({
  batchSize: z.int().min(1).default(128),
  /** Batch of the evaluation passes; changes speed and memory, never the metrics. */
  evaluationBatchSize: z.int().min(1).default(512),
  optimizer: OptimizerRule.prefault({ kind: 'sgd' }),
  /** Whether weight decay also acts on biases and batch-norm parameters. */
  decayNormAndBias: z.boolean().default(true),
  schedule: Schedule.prefault({ kind: 'cosine' }),
  /** Linear rise of the learning rate from 0 over the first epochs, before the schedule's own value. */
  warmupEpochs: nonNegative.default(0),
  labelSmoothing: z.number().min(0).lt(1).default(0),
  /** Largest norm of the whole gradient; null for no clipping. */
  gradientClip: positive.nullable().default(5),
  augmentation: Augmentation.prefault({}),
  /** Arithmetic of the forward pass; weights and batch norm stay float32. */
  precision: z.enum(['float32', 'bfloat16', 'float16']).default('float32'),
  channelsLast: z.boolean().default(false),
  /** torch.compile; pays off only for long trainings. */
  compile: z.boolean().default(false),
})
export type Recipe = z.infer<typeof Recipe>

/** Pictures, then tables of features, then text. `py/archloom_worker/data/README.md` describes each. */
export const datasetNames = [
  'digits',
  'fashion-mnist',
  'cifar10',
  'cifar100',
  'wine',
  'breast-cancer',
  'tinyshakespeare',
  'wikitext-2',
] as const
export const DatasetName = z.enum(datasetNames)
export type DatasetName = z.infer<typeof DatasetName>

/** A data set and its fixed split. */
export const DatasetSplit = z.strictObject({
  name: DatasetName,
  /**
   * Seed of the split, a decimal string; not the run's seed, so that runs share their split. Text is
   * cut in its own order, which no seed changes.
   */
  splitSeed: z
    .string()
    .regex(/^[0-9]+$/)
    .default('0'),
  /**
   * Share of the official training samples held out for validation, stratified by class; of text the
   * tokens before the test part.
   */
  validationShare: z.number().gt(0).lt(1).default(0.2),
  /**
   * Share of all samples held out for testing, only where the data set has no official test split; of
   * text the last tokens.
   */
  testShare: z.number().gt(0).lt(1).default(0.2),
  /** Training samples used, a prefix of the training split, stratified where it has classes; null for all. */
  trainLimit: z.int().min(1).nullable().default(null),
  /** Tokens of one sample of text, each of which the next one is told from; means nothing elsewhere. */
  sequenceLength: z.int().min(1).max(4096).default(64),
})
export type DatasetSplit = z.infer<typeof DatasetSplit>
