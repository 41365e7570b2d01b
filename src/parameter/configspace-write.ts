import { ArchloomError } from '#src/errors.ts'
import { listedValues } from './domain.ts'
import { type ParameterModel, parameterModel } from './model.ts'
import type {
  Comparison,
  ForbiddenClause,
  Parameter,
  ParameterSpace,
  ParameterValue,
  Test,
} from './parameter.ts'

/** Version of ConfigSpace's format: `SERIALIZATION_FORMAT_VERSION` of ConfigSpace 1.2. */
export const configSpaceFormat = 0.4
/** Decimals that ConfigSpace keeps of a float: `ROUND_PLACES` of `hp_components.py`. */
const configSpaceDecimals = 13

type Item = Readonly<Record<string, unknown>>

/** ConfigSpace's JSON document. */
export interface ConfigSpaceDocument {
  readonly name: string
  readonly hyperparameters: readonly Item[]
  readonly conditions: readonly Item[]
  readonly forbiddens: readonly Item[]
  readonly format_version: number
}

/**
 * The space as ConfigSpace writes it, to be read with `ConfigurationSpace.from_json`.
 *
 * @remarks
 * Some things are said in other words. ConfigSpace allows one condition a child, so several become
 * an `AND`. It holds an inactive parent to be different from every value (its own sampler breaks on
 * that), so `not-equals` on a conditional parent is written as `IN` the others, or as smaller or
 * greater. It takes an `AND` and an `OR` of the same parts for one condition, so the `OR` gets a
 * part more. Floats are rounded to the 13 decimals that ConfigSpace keeps.
 *
 * @throws space/invalid-settings for what Python cannot tell apart (`true` and `1` in one list) or
 *   what 13 decimals cannot hold, naming the parameter
 * @see ConfigSpace 1.2.2, `read_and_write/dictionary.py`.
 */
export function writeConfigSpace(space: ParameterSpace): ConfigSpaceDocument {
  const model = parameterModel(space)
  return {
    name: space.name,
    hyperparameters: model.nodes.map(({ parameter }) => writeParameter(space, parameter)),
    conditions: keepApart(
      model.nodes
        .filter(({ tests }) => tests.length > 0)
        .map(({ parameter, tests }) =>
          writeTest(model, parameter.name, { kind: 'and', tests: [...tests] }),
        ),
    ),
    forbiddens: space.forbidden.map((clause) => writeForbidden(model, clause)),
    format_version: configSpaceFormat,
  }
}

function writeParameter(space: ParameterSpace, parameter: Parameter): Item {
  const { name } = parameter
  checkList(space, parameter)
  switch (parameter.kind) {
    case 'categorical': {
      const { choices, weights, defaultValue } = parameter
      return {
        type: 'categorical',
        name,
        choices,
        weights,
        default_value: defaultValue,
        meta: null,
      }
    }
    case 'ordinal': {
      const { sequence, defaultValue } = parameter
      return { type: 'ordinal', name, sequence, default_value: defaultValue, meta: null }
    }
    case 'integer': {
      const { lower, upper, defaultValue, log } = parameter
      return {
        type: 'uniform_int',
        name,
        lower,
        upper,
        default_value: defaultValue,
        log,
        meta: null,
      }
    }
    case 'float': {
      const [lower, upper] = [roundDecimals(parameter.lower), roundDecimals(parameter.upper)]
      if (lower >= upper || (parameter.log && lower <= 0)) refuseDecimals(space, name)
      const defaultValue = roundDecimals(parameter.defaultValue)
      const { log } = parameter
      return {
        type: 'uniform_float',
        name,
        lower,
        upper,
        default_value: defaultValue,
        log,
        meta: null,
      }
    }
    case 'constant':
      return { type: 'constant', name, value: parameter.value, meta: null }
  }
}

function writeTest(model: ParameterModel, child: string, test: Test): Item {
  if (test.kind === 'and' || test.kind === 'or') {
    const type = test.kind.toUpperCase()
    return joinConditions(
      type,
      child,
      test.tests.map((part) => writeTest(model, child, part)),
    )
  }
  const node = model.byName.get(test.parameter)
  if (test.kind === 'not-equals' && node && node.tests.length > 0) {
    return writeTest(model, child, otherThan(node.parameter, test.value))
  }
  const types = {
    equals: 'EQ',
    'not-equals': 'NEQ',
    in: 'IN',
    'less-than': 'LT',
    'greater-than': 'GT',
  } as const
  const head = { type: types[test.kind], child, parent: test.parameter }
  return { ...head, ...writeAsked(node?.parameter, test) }
}

/** Without parts of parts of the same type and without repetitions; a single part stands alone. */
function joinConditions(type: string, child: string, parts: readonly Item[]): Item {
  const flat = parts.flatMap((part) => (part.type === type ? partsOf(part) : [part]))
  const unique = [...new Map(flat.map((part) => [JSON.stringify(part), part])).values()]
  const [only] = unique
  return only && unique.length === 1 ? only : { type, child, conditions: unique }
}

/**
 * ConfigSpace takes two conditions with the same parts for the same condition even if one is an
 * `AND` and the other an `OR`. Such an `OR` gets a part more that changes nothing: all the others
 * at once.
 */
function keepApart(conditions: readonly Item[]): readonly Item[] {
  const conjunctions = new Set(conditions.filter(({ type }) => type === 'AND').map(withoutTypes))
  return conditions.map((condition) => {
    if (condition.type !== 'OR' || !conjunctions.has(withoutTypes(condition))) return condition
    const { child } = condition
    const all = joinConditions('AND', String(child), partsOf(condition))
    return { ...condition, conditions: [...partsOf(condition), all] }
  })
}

/** Equal for conditions that differ in `AND` and `OR`, in the order of parts and in the child only. */
function withoutTypes(condition: Item): string {
  if (condition.type !== 'AND' && condition.type !== 'OR') {
    return JSON.stringify({ ...condition, child: null })
  }
  return `[${partsOf(condition).map(withoutTypes).sort().join()}]`
}

function partsOf({ conditions }: Item): readonly Item[] {
  return Array.isArray(conditions) ? conditions : []
}

/** The same as `not-equals`, in comparisons that fail for an inactive parameter in ConfigSpace, too. */
function otherThan(parameter: Parameter, value: ParameterValue): Test {
  const listed = listedValues(parameter)
  const head = { parameter: parameter.name }
  if (listed) return { kind: 'in', ...head, values: listed.filter((other) => other !== value) }
  const tests: Test[] = [
    { kind: 'less-than', ...head, value },
    { kind: 'greater-than', ...head, value },
  ]
  return { kind: 'or', tests }
}

function writeForbidden(model: ParameterModel, { parts }: ForbiddenClause): Item {
  const clauses = parts.map((part) => writePart(model, part))
  const [only] = clauses
  return only && clauses.length === 1 ? only : { type: 'AND', clauses }
}

function writePart(model: ParameterModel, part: Comparison): Item {
  const types = {
    equals: 'EQUALS',
    'not-equals': '',
    in: 'IN',
    'less-than': 'CLAUSE_LT',
    'greater-than': 'CLAUSE_GT',
  } as const
  const parameter = model.byName.get(part.parameter)?.parameter
  return { type: types[part.kind], name: part.parameter, ...writeAsked(parameter, part) }
}

function writeAsked(parameter: Parameter | undefined, test: Comparison): Item {
  const write = (value: ParameterValue) =>
    parameter?.kind === 'float' ? roundDecimals(Number(value)) : value
  return test.kind === 'in' ? { values: test.values.map(write) } : { value: write(test.value) }
}

function roundDecimals(value: number): number {
  return Math.abs(value) < 1e6 ? Number(value.toFixed(configSpaceDecimals)) : value
}

/** Python holds `True` and `1` to be equal, and numpy turns one into the other. */
function checkList(space: ParameterSpace, parameter: Parameter): void {
  const kinds = new Set(listedValues(parameter)?.map((value) => typeof value))
  if (!kinds.has('boolean') || !kinds.has('number')) return
  refuse(
    space,
    parameter.name,
    'it mixes truth values and numbers, which Python cannot tell apart; use texts for one of them',
  )
}

function refuseDecimals(space: ParameterSpace, name: string): never {
  refuse(
    space,
    name,
    `its range is lost in the ${configSpaceDecimals} decimals that ConfigSpace keeps; give the parameter in another unit`,
  )
}

function refuse(space: ParameterSpace, place: string, message: string): never {
  throw new ArchloomError(
    'space/invalid-settings',
    `The parameter space ${space.name} cannot be written for ConfigSpace at ${place}: ${message}`,
    { details: { space: space.name, place } },
  )
}
