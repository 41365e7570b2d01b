import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import { defaultOf, gridValues, sampleValue } from './domain.ts'
import { findForbidden, isTrue, parameterModel, readValue } from './model.ts'
import type { Configuration, Parameter, ParameterSpace, ParameterValue } from './parameter.ts'

/** Draws thrown away before a space counts as having nothing that is not forbidden. */
const triesMax = 10_000

/** How the values of numbers are chosen. */
export interface GridOptions {
  /**
   * Integers of more values than this, and floats, keep to so many points, evenly over their
   * scale, ends included; null for all values. At least 2.
   */
  readonly grid?: number | null
}

/** Decides on the value of an active parameter. */
export type Chooser = (parameter: Parameter) => ParameterValue

/**
 * The configuration that a choice for each active parameter gives. Parents are asked for before
 * their children, and nobody is asked for an inactive parameter.
 */
export function assembleConfiguration(space: ParameterSpace, choose: Chooser): Configuration {
  const model = parameterModel(space)
  const configuration: Record<string, ParameterValue> = Object.create(null)
  for (const { parameter, tests } of model.nodes) {
    if (tests.every((test) => isTrue(model, test, configuration))) {
      configuration[parameter.name] = choose(parameter)
    }
  }
  return { ...configuration }
}

/** Every active parameter at its default. */
export function defaultConfiguration(space: ParameterSpace): Configuration {
  return assembleConfiguration(space, defaultOf)
}

/** Names of the parameters that a configuration's values make active, parents first. */
export function activeParameters(space: ParameterSpace, configuration: Configuration): string[] {
  const model = parameterModel(space)
  const active: Record<string, ParameterValue> = Object.create(null)
  return model.nodes.flatMap(({ parameter: { name }, tests }) => {
    if (!tests.every((test) => isTrue(model, test, active))) return []
    const value = readValue(configuration, name)
    if (value !== undefined) active[name] = value
    return [name]
  })
}

/**
 * Draws each active parameter from its own distribution, parents first, again from the start as
 * often as the result is forbidden.
 *
 * @remarks This is not uniform over configurations: a branch with few children is as likely as one with many.
 * @throws space/empty when 10,000 draws in a row are forbidden
 */
export function sampleConfiguration(
  space: ParameterSpace,
  random: Random,
  { grid = null }: GridOptions = {},
): Configuration {
  const choose = fresh(random, { grid })
  return firstAllowed(space, () => assembleConfiguration(space, choose)) ?? refuseEmpty(space)
}

/** Draws for a parameter that has no value yet. */
export function fresh(random: Random, { grid = null }: GridOptions): Chooser {
  return (parameter) =>
    grid === null || (parameter.kind !== 'integer' && parameter.kind !== 'float')
      ? sampleValue(parameter, random)
      : random.pick(gridValues(parameter, grid))
}

/** The first of many draws that is not forbidden; null when there is none. */
export function firstAllowed(
  space: ParameterSpace,
  draw: () => Configuration | null,
): Configuration | null {
  const model = parameterModel(space)
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const configuration = draw()
    if (configuration && !findForbidden(model, configuration)) return configuration
  }
  return null
}

function refuseEmpty({ name }: ParameterSpace): never {
  throw new ArchloomError(
    'space/empty',
    `The parameter space ${name} gave nothing but forbidden configurations in ${triesMax} draws; remove a forbidden clause or widen a parameter`,
    { details: { space: name, place: 'forbidden' } },
  )
}
