import { z } from 'zod'
import { categorical, constant, float, integer, ordinal } from '#src/parameter/define.ts'
import {
  CategoricalParameter,
  Condition,
  ConstantParameter,
  FloatParameter,
  ForbiddenClause,
  IntegerParameter,
  OrdinalParameter,
  type Parameter,
  ParameterValue,
} from '#src/parameter/parameter.ts'

/** Null for the likeliest choice, the first of a sequence, the middle of a range. */
const listedDefault = { defaultValue: ParameterValue.nullable().default(null) }
const rangeDefaults = {
  log: z.boolean().default(false),
  defaultValue: z.number().nullable().default(null),
}

/** A parameter as the parameter language has it, with defaults for what mostly stays as it is. */
export const ParameterInput = z.discriminatedUnion('kind', [
  CategoricalParameter.extend({
    ...listedDefault,
    weights: CategoricalParameter.shape.weights.default(null),
  }),
  OrdinalParameter.extend(listedDefault),
  IntegerParameter.extend(rangeDefaults),
  FloatParameter.extend(rangeDefaults),
  ConstantParameter,
])
export type ParameterInput = z.infer<typeof ParameterInput>

export const HyperparametersSettings = z.strictObject({
  /** What is searched; null for those of `configSpace`, or else an example of six. */
  parameters: z.array(ParameterInput).min(1).nullable().default(null),
  /** When parameters exist. */
  conditions: z.array(Condition).default([]),
  /** Combinations that no configuration has. */
  forbidden: z.array(ForbiddenClause).default([]),
  /** A document that ConfigSpace wrote, in place of the three above; null for none. */
  configSpace: z.record(z.string(), z.unknown()).nullable().default(null),
  /**
   * Values of a number that mutation and neighbours use, evenly over its scale; sampling draws from
   * all.
   */
  gridSize: z.int().min(2).max(1000).default(16),
  /**
   * What a change gives a parameter that it switches on: its default, or any value, so that there is
   * a neighbour for each.
   */
  activated: z.enum(['default', 'fresh']).default('default'),
})
export type HyperparametersSettings = z.infer<typeof HyperparametersSettings>

/** The parameter that an input stands for. */
export function completeParameter(input: ParameterInput): Parameter {
  switch (input.kind) {
    case 'categorical': {
      const { weights, defaultValue } = input
      const chosen = { ...(weights && { weights }), ...given(defaultValue) }
      return categorical(input.name, input.choices, chosen)
    }
    case 'ordinal':
      return ordinal(input.name, input.sequence, given(input.defaultValue))
    case 'integer':
    case 'float': {
      const make = input.kind === 'integer' ? integer : float
      const { name, lower, upper, log, defaultValue } = input
      return make(name, lower, upper, { log, ...given(defaultValue) })
    }
    case 'constant':
      return constant(input.name, input.value)
  }
}

function given<T>(defaultValue: T | null): { readonly defaultValue?: T } {
  return defaultValue === null ? {} : { defaultValue }
}
