/**
 * Small changes of configurations: one active parameter takes another value, and what that makes
 * active gets a value, too. What it makes inactive is dropped.
 */
import { ArchloomError } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { Row } from './compiled-test.ts'
import { defaultOf, gridValues, sampleValue, valueCount } from './domain.ts'
import { findForbidden, type ParameterModel, type ParameterNode, parameterModel } from './model.ts'
import type { Configuration, Parameter, ParameterSpace, ParameterValue } from './parameter.ts'
import { activeNodes, assembleRow, configurationOf, emptyRow, isWhole, rowOf } from './row.ts'
import { type Chooser, firstAllowed, fresh, type GridOptions } from './sample.ts'

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
  const model = parameterModel(space)
  const given = rowOf(model, configuration)
  const changeable = changeableNodes(model, given)
  if (changeable.length === 0) refuseUnchangeable(space)
  const activate = options.activated === 'default' ? defaultOf : fresh(random, options)
  const mutant = firstAllowed(model, () => {
    const node = random.pick(changeable)
    const value = otherValue(node.parameter, given[node.position], random, options)
    return reassembled(model, given.with(node.position, value), activate)
  })
  return mutant === null ? refuseUnchangeable(space) : configurationOf(model, mutant)
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
  const given = rowOf(model, configuration)
  // What nobody asks for leaves the other values of such a row as they are.
  const isPlain = isWhole(model, given) && findForbidden(model, given) === undefined
  const base = configurationOf(model, given)
  for (const { parameter, position, isAsked } of changeableNodes(model, given)) {
    const now = given[position]
    const others = listValues(space, parameter, options).filter((value) => value !== now)
    if (isPlain && !isAsked) {
      for (const value of others) yield { ...base, [parameter.name]: value }
    } else {
      for (const value of others) {
        yield* completions(space, given.with(position, value), options)
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
  const model = parameterModel(space)
  const rows = [rowOf(model, first), rowOf(model, second)] as const
  const child = firstAllowed(model, () =>
    assembleRow(model, ({ parameter, position }) => {
      const [one, other] = random.bernoulli(0.5) ? rows : [rows[1], rows[0]]
      return one[position] ?? other[position] ?? activate(parameter)
    }),
  )
  return child === null ? first : configurationOf(model, child)
}

/** The same configuration with one parameter's value replaced, its dependants following. */
export function withValue(
  space: ParameterSpace,
  configuration: Configuration,
  name: string,
  value: ParameterValue,
  activate: Chooser = defaultOf,
): Configuration {
  const model = parameterModel(space)
  const row = rowOf(model, configuration)
  const position = model.byName.get(name)?.position
  if (position !== undefined) row[position] = value
  return configurationOf(model, reassembled(model, row, activate))
}

/** A row without what its values make inactive, and with values for what they make active. */
function reassembled(model: ParameterModel, row: Row, activate: Chooser): Row {
  return assembleRow(model, ({ parameter, position }) => row[position] ?? activate(parameter))
}

function changeableNodes(model: ParameterModel, row: Row): readonly ParameterNode[] {
  return activeNodes(model, row).filter(({ parameter }) => valueCount(parameter) !== 1)
}

function otherValue(
  parameter: Parameter,
  now: ParameterValue | undefined,
  random: Random,
  { grid = null }: ChangeOptions,
): ParameterValue {
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

/** The allowed configurations that agree with the given values wherever these are active. */
function* completions(
  space: ParameterSpace,
  given: Row,
  options: ChangeOptions,
): Iterable<Configuration> {
  const model = parameterModel(space)
  const { nodes } = model
  const valuesAt = ({ parameter, position }: ParameterNode): Row => {
    if (given[position] !== undefined) return [given[position]]
    return options.activated === 'default'
      ? [defaultOf(parameter)]
      : [...listValues(space, parameter, options)]
  }
  /** Decides the values from a position on, in place until there are several for one. */
  function* complete(start: number, row: Row): Iterable<Configuration> {
    for (let position = start; position < nodes.length; position++) {
      const node = nodes[position] as ParameterNode
      if (!node.isActive(row)) continue
      const values = valuesAt(node)
      row[position] = values[0]
      if (values.length === 1) continue
      for (const value of values) yield* complete(position + 1, row.with(position, value))
      return
    }
    if (findForbidden(model, row) === undefined) yield configurationOf(model, row)
  }
  yield* complete(0, emptyRow(nodes.length))
}

function refuseUnchangeable({ name }: ParameterSpace): never {
  throw new ArchloomError(
    'space/empty',
    `The parameter space ${name} has no other configuration in reach: every change is forbidden, or there is nothing to change`,
    { details: { space: name, place: 'parameters' } },
  )
}
