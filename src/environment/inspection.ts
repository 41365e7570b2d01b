/**
 * What is found in a user's module: the answer of `py/archloom_worker/inspection`, which comes from a
 * process that runs foreign code, so that nothing of it is believed before it is checked.
 */
import { z } from 'zod'

const text = z.string()
/** A text, a number or a truth value. */
const PlainValue = z.union([z.string(), z.number(), z.boolean()])

const DefaultValue = z.strictObject({
  /** As Python writes it. */
  text,
  /** Null for one that is no text, number or truth value. */
  value: PlainValue.nullable(),
})

/** What a type hint says about values. */
export const TypeHint = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['bool', 'int', 'float', 'str', 'any', 'dict', 'other']) }),
  /** `Literal`. */
  z.strictObject({ kind: z.literal('choices'), values: z.array(PlainValue).min(1) }),
  z.strictObject({
    kind: z.literal('enum'),
    name: text,
    /** Of its members. */
    values: z.array(PlainValue),
    /** Whether its members are texts or numbers themselves. */
    isPlain: z.boolean(),
  }),
  /** `TypedDict`, a dataclass or a msgspec Struct. */
  z.strictObject({
    kind: z.literal('fields'),
    name: text,
    get fields() {
      return z.array(NamedHint)
    },
  }),
])
export type TypeHint = z.infer<typeof TypeHint>

const NamedHint = z.strictObject({
  name: text,
  /** As Python writes it; null where there is none. */
  annotation: text.nullable(),
  hint: TypeHint.nullable(),
  /** Null where there is none. */
  default: DefaultValue.nullable(),
})
/** A parameter, or a field of a class that parameters are put into. */
export type NamedHint = z.infer<typeof NamedHint>

export const InspectedParameter = NamedHint.extend({
  kind: z.enum([
    ...['positional-only', 'positional-or-keyword', 'var-positional'],
    ...['keyword-only', 'var-keyword'],
  ] as const),
})
export type InspectedParameter = z.infer<typeof InspectedParameter>

const signature = {
  /** Null where Python itself does not know them. */
  parameters: z.array(InspectedParameter).nullable(),
  returns: text.nullable(),
}

export const InspectedMethod = z.strictObject({
  name: text,
  docstring: text.nullable(),
  ...signature,
})
export type InspectedMethod = z.infer<typeof InspectedMethod>

export const InspectedFunction = z.strictObject({
  kind: z.literal('described'),
  /** A class or another factory makes sessions; an object is called like a function. */
  what: z.enum(['function', 'class', 'object', 'coroutine', 'generator']),
  docstring: text.nullable(),
  moduleDocstring: text.nullable(),
  place: z.strictObject({ file: text, line: z.int() }).nullable(),
  /** The module that it is defined in. */
  home: text,
  ...signature,
  /** Of a class. */
  methods: z.array(InspectedMethod),
  /** What the source reads out of its argument `configuration`, with the default of `.get`. */
  configurationKeys: z.array(NamedHint),
  /** What the source returns as keys of a dict. */
  returnedKeys: z.array(text),
  /** What the function or its module declares; null for none. */
  searchSpace: z
    .strictObject({
      /** Such as `train.search_space`. */
      where: text,
      document: z.unknown(),
      /** Why it is no document; null when it is one. */
      problem: text.nullable(),
    })
    .nullable(),
  versions: z.strictObject({
    python: text,
    /** Null where PyTorch is not installed. */
    torch: text.nullable(),
    /** What the user's files import, by distribution; null for what is not installed. */
    packages: z.record(text, text.nullable()),
  }),
})
export type InspectedFunction = z.infer<typeof InspectedFunction>

const blame = {
  /** The error as Python names it. */
  error: text,
  file: text.nullable(),
  line: z.int().nullable(),
  code: text.nullable(),
  /** The module that was not found, where that is the trouble. */
  missing: text.nullable(),
}

const InspectionProblem = z.discriminatedUnion('problem', [
  z.strictObject({
    kind: z.literal('problem'),
    problem: z.literal('no-module'),
    missing: text,
    searched: z.array(text),
  }),
  z.strictObject({
    kind: z.literal('problem'),
    problem: z.literal('no-function'),
    near: text.nullable(),
    callables: z.array(text),
  }),
  z.strictObject({
    kind: z.literal('problem'),
    problem: z.literal('not-callable'),
    type: text,
    callables: z.array(text),
  }),
  z.strictObject({ kind: z.literal('problem'), problem: z.literal('import-failed'), ...blame }),
  z.strictObject({ kind: z.literal('problem'), problem: z.literal('exited'), ...blame }),
])
export type InspectionProblem = z.infer<typeof InspectionProblem>

export const InspectionAnswer = z.union([InspectedFunction, InspectionProblem])
export type InspectionAnswer = z.infer<typeof InspectionAnswer>

export interface InspectionRequest {
  /** `module:function`. */
  readonly target: string
  /** Folders in which the module is looked for before anything installed; absolute paths. */
  readonly pythonPath: readonly string[]
  /** For the import and all that it does. */
  readonly timeoutSeconds: number
  readonly signal?: AbortSignal
}

/** What importing a module may take unless told. */
export const defaultTimeoutSeconds = 60

/** What the process apart is told. */
export interface InspectionOrder {
  readonly command: readonly [string, ...string[]]
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly target: string
  /** Absolute. */
  readonly pythonPath: readonly string[]
  readonly seconds: number
}

/** What the process apart tells. */
export const InspectionMessage = z.discriminatedUnion('kind', [
  /** Python runs; the module comes next. */
  z.strictObject({ kind: z.literal('looking') }),
  z.strictObject({ kind: z.literal('answer'), text }),
  /** Python has ended without an answer. */
  z.strictObject({
    kind: z.literal('ended'),
    status: z.int().nullable(),
    signal: text.nullable(),
  }),
  /** Python did not start, or pythonia could not talk to it. */
  z.strictObject({ kind: z.literal('broken'), reason: text }),
])
export type InspectionMessage = z.infer<typeof InspectionMessage>
