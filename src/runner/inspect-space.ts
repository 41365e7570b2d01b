/** Looks into a space from outside an experiment: what the `space` commands show. */
import { parseOrExplain, placeName } from '#src/config/issue.ts'
import { applyOverride } from '#src/config/override.ts'
import { availableSpaces, findEntry } from '#src/config/resolve.ts'
import type { Extensions } from '#src/config/schema.ts'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { drawGraph } from '#src/graph/draw.ts'
import { renderSvg, type SvgOptions } from '#src/graph/svg.ts'
import { type ConfigSpaceDocument, writeConfigSpace } from '#src/parameter/configspace-write.ts'
import { type ConfigurationCount, countConfigurations } from '#src/parameter/count.ts'
import { parameterModel } from '#src/parameter/model.ts'
import type { ParameterSpace } from '#src/parameter/parameter.ts'
import { vectorParameters } from '#src/parameter/unit-vector.ts'
import { forbiddenWords, parameterWords, testWords } from '#src/parameter/words.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace, SpaceEntry, Task } from '#src/space/space.ts'

/** A space by its name, with settings changed as `--set` has it. */
export interface SpaceChoice {
  readonly name: string
  /** Such as `channels=8`. */
  readonly overrides: readonly string[]
  /** Where spaces of the user's own are found, too. */
  readonly extensions?: Extensions
}

export interface SpaceDescription {
  readonly name: string
  readonly summary: string
  readonly source: string
  readonly settings: Json
  readonly distribution: string
  /** Decimal digits: the number may exceed what a JSON number carries. */
  readonly count: string
  readonly countKind: 'exact' | 'upper-bound' | 'lower-bound'
  /** Text form of one architecture, the same each time. */
  readonly example: string
  /** Published architectures: text forms by name. */
  readonly named: Readonly<Record<string, string>>
}

export interface SampledArchitecture {
  readonly architecture: string
  readonly canonical: string
}

export interface DrawnArchitecture extends SampledArchitecture {
  readonly svg: string
}

/** Every space that ships, with its default settings. */
export function describeSpaces(): readonly SpaceDescription[] {
  return availableSpaces({}).map(({ name }) => describeSpace({ name, overrides: [] }))
}

/** A parameter in words. */
export interface DescribedParameter {
  readonly name: string
  /** Kind, domain and default. */
  readonly domain: string
  /** When it exists, such as `depth > 2`; null for always. */
  readonly condition: string | null
}

export interface DescribedParameters {
  readonly space: ParameterSpace
  /** Parents before children. */
  readonly parameters: readonly DescribedParameter[]
  readonly forbidden: readonly string[]
  readonly count: ConfigurationCount
  /** Numbers of a vector in the unit cube. */
  readonly vectorSize: number
}

/**
 * The parameter encoding of a space.
 * @throws config/usage for a space without one, and what `describeSpace` throws
 */
export function describeParameters(choice: SpaceChoice): DescribedParameters {
  const { parameters } = openSpace(choice).space.encodings
  if (!parameters) {
    throw new ArchloomError(
      'config/usage',
      `The space ${choice.name} has no fixed list of parameters, so there is nothing to show; see its architectures with archloom space sample`,
      { details: { place: 'the space', found: choice.name } },
    )
  }
  const { space } = parameters
  return {
    space,
    parameters: describeSpaceParameters(space),
    forbidden: space.forbidden.map(forbiddenWords),
    count: countConfigurations(space),
    vectorSize: vectorParameters(space).length,
  }
}

/** Parents before children. */
export function describeSpaceParameters(space: ParameterSpace): readonly DescribedParameter[] {
  return parameterModel(space).nodes.map(({ parameter, tests }) => ({
    name: parameter.name,
    domain: parameterWords(parameter),
    condition: tests.length > 0 ? testWords({ kind: 'and', tests: [...tests] }) : null,
  }))
}

/** The parameter encoding as ConfigSpace reads it. */
export function configSpaceOf(choice: SpaceChoice): ConfigSpaceDocument {
  return writeConfigSpace(describeParameters(choice).space)
}

/** @throws config/unknown-name, config/unknown-key, config/invalid, space/empty, space/invalid-settings */
export function describeSpace(choice: SpaceChoice): SpaceDescription {
  const { entry, space } = openSpace(choice)
  const { value, kind } = space.count()
  return {
    name: entry.name,
    summary: entry.summary,
    source: entry.source,
    settings: space.settings,
    distribution: space.distribution,
    count: value.toString(),
    countKind: kind,
    example: space.format(space.sample(Random.named('0', 'example'))),
    named: entry.named ?? {},
  }
}

/** The first `count` draws of a seed; a larger count goes on where a smaller one ended. */
export function sampleSpace(
  choice: SpaceChoice,
  seed: string,
  count: number,
): readonly SampledArchitecture[] {
  const { space } = openSpace(choice)
  return Array.from({ length: count }, (_, index) => {
    const architecture = space.sample(Random.named(seed, 'sample', index))
    return { architecture: space.format(architecture), canonical: space.canonical(architecture) }
  })
}

/**
 * The searched part as a picture, or the whole network that a task makes of it.
 *
 * @param text - a text form, or the name of a published architecture of the space
 * @throws space/invalid-architecture, and what `describeSpace` throws
 */
export function drawArchitecture(
  choice: SpaceChoice,
  text: string,
  options: SvgOptions & { readonly task?: Omit<Task, 'kind'> } = {},
): DrawnArchitecture {
  const { entry, space } = openSpace(choice)
  const { task, ...svgOptions } = options
  const architecture = space.parse(namedText(entry, text.trim()))
  const drawing = task
    ? // A space that takes nothing refuses any task.
      drawGraph(space.compile(architecture, { ...task, kind: space.takes ?? 'images' }))
    : space.draw(architecture)
  return {
    architecture: space.format(architecture),
    canonical: space.canonical(architecture),
    svg: renderSvg(drawing, svgOptions),
  }
}

function namedText({ named = {} }: SpaceEntry, text: string): string {
  return (Object.hasOwn(named, text) ? named[text] : undefined) ?? text
}

function openSpace({ name, overrides, extensions = {} }: SpaceChoice): {
  entry: SpaceEntry
  space: SearchSpace
} {
  const file = 'the command line'
  const entry = findEntry(availableSpaces(extensions), name, placeName({ file, path: ['space'] }))
  const settings = overrides.reduce<unknown>(applyOverride, {})
  const place = { file, path: ['--set'] }
  return { entry, space: entry.create(parseOrExplain(entry.settings, settings, place)) }
}
