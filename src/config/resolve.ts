/**
 * Resolves an experiment document: every default filled in, every name found in its catalog, every
 * setting checked by the entry that it belongs to.
 */
import type { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { evaluatorCatalog } from '#src/evaluator/catalog.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { parseOrExplain, placeName } from './issue.ts'
import { ExperimentDocument, type Extensions } from './schema.ts'
import { suggest } from './suggest.ts'

/** What every catalog entry has, whatever it makes. */
interface Entry {
  readonly name: string
  readonly settings: z.ZodType
}

/** Spaces that ship and those of the user's own. */
export function availableSpaces(extensions: Extensions) {
  return [...spaceCatalog, ...(extensions.spaces ?? [])]
}

export function availableOptimizers(extensions: Extensions) {
  return [...optimizerCatalog, ...(extensions.optimizers ?? [])]
}

export function availableEvaluators(extensions: Extensions) {
  return [...evaluatorCatalog, ...(extensions.evaluators ?? [])]
}

/**
 * The entry of a name.
 * @throws config/unknown-name with the nearest known name
 */
export function findEntry<E extends Entry>(entries: readonly E[], name: string, where: string): E {
  const entry = entries.find((candidate) => candidate.name === name)
  if (entry) return entry
  const known = entries.map((candidate) => candidate.name)
  const near = suggest(name, known)
  const hint = near ? `did you mean "${near}"?` : `there are ${known.join(', ') || 'none'}`
  throw new ArchloomError('config/unknown-name', `${where}: unknown name "${name}"; ${hint}`, {
    details: { name, known },
  })
}

/** The settings that stand beside a name. */
export function settingsOf(choice: { readonly name: string }): Record<string, unknown> {
  const { name: _, ...settings } = choice
  return settings
}

/**
 * Validates a document and fills in every default, those of the catalogs' entries included.
 *
 * @param file - how to name the source in messages
 * @throws config/unknown-key, config/invalid, config/unknown-name
 */
export function resolveDocument(
  input: unknown,
  extensions: Extensions,
  file: string,
): ExperimentDocument {
  const document = parseOrExplain(ExperimentDocument, input, { file, path: [] })
  const resolve = (key: 'space' | 'optimizer' | 'evaluator', entries: readonly Entry[]) => {
    const choice = document[key]
    const place = { file, path: [key] }
    const entry = findEntry(entries, choice.name, placeName(place, ['name']))
    const settings = parseOrExplain(entry.settings, settingsOf(choice), place)
    return { name: choice.name, ...(settings as Record<string, unknown>) }
  }
  return {
    ...document,
    space: resolve('space', availableSpaces(extensions)),
    optimizer: resolve('optimizer', availableOptimizers(extensions)),
    evaluator: resolve('evaluator', availableEvaluators(extensions)),
  }
}
