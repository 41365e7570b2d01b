import { domainWords, isInDomain } from './domain.ts'
import { findForbidden, type ParameterModel, parameterModel, readValue } from './model.ts'
import type { Configuration, ForbiddenClause, ParameterSpace } from './parameter.ts'
import { emptyRow, isInSpace, rowOf } from './row.ts'
import { forbiddenWords } from './words.ts'

/** Why a configuration is not in a space. */
export interface ConfigurationProblem {
  /** A parameter's name, or `forbidden clause 0`. */
  readonly place: string
  readonly expected: string
  readonly found: string
}

/**
 * Everything wrong with a configuration: unknown parameters first, then the space's own from
 * parents to children, then what is forbidden. Empty when it is in the space.
 */
export function findConfigurationProblems(
  space: ParameterSpace,
  configuration: Configuration,
): readonly ConfigurationProblem[] {
  const model = parameterModel(space)
  if (hasNoProblem(model, configuration)) return []
  const unknown = Object.keys(configuration)
    .filter((name) => !model.byName.has(name))
    .map((name) => ({
      place: name,
      expected: 'the name of a parameter',
      found: 'one that the space does not have',
    }))
  // Only what is active counts for the activity of others: a stray value makes nobody active.
  const active = emptyRow(model.nodes.length)
  const own = model.nodes.flatMap(({ parameter, position, isActive }) => {
    const { name } = parameter
    const value = readValue(configuration, name)
    if (!isActive(active)) {
      if (value === undefined) return []
      const expected = 'no value, because its conditions do not hold'
      return [{ place: name, expected, found: JSON.stringify(value) }]
    }
    if (value === undefined) {
      return [{ place: name, expected: domainWords(parameter), found: 'no value' }]
    }
    active[position] = value
    if (isInDomain(parameter, value)) return []
    return [{ place: name, expected: domainWords(parameter), found: JSON.stringify(value) }]
  })
  const clause = findForbidden(model, active)
  const forbidden = clause ? [forbiddenProblem(space, clause)] : []
  return [...unknown, ...own, ...forbidden]
}

/** The same as sentences; empty when the configuration is in the space. */
export function configurationProblems(
  space: ParameterSpace,
  configuration: Configuration,
): readonly string[] {
  return findConfigurationProblems(space, configuration).map(problemSentence)
}

export function problemSentence({ place, expected, found }: ConfigurationProblem): string {
  return `The configuration is wrong at ${place}: expected ${expected}, found ${found}`
}

function hasNoProblem(model: ParameterModel, configuration: Configuration): boolean {
  const row = rowOf(model, configuration)
  const known = row.reduce<number>((count, value) => (value === undefined ? count : count + 1), 0)
  return known === Object.keys(configuration).length && isInSpace(model, row)
}

function forbiddenProblem(space: ParameterSpace, clause: ForbiddenClause): ConfigurationProblem {
  return {
    place: `forbidden clause ${space.forbidden.indexOf(clause)}`,
    expected: 'at least one of its parts not to hold',
    found: forbiddenWords(clause),
  }
}
