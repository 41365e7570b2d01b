/**
 * Configurations as vectors of fixed length: for methods that work on [0, 1]^d, and for surrogates.
 *
 * @see Awad et al. 2020, "Differential Evolution for Neural Architecture Search", section 3;
 *   automl/DE-NAS `denas/optimizers/de.py` (decoding).
 */
import { ArchloomError } from '#src/errors.ts'
import { listedValues, shareOf, valueAt } from './domain.ts'
import { parameterModel, readValue } from './model.ts'
import type { Configuration, Parameter, ParameterSpace, ParameterValue } from './parameter.ts'
import { assembleConfiguration } from './sample.ts'

/** The parameters that a vector has a place for, in its order: all but constants, parents first. */
export function vectorParameters(space: ParameterSpace): readonly Parameter[] {
  return parameterModel(space)
    .nodes.map(({ parameter }) => parameter)
    .filter(({ kind }) => kind !== 'constant')
}

/**
 * One number from 0 to 1 for every parameter, the middle of a value's bin where values are listed.
 *
 * @param inactive - what stands for a parameter without a value: the middle of the range for
 *   optimizers, to whom it means nothing; a number outside [0, 1], such as -1, for surrogates that
 *   shall tell it from every value
 */
export function encodeUnitVector(
  space: ParameterSpace,
  configuration: Configuration,
  inactive = 0.5,
): number[] {
  return vectorParameters(space).map((parameter) => {
    const value = readValue(configuration, parameter.name)
    return value === undefined ? inactive : encodeValue(parameter, value)
  })
}

/**
 * The configuration that a vector stands for; entries of inactive parameters are not looked at.
 *
 * @remarks
 * Listed values: `min(floor(v * k), k - 1)`. Numbers: `lower + (upper - lower) * v` on their scale,
 * rounded for integers, so that the two ends have half the share of the others, as in the source.
 * The result can be forbidden; who decodes it asks `configurationProblems`.
 * Decoding what was encoded gives the same configuration; a float that nobody rounded with
 * `roundFloat` comes back rounded.
 *
 * @throws internal/invariant for a vector of another length or with something that is no number
 */
export function decodeUnitVector(space: ParameterSpace, vector: readonly number[]): Configuration {
  const parameters = vectorParameters(space)
  if (vector.length !== parameters.length || vector.some(Number.isNaN)) {
    throw new ArchloomError(
      'internal/invariant',
      `A vector of the parameter space ${space.name} has ${parameters.length} numbers, not ${vector.length} with ${vector.filter(Number.isNaN).length} that are none`,
    )
  }
  const entries = new Map(parameters.map(({ name }, index) => [name, vector[index] ?? 0.5]))
  return assembleConfiguration(space, (parameter) =>
    decodeValue(parameter, entries.get(parameter.name) ?? 0.5),
  )
}

function encodeValue(parameter: Parameter, value: ParameterValue): number {
  const listed = listedValues(parameter)
  if (listed) return (listed.indexOf(value) + 0.5) / listed.length
  if (parameter.kind !== 'integer' && parameter.kind !== 'float') return 0.5
  return shareOf(parameter, Number(value))
}

function decodeValue(parameter: Parameter, entry: number): ParameterValue {
  const share = Math.min(Math.max(entry, 0), 1)
  const listed = listedValues(parameter)
  if (listed) {
    const index = Math.min(Math.floor(share * listed.length), listed.length - 1)
    return listed[index] ?? ''
  }
  if (parameter.kind !== 'integer' && parameter.kind !== 'float') return ''
  return valueAt(parameter, share)
}
