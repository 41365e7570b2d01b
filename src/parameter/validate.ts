/** What a parameter space must fulfil beyond its schema. */
import { defaultOf, domainWords, isInDomain, listedValues } from './domain.ts'
import type { Comparison, Parameter, ParameterSpace, ParameterValue, Test } from './parameter.ts'

export interface SpaceProblem {
  /** A parameter's name, or `condition 3 on x`, `forbidden clause 0`. */
  readonly place: string
  readonly message: string
}

type ParametersByName = ReadonlyMap<string, Parameter>

/** The comparisons that a test is made of. */
export function comparisonsOf(test: Test): readonly Comparison[] {
  return test.kind === 'and' || test.kind === 'or' ? test.tests.flatMap(comparisonsOf) : [test]
}

/** The first fault; null where there is none but perhaps a circle of conditions. */
export function findSpaceProblem(space: ParameterSpace): SpaceProblem | null {
  const parameters: ParametersByName = new Map(
    space.parameters.map((parameter) => [parameter.name, parameter]),
  )
  return (
    findTwice(space) ??
    first(space.parameters, (parameter) => at(parameter.name, findParameterProblem(parameter))) ??
    first(space.conditions, ({ child, test }, index) =>
      at(
        `condition ${index} on ${child}`,
        parameters.has(child) ? findTestProblem(test, parameters) : unknownWords(child, parameters),
      ),
    ) ??
    first(space.forbidden, ({ parts }, index) =>
      at(
        `forbidden clause ${index}`,
        first(parts, (part) => findForbiddenProblem(part, parameters)),
      ),
    )
  )
}

function findTwice({ parameters }: ParameterSpace): SpaceProblem | null {
  const names = parameters.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined
    ? null
    : { place: twice, message: 'two parameters have this name; give each its own' }
}

function findParameterProblem(parameter: Parameter): string | null {
  const range = findRangeProblem(parameter) ?? findListProblem(parameter)
  if (range !== null) return range
  const value = defaultOf(parameter)
  if (isInDomain(parameter, value)) return null
  return `the default must be ${domainWords(parameter)}, not ${JSON.stringify(value)}`
}

function findRangeProblem(parameter: Parameter): string | null {
  if (parameter.kind !== 'integer' && parameter.kind !== 'float') return null
  const { lower, upper, log, kind } = parameter
  if (lower >= upper) {
    return `lower must be below upper, but they are ${lower} and ${upper}; a single value is a constant`
  }
  if (!Number.isFinite(upper - lower)) return 'upper minus lower must be a finite number'
  if (log && lower <= 0) {
    const least = kind === 'integer' ? 'at least 1' : 'above 0'
    return `lower must be ${least} on a logarithmic scale, not ${lower}`
  }
  return null
}

function findListProblem(parameter: Parameter): string | null {
  const listed = listedValues(parameter) ?? []
  const twice = listed.find((value, index) => listed.indexOf(value) !== index)
  if (twice !== undefined) return `${JSON.stringify(twice)} is listed twice; list each value once`
  if (parameter.kind !== 'categorical' || parameter.weights === null) return null
  if (parameter.weights.length === listed.length) return null
  return `${listed.length} choices need ${listed.length} weights, not ${parameter.weights.length}`
}

function findTestProblem(test: Test, parameters: ParametersByName): string | null {
  return first(comparisonsOf(test), (part) => findComparisonProblem(part, parameters))
}

function findForbiddenProblem(part: Comparison, parameters: ParametersByName): string | null {
  if (part.kind === 'not-equals') return 'not-equals cannot be forbidden; forbid the other values'
  return findComparisonProblem(part, parameters)
}

function findComparisonProblem(test: Comparison, parameters: ParametersByName): string | null {
  const parameter = parameters.get(test.parameter)
  if (!parameter) return unknownWords(test.parameter, parameters)
  const isOrder = test.kind === 'less-than' || test.kind === 'greater-than'
  if (isOrder && (parameter.kind === 'categorical' || parameter.kind === 'constant')) {
    return `${test.kind} needs an order, which the ${parameter.kind} parameter ${parameter.name} does not have`
  }
  const asked: readonly ParameterValue[] = test.kind === 'in' ? test.values : [test.value]
  const wrong = asked.find((value) => !isInDomain(parameter, value))
  return wrong === undefined
    ? null
    : `${parameter.name} can only be ${domainWords(parameter)}, never ${JSON.stringify(wrong)}`
}

function unknownWords(name: string, parameters: ParametersByName): string {
  const known = [...parameters.keys()].slice(0, 12).join(', ')
  return `there is no parameter ${name}; the first ones are ${known}`
}

function at(place: string, message: string | null): SpaceProblem | null {
  return message === null ? null : { place, message }
}

function first<T, P>(items: readonly T[], find: (item: T, index: number) => P | null): P | null {
  for (const [index, item] of items.entries()) {
    const problem = find(item, index)
    if (problem !== null) return problem
  }
  return null
}
