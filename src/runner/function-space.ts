/** The search space that a Python function declares, read as the settings of `hyperparameters`. */
import { parseOrExplain } from '#src/config/issue.ts'
import { availableSpaces, findEntry } from '#src/config/resolve.ts'
import type { InspectedFunction } from '#src/environment/inspection.ts'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { ParameterSpace } from '#src/parameter/parameter.ts'

export interface DeclaredSpace {
  /** Such as `train.search_space`. */
  readonly where: string
  /** Of the space `hyperparameters`, as they were declared. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly space: ParameterSpace
}

/**
 * A list of parameters, `{parameters, conditions, forbidden}`, or a document of ConfigSpace.
 *
 * @returns null where nothing is declared
 * @throws space/invalid-settings, config/invalid, config/unknown-key naming the place
 */
export function readDeclaredSpace(
  target: string,
  { searchSpace }: InspectedFunction,
): DeclaredSpace | null {
  if (searchSpace === null) return null
  const { where, document, problem } = searchSpace
  const file = `${where} of ${target}`
  if (problem !== null) {
    throw new ArchloomError(
      'space/invalid-settings',
      `In ${file}: expected a list of parameters, a dict with them, or a ConfigurationSpace; ${problem}`,
      { details: { place: where } },
    )
  }
  const settings = settingsOf(document)
  const entry = findEntry(availableSpaces({}), 'hyperparameters', file)
  const parsed = parseOrExplain(entry.settings, settings, { file, path: [] })
  const space = entry.create(parsed).encodings.parameters?.space
  invariant(space !== undefined, 'The space hyperparameters has lost its parameters')
  return { where, settings, space }
}

function settingsOf(document: unknown): Readonly<Record<string, unknown>> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { parameters: document }
  }
  if ('hyperparameters' in document) return { configSpace: document }
  return document as Readonly<Record<string, unknown>>
}

/** What a declared space and a signature do not agree on; sentences. */
export function spaceProblems(
  { where, space }: DeclaredSpace,
  { parameters }: InspectedFunction,
): readonly string[] {
  const given = new Set(space.parameters.map(({ name }) => name))
  const taken = new Set((parameters ?? []).map(({ name }) => name))
  const takesAll = (parameters ?? []).some(
    ({ name, kind }) => name === 'configuration' || kind === 'var-keyword',
  )
  const untaken = takesAll ? [] : [...given].filter((name) => !taken.has(name))
  return untaken.map(
    (name) => `${where} has ${name}, which the function does not take; add it, or **kwargs`,
  )
}
