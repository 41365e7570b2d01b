/**
 * Small changes of configurations: one active parameter takes another value, and what that makes
 * active gets a value, too. What it makes inactive is dropped.
 */
import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import { defaultOf, gridValues, sampleValue, valueCount } from './domain.ts'
import { findForbidden, isTrue, parameterModel, readValue } from './model.ts'
import type { Configuration, Parameter, ParameterSpace, ParameterValue } from './parameter.ts'
import {
  activeParameters,
  assembleConfiguration,
  type Chooser,
  firstAllowed,
  fresh,
  type GridOptions,
} from './sample.ts'

export interface ChangeOptions extends GridOptions {
  /**
   * What a parameter gets that the change makes active: a draw of its own (`neighbours` then lists
   * every value that can be drawn), or its default.
   */
  readonly activated?: 'fresh' | 'default'
}

/**
 * A configuration with one active parameter changed, each one that can change equally likely.
 *
 * @remarks
 * With a grid, or without numbers that need one, the result is one of `neighbourConfigurations` of
 * the same options, and its value is uniform over the others; without a grid, a number is drawn
 * from its distribution until it differs. Changes that end in a forbidden configuration are drawn
 * again.
 *
 * @throws space/empty when nothing can be changed, or 10,000 changes in a row are forbidden
 */
export function mutateConfiguration(
  space: ParameterSpace,
  configuration: Configuration,
  random: Random,
  options: ChangeOptions = {},
): Configuration {
  const changeable = changeableParameters(space, configuration)
  const activate = options.activated === 'default' ? defaultOf : fresh(random, options)
  const mutant =
    changeable.length > 0 &&
    firstAllowed(space, () => {
      const parameter = random.pick(changeable)
      const value = otherValue(parameter, configuration, random, options)
      return withValue(space, configuration, parameter.name, value, activate)
    })
  return mutant || refuseUnchangeable(space)
}

/**
 * Every configuration with one active parameter changed, each once, parents first, values in the
 * order of their domain. With `activated: 'fresh'` every combination of values that the newly
 * active parameters can have.
 *
 * @remarks
 * Lazy, because there may be many. A configuration on the grid is a neighbour of each of its
 * neighbours when `activated` is `fresh`; with defaults, switching back need not find what was
 * there before.
 *
 * @throws space/invalid-settings for a float without a grid
 */
export function* neighbourConfigurations(
  space: ParameterSpace,
  configuration: Configuration,
  options: ChangeOptions = {},
): Iterable<Configuration> {
  const model = parameterModel(space)
  for (const { name } of changeableParameters(space, configuration)) {
    const parameter = model.byName.get(name)?.parameter
    if (!parameter) continue
    for (const value of listValues(space, parameter, options)) {
      if (value === readValue(configuration, name)) continue
      const changed = { ...configuration, [name]: value }
      for (const neighbour of completions(space, changed, options)) {
        if (!findForbidden(model, neighbour)) yield neighbour
      }
    }
  }
}

/**
 * A child that takes each active parameter's value from either parent that has one. A parameter
 * that is active in the child only is drawn afresh, or gets its default.
 *
 * @remarks Two equal parents have themselves as a child, and so do parents whose children are all forbidden: the first.
 */
export function crossoverConfigurations(
  space: ParameterSpace,
  [first, second]: readonly [Configuration, Configuration],
  random: Random,
  options: ChangeOptions = {},
): Configuration {
  const activate = options.activated === 'default' ? defaultOf : fresh(random, options)
  const child = firstAllowed(space, () =>
    assembleConfiguration(space, (parameter) => {
      const [one, other] = random.bernoulli(0.5) ? [first, second] : [second, first]
      return (
        readValue(one, parameter.name) ?? readValue(other, parameter.name) ?? activate(parameter)
      )
    }),
  )
  return child ?? first
}

/** The same configuration with one parameter's value replaced, its dependants following. */
export function withValue(
  space: ParameterSpace,
  configuration: Configuration,
  name: string,
  value: ParameterValue,
  activate: Chooser = defaultOf,
): Configuration {
  const changed = { ...configuration, [name]: value }
  return assembleConfiguration(
    space,
    (parameter) => readValue(changed, parameter.name) ?? activate(parameter),
  )
}

function changeableParameters(
  space: ParameterSpace,
  configuration: Configuration,
): readonly Parameter[] {
  const { byName } = parameterModel(space)
  return activeParameters(space, configuration).flatMap((name) => {
    const parameter = byName.get(name)?.parameter
    return parameter && valueCount(parameter) !== 1 ? [parameter] : []
  })
}

function otherValue(
  parameter: Parameter,
  configuration: Configuration,
  random: Random,
  { grid = null }: ChangeOptions,
): ParameterValue {
  const now = readValue(configuration, parameter.name)
  const isNumber = parameter.kind === 'integer' || parameter.kind === 'float'
  if (!isNumber || grid !== null) {
    const values = gridValues(parameter, grid ?? 2)
    return random.pick(values.filter((value) => value !== now))
  }
  for (;;) {
    const value = sampleValue(parameter, random)
    if (value !== now) return value
  }
}

function listValues(
  space: ParameterSpace,
  parameter: Parameter,
  { grid = null }: ChangeOptions,
): readonly ParameterValue[] {
  const count = valueCount(parameter)
  if (count === null && grid === null) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The parameter space ${space.name} has endlessly many neighbours at ${parameter.name}, which is a float; list them with a grid`,
      { details: { space: space.name, place: parameter.name } },
    )
  }
  return gridValues(parameter, grid ?? count ?? 0)
}

/** The configurations that agree with the given values wherever these are active. */
function* completions(
  space: ParameterSpace,
  given: Configuration,
  options: ChangeOptions,
): Iterable<Configuration> {
  const { nodes } = parameterModel(space)
  function* complete(position: number, sofar: Configuration): Iterable<Configuration> {
    const node = nodes[position]
    if (!node) return yield sofar
    const { parameter, tests } = node
    const model = parameterModel(space)
    if (!tests.every((test) => isTrue(model, test, sofar))) {
      return yield* complete(position + 1, sofar)
    }
    const known = readValue(given, parameter.name)
    for (const value of known === undefined ? freshValues(parameter) : [known]) {
      yield* complete(position + 1, { ...sofar, [parameter.name]: value })
    }
  }
  const freshValues = (parameter: Parameter) =>
    options.activated === 'default' ? [defaultOf(parameter)] : listValues(space, parameter, options)
  yield* complete(0, {})
}

function refuseUnchangeable({ name }: ParameterSpace): never {
  throw new ArchloomError(
    'space/empty',
    `The parameter space ${name} has no other configuration in reach: every change is forbidden, or there is nothing to change`,
    { details: { space: name, place: 'parameters' } },
  )
}
