import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { Row } from './compiled-test.ts'
import { defaultOf, gridValues, sampleValue } from './domain.ts'
import { findForbidden, type ParameterModel, parameterModel } from './model.ts'
import type { Configuration, Parameter, ParameterSpace, ParameterValue } from './parameter.ts'
import { activeNodes, assembleRow, configurationOf, rowOf } from './row.ts'

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
  return configurationOf(
    model,
    assembleRow(model, ({ parameter }) => choose(parameter)),
  )
}

/** Every active parameter at its default. */
export function defaultConfiguration(space: ParameterSpace): Configuration {
  return assembleConfiguration(space, defaultOf)
}

/** Names of the parameters that a configuration's values make active, parents first. */
export function activeParameters(space: ParameterSpace, configuration: Configuration): string[] {
  const model = parameterModel(space)
  return activeNodes(model, rowOf(model, configuration)).map(({ parameter: { name } }) => name)
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
  const model = parameterModel(space)
  const row = firstAllowed(model, () => assembleRow(model, ({ parameter }) => choose(parameter)))
  return row === null ? refuseEmpty(space) : configurationOf(model, row)
}

/** Draws for a parameter that has no value yet. */
export function fresh(random: Random, { grid = null }: GridOptions): Chooser {
  return (parameter) =>
    grid === null || (parameter.kind !== 'integer' && parameter.kind !== 'float')
      ? sampleValue(parameter, random)
      : random.pick(gridValues(parameter, grid))
}

/** The first of many draws that is not forbidden; null when there is none. */
export function firstAllowed(model: ParameterModel, draw: () => Row): Row | null {
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const row = draw()
    if (findForbidden(model, row) === undefined) return row
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
