/** Loads a study from a YAML file or a TypeScript module. */
import { contentHash } from '#src/encoding/hash.ts'
import type { StudyInput } from '#src/study/document.ts'
import { type DocumentKind, type LoadOptions, loadSource } from './load.ts'
import { type ResolvedStudy, resolveStudy } from './resolve-study.ts'
import type { Extensions, LoadedExperiment } from './schema.ts'

export const studyKind: DocumentKind = { what: 'study', define: 'defineStudy', hint: '' }

/** What a TypeScript study script default-exports. */
export interface StudyScript {
  readonly document: StudyInput
  readonly extensions: Extensions
}

/**
 * What a TypeScript study script default-exports.
 *
 * @param study - the same keys as in YAML, and `extensions` as in `defineExperiment`
 */
export function defineStudy(study: StudyInput & { readonly extensions?: Extensions }): StudyScript {
  const { extensions, ...document } = study
  return { document, extensions: extensions ?? {} }
}

/** A study, loaded and resolved. */
export interface LoadedStudy extends ResolvedStudy {
  /** Content hash of the resolved document. */
  readonly hash: string
  readonly extensions: Extensions
  readonly source: LoadedExperiment['source']
}

/**
 * Reads, overrides, validates and resolves a study.
 *
 * @param path - as of `loadExperiment`, a script with `defineStudy({...})`
 * @throws config/not-found, config/syntax, config/invalid, config/unknown-key, config/unknown-name
 */
export async function loadStudy(path: string, options: LoadOptions = {}): Promise<LoadedStudy> {
  const { input, extensions, name, source } = await loadSource(path, studyKind, options)
  const { document, methods } = resolveStudy(input, extensions, name)
  return { document, methods, hash: contentHash(document), extensions, source }
}
