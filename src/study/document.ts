/**
 * The study document: what a YAML file or a TypeScript module says for `archloom compare`. Defaults
 * live here and in the settings of the catalogs' entries, nowhere else.
 */
import { z } from 'zod'

/** A choice from a catalog: its name, and its settings beside it; a name alone for its defaults. */
const Named = z.union([
  z
    .string()
    .min(1)
    .transform((name): { name: string; [setting: string]: unknown } => ({ name })),
  z.looseObject({ name: z.string().min(1) }),
])

const Label = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[^\n\r\t]*$/, 'must be one line')

/** What ends each search; at least one limit. Wall-clock time is none: it would not repeat. */
export const StudyBudget = z
  .strictObject({
    /** Trials proposed. */
    trials: z.int().min(1).max(1_000_000).optional(),
    /** Training epochs proposed, over all trials. */
    epochs: z.int().min(1).optional(),
    /** Simulated seconds that the told trials cost; the trial that reaches the limit is the last. */
    costSeconds: z.number().positive().optional(),
  })
  .refine((budget) => Object.values(budget).some((limit) => limit !== undefined), {
    message: 'needs at least one of trials, epochs, costSeconds',
  })
export type StudyBudget = z.infer<typeof StudyBudget>

/** Where tables are read off; the budget's own limits are always among them. */
const CheckpointChoice = z.strictObject({
  /** Numbers of told trials. */
  trials: z.array(z.int().min(1)).default([]),
  /** Simulated seconds. */
  costSeconds: z.array(z.number().positive()).default([]),
})
export type CheckpointChoice = z.infer<typeof CheckpointChoice>

const Seeds = z.union([
  z
    .int()
    .min(1)
    .max(100_000)
    .transform((count) => ({ first: 0, count })),
  z.strictObject({
    first: z.int().min(0).default(0),
    count: z.int().min(1).max(100_000),
  }),
])

/** What finding a method's settings cost, for end-to-end times; nothing is known where it is absent. */
const Tuning = z.strictObject({
  /** Simulated seconds of everything that was run to choose them. */
  costSeconds: z.number().min(0),
  /** Where that is recorded: a study, runs, a paper. */
  source: z.string().min(1).max(200),
})
export type Tuning = z.infer<typeof Tuning>

const MethodChoice = z.union([
  z
    .string()
    .min(1)
    .transform((name): MethodObject => ({ name })),
  z.looseObject({
    /** In the optimizer catalog; its settings stand beside it. */
    name: z.string().min(1),
    /** Unique in the study; the name by default. */
    label: Label.optional(),
    /** How many seeds, where not the study's number: fewer for methods that take long. */
    seeds: z.int().min(1).max(100_000).optional(),
    tuning: Tuning.optional(),
  }),
])
interface MethodObject {
  name: string
  label?: string | undefined
  seeds?: number | undefined
  tuning?: Tuning | undefined
  [setting: string]: unknown
}

const BenchmarkChoice = z.looseObject({
  /** In the evaluator catalog, one that answers at once; its settings stand beside it. */
  name: z.string().min(1),
  /** Unique in the study. */
  label: Label,
  /** What is searched. */
  space: Named,
  /** In place of the study's. */
  budget: StudyBudget.optional(),
  /** In place of the study's. */
  checkpoints: CheckpointChoice.optional(),
  /** Simulated workers, in place of the study's. */
  workers: z.int().min(1).max(1024).optional(),
  /** Labels of the methods that are compared here, their variants included; all by default. */
  methods: z.array(Label).min(1).optional(),
})

/** Variants of a method: an ablation, or a look at what a setting does. */
const Vary = z.strictObject({
  /** Label of a method of the study. */
  method: Label,
  /** Paths of settings, such as `population.size`, to the values that each takes. */
  settings: z
    .record(z.string().min(1), z.array(z.json()).min(1))
    .refine((settings) => Object.keys(settings).length > 0, {
      message: 'needs at least one setting with its values',
    }),
  /** One setting at a time, the others as the method has them, or every combination. */
  mode: z.enum(['one-at-a-time', 'grid']).default('one-at-a-time'),
})

export const StudyDocument = z.strictObject({
  version: z.literal(1),
  /** Names the study's folder; letters, digits, dashes. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes'),
  description: z.string().default(''),
  /** Each cell's seed is a number from `first` on, the same for all methods: pairs by seed. */
  seeds: Seeds.prefault(30),
  /** Random search joins them by itself. */
  methods: z.array(MethodChoice).min(1),
  vary: z.array(Vary).default([]),
  benchmarks: z.array(BenchmarkChoice).min(1),
  budget: StudyBudget.optional(),
  checkpoints: CheckpointChoice.prefault({}),
  /** What a proposal has seen, as in an experiment; the window is the number of workers. */
  visibility: z.enum(['ordered', 'arrival']).default('ordered'),
  /** Simulated workers, part of what is compared. */
  workers: z.int().min(1).max(1024).default(1),
  /** Attempts that may crash before a trial counts as failed. */
  maxAttempts: z.int().min(1).default(3),
})
/** The document, validated and with its own defaults filled in. */
export type StudyDocument = z.infer<typeof StudyDocument>
/** What a person writes. */
export type StudyInput = z.input<typeof StudyDocument>
export type MethodChoice = StudyDocument['methods'][number]
export type BenchmarkChoice = StudyDocument['benchmarks'][number]
export type VaryChoice = StudyDocument['vary'][number]
