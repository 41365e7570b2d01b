/** Loads an experiment from a YAML file or a TypeScript module. */
import { readFile } from 'node:fs/promises'
import { extname, relative, resolve } from 'node:path'
import { isAlias, parseDocument, visit } from 'yaml'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import { importModule } from './import-module.ts'
import { applyOverride } from './override.ts'
import { resolveDocument } from './resolve.ts'
import type { Extensions, LoadedExperiment } from './schema.ts'

export interface LoadOptions {
  /** `--set path=value`, applied in order. */
  readonly overrides?: readonly string[]
}

/** What a document is called in messages, and how a script makes one. */
export interface DocumentKind {
  /** Such as `experiment`. */
  readonly what: string
  /** The function whose value a script default-exports. */
  readonly define: string
  /** How to come by one, as the end of a sentence; empty where nothing helps. */
  readonly hint: string
}

/** A document as a person wrote it, overrides applied. */
export interface LoadedSource {
  readonly input: unknown
  readonly extensions: Extensions
  /** The file as a person would call it, for messages. */
  readonly name: string
  readonly source: LoadedExperiment['source']
}

interface DocumentScript {
  readonly document: unknown
  readonly extensions: Extensions
}

const experimentKind: DocumentKind = {
  what: 'experiment',
  define: 'defineExperiment',
  hint: ', or make one with archloom init',
}

/**
 * Reads, overrides, validates and resolves an experiment.
 *
 * @param path - a `.yaml`, `.yml` or `.json` file, or a `.ts`, `.mts`, `.js` or `.mjs` module that
 *   default-exports `defineExperiment({...})`
 * @throws config/not-found, config/syntax, config/invalid, config/unknown-key, config/unknown-name
 */
export async function loadExperiment(
  path: string,
  options: LoadOptions = {},
): Promise<LoadedExperiment> {
  const { input, extensions, name, source } = await loadSource(path, experimentKind, options)
  const document = resolveDocument(input, extensions, name)
  return { document, hash: contentHash(document), extensions, source }
}

/**
 * Reads a document and applies the overrides; says nothing of what stands in it.
 *
 * @throws config/not-found, config/syntax, config/invalid, config/usage
 */
export async function loadSource(
  path: string,
  kind: DocumentKind,
  { overrides = [] }: LoadOptions,
): Promise<LoadedSource> {
  const absolute = resolve(path)
  const name = shortName(absolute)
  const text = await readSource(absolute, name, kind)
  const script = isScript(absolute)
    ? await importScript(absolute, name, kind)
    : { document: parseYaml(text, name), extensions: {} }
  return {
    input: overrides.reduce<unknown>(applyOverride, script.document),
    extensions: script.extensions,
    name,
    source: { path: absolute, sha256: sha256(text), overrides },
  }
}

/**
 * The extensions of a run's source, to take the run up again: the script must be the one that
 * started it.
 *
 * @throws config/not-found when the script is gone, config/invalid when it has changed
 */
export async function reloadExtensions(
  source: Omit<LoadedExperiment['source'], 'overrides'>,
  kind = experimentKind,
): Promise<Extensions> {
  if (!isScript(source.path)) return {}
  const name = shortName(source.path)
  const text = await readSource(source.path, name, kind)
  if (sha256(text) !== source.sha256) {
    throw new ArchloomError(
      'config/invalid',
      `The ${kind.what} script ${name} has changed since the run started; restore it, or start a new run`,
    )
  }
  return (await importScript(source.path, name, kind)).extensions
}

/** As a person would call it: relative where that is shorter. */
function shortName(absolute: string): string {
  const name = relative(process.cwd(), absolute)
  return name === '' || name.startsWith('..') ? absolute : name
}

/** Whether a file is a module rather than a document. */
export function isScript(path: string): boolean {
  return /^\.[mc]?[jt]s$/.test(extname(path))
}

async function readSource(
  absolute: string,
  name: string,
  { what, hint }: DocumentKind,
): Promise<string> {
  try {
    return await readFile(absolute, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : code
    throw new ArchloomError(
      'config/not-found',
      `Cannot read the ${what} ${name}: ${why}; give a YAML file or a TypeScript module${hint}`,
      { cause },
    )
  }
}

function parseYaml(text: string, name: string): unknown {
  const document = parseDocument(text, { merge: false })
  const error = document.errors[0]
  if (error) {
    const sentence = error.message.split('\n')[0]?.replace(/:$/, '')
    throw new ArchloomError('config/syntax', `In ${name}: ${sentence}`, { cause: error })
  }
  visit(document, (_, node) => {
    if (isAlias(node)) {
      throw new ArchloomError(
        'config/syntax',
        `In ${name}: aliases such as *${node.source} are not allowed; write the value out`,
      )
    }
  })
  return document.toJS() as unknown
}

async function importScript(
  absolute: string,
  name: string,
  { define }: DocumentKind,
): Promise<DocumentScript> {
  let module: Readonly<Record<string, unknown>>
  try {
    module = await importModule(absolute)
  } catch (cause) {
    if (cause instanceof ArchloomError) throw cause
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new ArchloomError('config/syntax', `Cannot load ${name}: ${message}`, { cause })
  }
  const script = module.default
  if (typeof script !== 'object' || script === null || !('document' in script)) {
    throw new ArchloomError(
      'config/invalid',
      `In ${name}: expected export default ${define}({...}), found ${script === undefined ? 'no default export' : typeof script}`,
    )
  }
  return script as DocumentScript
}
