/**
 * Words to write a parameter space with.
 *
 * @example
 * ```ts
 * const space = parameterSpace({
 *   name: 'sgd or adam',
 *   parameters: [
 *     categorical('optimizer', ['adam', 'sgd']),
 *     float('learningRate', 1e-5, 0.1, { log: true, defaultValue: 0.01 }),
 *     float('momentum', 0, 0.99),
 *   ],
 *   conditions: [when('momentum', equals('optimizer', 'sgd'))],
 * })
 * ```
 */
import { ArchloomError } from '#src/errors.ts'
import { valueAt } from './domain.ts'
import { findForbidden, parameterModel } from './model.ts'
import {
  type Comparison,
  type Condition,
  type ForbiddenClause,
  type Parameter,
  ParameterSpace,
  type ParameterValue,
  type Test,
} from './parameter.ts'
import { rowOf } from './row.ts'
import { defaultConfiguration } from './sample.ts'

type Of<K extends Parameter['kind']> = Extract<Parameter, { kind: K }>

export interface SpaceDefinition {
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly conditions?: readonly Condition[]
  readonly forbidden?: readonly ForbiddenClause[]
}

/**
 * A checked parameter space.
 *
 * @throws space/invalid-settings naming the place: a name twice, a default out of range, a
 *   logarithm of zero, a condition or a forbidden clause on a parameter or a value that is not
 *   there, conditions in a circle, a default configuration that is forbidden
 */
export function parameterSpace(definition: SpaceDefinition): ParameterSpace {
  const parsed = ParameterSpace.safeParse({ conditions: [], forbidden: [], ...definition })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const place = issue?.path.join('.') ?? ''
    refuse(definition.name, place, issue?.message ?? 'not a parameter space')
  }
  const space = parsed.data
  const model = parameterModel(space)
  const clause = findForbidden(model, rowOf(model, defaultConfiguration(space)))
  if (clause) {
    const place = `forbidden clause ${space.forbidden.indexOf(clause)}`
    refuse(space.name, place, 'it forbids the default configuration; change a default')
  }
  return space
}

/** Without a default, the choice of the largest weight, the first of equal ones. */
export function categorical(
  name: string,
  choices: readonly ParameterValue[],
  options: { readonly weights?: readonly number[]; readonly defaultValue?: ParameterValue } = {},
): Of<'categorical'> {
  const { weights = null } = options
  const likeliest = weights ? weights.indexOf(Math.max(...weights)) : 0
  return {
    kind: 'categorical',
    name,
    choices: [...choices],
    weights: weights && [...weights],
    defaultValue: options.defaultValue ?? choices[likeliest] ?? '',
  }
}

/** Without a default, the first of the sequence. */
export function ordinal(
  name: string,
  sequence: readonly ParameterValue[],
  options: { readonly defaultValue?: ParameterValue } = {},
): Of<'ordinal'> {
  const defaultValue = options.defaultValue ?? sequence[0] ?? ''
  return { kind: 'ordinal', name, sequence: [...sequence], defaultValue }
}

export interface RangeOptions {
  /** Uniform in the logarithm; false unless told. */
  readonly log?: boolean
  /** The middle of the range, on its scale, unless told. */
  readonly defaultValue?: number
}

export function integer(
  name: string,
  lower: number,
  upper: number,
  { log = false, defaultValue }: RangeOptions = {},
): Of<'integer'> {
  const range = { kind: 'integer', name, lower, upper, log } as const
  return { ...range, defaultValue: defaultValue ?? middle({ ...range, defaultValue: lower }) }
}

export function float(
  name: string,
  lower: number,
  upper: number,
  { log = false, defaultValue }: RangeOptions = {},
): Of<'float'> {
  const range = { kind: 'float', name, lower, upper, log } as const
  return { ...range, defaultValue: defaultValue ?? middle({ ...range, defaultValue: lower }) }
}

export function constant(name: string, value: ParameterValue): Of<'constant'> {
  return { kind: 'constant', name, value }
}

/** The child exists exactly when the test holds. */
export function when(child: string, test: Test): Condition {
  return { child, test }
}

/** No configuration may have all the parts at once. */
export function forbid(...parts: readonly Comparison[]): ForbiddenClause {
  return { parts: [...parts] }
}

export function equals(parameter: string, value: ParameterValue): Comparison {
  return { kind: 'equals', parameter, value }
}

export function notEquals(parameter: string, value: ParameterValue): Comparison {
  return { kind: 'not-equals', parameter, value }
}

export function oneOf(parameter: string, values: readonly ParameterValue[]): Comparison {
  return { kind: 'in', parameter, values: [...values] }
}

export function lessThan(parameter: string, value: ParameterValue): Comparison {
  return { kind: 'less-than', parameter, value }
}

export function greaterThan(parameter: string, value: ParameterValue): Comparison {
  return { kind: 'greater-than', parameter, value }
}

export function allOf(...tests: readonly Test[]): Test {
  return { kind: 'and', tests: [...tests] }
}

export function anyOf(...tests: readonly Test[]): Test {
  return { kind: 'or', tests: [...tests] }
}

/** A wrong range has no middle: it is refused with the space, in better words. */
function middle(range: Of<'integer'> | Of<'float'>): number {
  const value = valueAt(range, 0.5)
  return Number.isNaN(value) ? range.lower : value
}

function refuse(name: string, place: string, message: string): never {
  throw new ArchloomError(
    'space/invalid-settings',
    `The parameter space ${name} is wrong at ${place}: ${message}`,
    { details: { space: name, place } },
  )
}
