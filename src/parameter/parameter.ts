/**
 * The language of conditional hyperparameters: what a space with a fixed list of decisions looks
 * like to methods that know nothing of networks (TPE, SMAC, differential evolution, …). A parameter
 * space is a JSON value. The other files of this folder sample, check, count, encode and translate
 * it; its terms are those of ConfigSpace, whose JSON they read and write.
 *
 * @see Hutter et al. 2009, "ParamILS", section 2 (conditional parameters, forbidden combinations)
 */
import { z } from 'zod'

export const ParameterValue = z.union([z.string(), z.number(), z.boolean()])
export type ParameterValue = z.infer<typeof ParameterValue>

const name = z.string().min(1)
const values = z.array(ParameterValue).min(1)

/** Unordered choices. */
export const CategoricalParameter = z.strictObject({
  kind: z.literal('categorical'),
  name,
  /** Each once. */
  choices: values,
  /** Probabilities of the choices up to a factor; null for equal ones. */
  weights: z.array(z.number().positive()).nullable(),
  defaultValue: ParameterValue,
})

/** Choices with an order and no distance. */
export const OrdinalParameter = z.strictObject({
  kind: z.literal('ordinal'),
  name,
  /** From first to last, each once. */
  sequence: values,
  defaultValue: ParameterValue,
})

/** Both ends included, `lower` below `upper`. */
export const IntegerParameter = z.strictObject({
  kind: z.literal('integer'),
  name,
  lower: z.int(),
  upper: z.int(),
  /** Uniform in the logarithm; `lower` is at least 1 then. */
  log: z.boolean(),
  defaultValue: z.int(),
})

/** Both ends included, `lower` below `upper`. Values drawn are rounded: see `roundFloat`. */
export const FloatParameter = z.strictObject({
  kind: z.literal('float'),
  name,
  lower: z.number(),
  upper: z.number(),
  /** Uniform in the logarithm; `lower` is positive then. */
  log: z.boolean(),
  defaultValue: z.number(),
})

export const ConstantParameter = z.strictObject({
  kind: z.literal('constant'),
  name,
  value: ParameterValue,
})

export const Parameter = z.discriminatedUnion('kind', [
  CategoricalParameter,
  OrdinalParameter,
  IntegerParameter,
  FloatParameter,
  ConstantParameter,
])
export type Parameter = z.infer<typeof Parameter>

/**
 * What a condition asks of another parameter. False while that one is inactive. Smaller and greater
 * are defined for numbers, and for ordinals by their place in the sequence.
 */
export const Comparison = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('equals'), parameter: name, value: ParameterValue }),
  z.strictObject({ kind: z.literal('not-equals'), parameter: name, value: ParameterValue }),
  /** Among no values it never holds. */
  z.strictObject({ kind: z.literal('in'), parameter: name, values: z.array(ParameterValue) }),
  z.strictObject({ kind: z.literal('less-than'), parameter: name, value: ParameterValue }),
  z.strictObject({ kind: z.literal('greater-than'), parameter: name, value: ParameterValue }),
])
export type Comparison = z.infer<typeof Comparison>

export const Test = z.discriminatedUnion('kind', [
  ...Comparison.options,
  z.strictObject({
    kind: z.literal('and'),
    get tests() {
      return z.array(Test).min(1)
    },
  }),
  z.strictObject({
    kind: z.literal('or'),
    get tests() {
      return z.array(Test).min(1)
    },
  }),
])
export type Test = z.infer<typeof Test>

/**
 * The child is active exactly when all conditions on it hold. A comparison with an inactive parameter
 * never holds, so activity is recursive; an `or` needs one of its parents only.
 */
export const Condition = z.strictObject({ child: name, test: Test })
export type Condition = z.infer<typeof Condition>

/** A combination that no configuration may have: every part of it at once. */
export const ForbiddenClause = z.strictObject({
  /** Any comparison but `not-equals`. One with an inactive parameter does not hold. */
  parts: z.array(Comparison).min(1),
})
export type ForbiddenClause = z.infer<typeof ForbiddenClause>

export const ParameterSpace = z.strictObject({
  name,
  parameters: z.array(Parameter).min(1),
  conditions: z.array(Condition),
  forbidden: z.array(ForbiddenClause),
})
export type ParameterSpace = z.infer<typeof ParameterSpace>

/** Values of the active parameters, by name; an inactive parameter has no entry. */
export type Configuration = Readonly<Record<string, ParameterValue>>
