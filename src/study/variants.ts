/** Writes the variants of `vary` out as methods of their own. */
import { canonicalJson, type Json } from '#src/encoding/json.ts'
import type { StudyMethod } from './study.ts'

/** A method whose settings are resolved. */
export interface NamedSettings {
  readonly label: string
  readonly settings: Json
}

/** Settings of a variant, before they are validated. */
export interface Variant {
  readonly label: string
  readonly settings: Json
  readonly variant: NonNullable<StudyMethod['variant']>
}

/**
 * Every variant of a method: one setting changed at a time, or every combination of the values.
 * Values that the method has already are no variant.
 *
 * @param options.settings - paths of settings to their values
 * @returns in the order of the paths and values, labelled `label path=value`
 */
export function expandVariants(
  base: NamedSettings,
  {
    settings,
    mode,
  }: {
    readonly settings: Readonly<Record<string, readonly Json[]>>
    readonly mode: 'one-at-a-time' | 'grid'
  },
): readonly Variant[] {
  const paths = Object.keys(settings)
  const combinations =
    mode === 'grid'
      ? everyCombination(settings)
      : paths.flatMap((path) => (settings[path] ?? []).map((value) => ({ [path]: value })))
  return combinations.flatMap((combination) => {
    const changes = realChanges(base.settings, combination)
    if (Object.keys(changes).length === 0) return []
    const words = Object.entries(changes).map(([path, value]) => `${path}=${shown(value)}`)
    return [
      {
        label: `${base.label} ${words.join(', ')}`,
        settings: Object.entries(changes).reduce<Json>(
          (changed, [path, value]) => withValue(changed, path.split('.'), value),
          base.settings,
        ),
        variant: { of: base.label, changes },
      },
    ]
  })
}

function everyCombination(
  settings: Readonly<Record<string, readonly Json[]>>,
): readonly Readonly<Record<string, Json>>[] {
  return Object.entries(settings).reduce<readonly Readonly<Record<string, Json>>[]>(
    (combinations, [path, values]) =>
      combinations.flatMap((combination) =>
        values.map((value) => ({ ...combination, [path]: value })),
      ),
    [{}],
  )
}

function realChanges(
  settings: Json,
  combination: Readonly<Record<string, Json>>,
): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Object.entries(combination).filter(([path, value]) => {
      const present = valueAt(settings, path.split('.'))
      return present === undefined || canonicalJson(present) !== canonicalJson(value)
    }),
  )
}

function valueAt(settings: Json | undefined, path: readonly string[]): Json | undefined {
  const [key, ...rest] = path
  if (key === undefined) return settings
  return isRecord(settings) ? valueAt(settings[key], rest) : undefined
}

/** A copy with a value at a path; mappings on the way are made where there are none. */
function withValue(settings: Json, path: readonly string[], value: Json): Json {
  const [key, ...rest] = path
  if (key === undefined) return value
  const record = isRecord(settings) ? settings : {}
  return { ...record, [key]: withValue(record[key] ?? {}, rest, value) }
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
