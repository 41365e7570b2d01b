import { listedValues, roundFloat } from '#src/parameter/domain.ts'
import { readValue } from '#src/parameter/model.ts'
import type { Configuration, Parameter, ParameterValue } from '#src/parameter/parameter.ts'
import type { ParzenDimension } from '#src/predictor/parzen-dimension.ts'

/** A parameter as numbers: the place of a listed value, a number itself, NaN where it is inactive. */
export interface ParameterAxis {
  readonly name: string
  readonly dimension: ParzenDimension
  read(configuration: Configuration): number
  write(entry: number): ParameterValue
}

/**
 * @remarks An ordinal is the integer of its place: it has an order, which a categorical would lose.
 */
export function parameterAxis(parameter: Parameter): ParameterAxis {
  const { name } = parameter
  const listed = listedValues(parameter)
  if (listed) {
    const places = new Map(listed.map((value, place) => [value, place]))
    return {
      name,
      dimension: dimensionOf(parameter, listed.length),
      read: (configuration) => places.get(readValue(configuration, name) ?? '') ?? Number.NaN,
      write: (entry) => listed[entry] ?? '',
    }
  }
  return {
    name,
    dimension: dimensionOf(parameter, 0),
    read: (configuration) => Number(readValue(configuration, name) ?? Number.NaN),
    write: (entry) => (parameter.kind === 'float' ? roundFloat(parameter, entry) : entry),
  }
}

function dimensionOf(parameter: Parameter, valueCount: number): ParzenDimension {
  switch (parameter.kind) {
    case 'categorical': {
      const weights = parameter.weights ?? parameter.choices.map(() => 1)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      return { kind: 'categorical', prior: weights.map((weight) => weight / total) }
    }
    case 'integer':
    case 'float': {
      const { lower, upper, log, kind } = parameter
      return { kind: 'numeric', low: lower, high: upper, log, isInteger: kind === 'integer' }
    }
    case 'ordinal':
    case 'constant':
      return { kind: 'numeric', low: 0, high: valueCount - 1, log: false, isInteger: true }
  }
}
