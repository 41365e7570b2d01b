/** How a table of anybody's is described: which column is what. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseOrExplain } from '#src/config/issue.ts'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { badSource } from '../source-file.ts'
import { oneLess, scaled } from './exact-decimal.ts'

/** A column of a CSV table; of JSON records a key, with dots into nested ones. */
const column = z.string().min(1)

/** The same for every record, or a column. */
const Label = z.union([z.strictObject({ value: z.string() }), z.strictObject({ column })])
const Epochs = z.union([z.strictObject({ value: z.int().positive() }), z.strictObject({ column })])

export const accuracyUnits = ['share', 'percent', 'error-share', 'error-percent'] as const
export type AccuracyUnit = (typeof accuracyUnits)[number]
const Accuracy = z.strictObject({ column, unit: z.enum(accuracyUnits).default('share') })

const timeUnits = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const
const Time = z.strictObject({
  column,
  unit: z.enum(['seconds', 'minutes', 'hours', 'days']).default('seconds'),
})

const countUnits = { one: 1, thousands: 1e3, millions: 1e6 } as const
const CountColumn = z.strictObject({
  column,
  unit: z.enum(['one', 'thousands', 'millions']).default('one'),
})

/** Records with a column for each split, or one record for each split. */
const Split = z.strictObject({
  column,
  /** What the column says for each; a split that is not named is left out. */
  train: z.string().optional(),
  validation: z.string().optional(),
  test: z.string().optional(),
})

export const OwnTable = z
  .strictObject({
    version: z.literal(1),
    /** What the benchmark is called by default. */
    name: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9.-]*$/,
        'lower-case letters, digits, - and ., a letter or digit first',
      ),
    summary: z.string().default(''),
    source: z.string().min(1),
    notes: z.array(z.string()).default([]),
    /** The file of results, beside the description: CSV with a header, a JSON list, or JSON lines. */
    table: z.string().min(1),
    /** An entry of the space catalog with its settings, as in an experiment. */
    space: z.looseObject({ name: z.string() }),
    /** Settings of the space that may be others when the table is asked. */
    anySettings: z.array(z.string()).default([]),
    /** One row for all forms of one network, or one for each text form. */
    rowOf: z.enum(['canonical', 'text']).default('canonical'),
    /** The column of the text form; without it, `parameters`. */
    architecture: column.optional(),
    /** A column for each hyperparameter, where it has another name. */
    parameters: z.record(z.string(), column).optional(),
    dataset: Label,
    /** Length of the training. */
    epochs: Epochs,
    /** After which it was measured, within that training. */
    epoch: Epochs.optional(),
    /** Numbers the repeats; `mean` where the numbers are means, by default one training. */
    repeat: z.union([z.literal('mean'), z.strictObject({ column })]).optional(),
    train: Accuracy.optional(),
    validation: Accuracy.optional(),
    test: Accuracy.optional(),
    split: Split.optional(),
    /** With `split`, the accuracy of a record. */
    accuracy: Accuracy.optional(),
    seconds: Time.optional(),
    parameterCount: CountColumn.optional(),
    multiplyAdds: CountColumn.optional(),
  })
  .superRefine((table, context) => {
    const wrong = contradiction(table)
    if (wrong === null) return
    const { key, message } = wrong
    context.addIssue({ code: 'custom', path: [key], message, input: table[key] })
  })
export type OwnTable = z.infer<typeof OwnTable>

type Described = Readonly<Partial<Record<'architecture' | 'parameters' | SplitKey, unknown>>>
type SplitKey = 'split' | 'accuracy' | 'train' | 'validation' | 'test'

/** The first key that does not go with the others, and what is expected of it. */
function contradiction(table: Described): { key: keyof Described; message: string } | null {
  const has = (key: keyof Described) => table[key] !== undefined
  if (has('architecture') && has('parameters')) {
    return {
      key: 'parameters',
      message: 'nothing, since architecture names the column (leave one out)',
    }
  }
  if (has('split') !== has('accuracy')) {
    const key = has('split') ? 'accuracy' : 'split'
    const other = has('split') ? 'split' : 'accuracy'
    return { key, message: `a column, since ${other} is there (they belong together)` }
  }
  const own = (['train', 'validation', 'test'] as const).find(has)
  if (has('split') && own !== undefined) {
    return { key: own, message: 'nothing, since with split each record has one accuracy' }
  }
  if (has('split') || own !== undefined) return null
  return {
    key: 'validation',
    message: 'the column of an accuracy (give train, validation or test, or split and accuracy)',
  }
}

/** @throws benchmark/invalid naming the place */
export async function readDescription(path: string): Promise<OwnTable> {
  let value: unknown
  try {
    value = parse(await readFile(path, 'utf8'))
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw badSource(path, `the description cannot be read: ${message}`, cause)
  }
  try {
    return parseOrExplain(OwnTable, value, { file: path, path: [] })
  } catch (cause) {
    if (!(cause instanceof ArchloomError)) throw cause
    throw new ArchloomError('benchmark/invalid', cause.message, { cause, details: cause.details })
  }
}

/** The settings of the described space. */
export function spaceSettings({ space }: OwnTable): Readonly<Record<string, Json>> {
  const { name: _, ...settings } = space
  // It was read from YAML, where nothing else can stand.
  return settings as Readonly<Record<string, Json>>
}

/** An accuracy as a share: the double nearest to the decimal one. */
export function shareOf(value: number, unit: AccuracyUnit): number {
  const power = unit === 'percent' || unit === 'error-percent' ? -2 : 0
  return unit.startsWith('error-') ? oneLess(value, power) : scaled(value, 1, power)
}

/** The double nearest to the decimal seconds. */
export function secondsOf(value: number, unit: keyof typeof timeUnits): number {
  return scaled(value, timeUnits[unit])
}

/** A number of things that are counted: the double nearest to the decimal one. */
export function countOf(value: number, unit: keyof typeof countUnits): number {
  return scaled(value, countUnits[unit])
}
