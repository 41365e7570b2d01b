/** Looks into a space from outside an experiment: what the `space` commands show. */
import { parseOrExplain, placeName } from '#src/config/issue.ts'
import { applyOverride } from '#src/config/override.ts'
import { availableSpaces, findEntry } from '#src/config/resolve.ts'
import type { Extensions } from '#src/config/schema.ts'
import type { Json } from '#src/encoding/json.ts'
import { drawGraph } from '#src/graph/draw.ts'
import { renderSvg, type SvgOptions } from '#src/graph/svg.ts'
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
    ? drawGraph(space.compile(architecture, { ...task, kind: space.takes }))
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
