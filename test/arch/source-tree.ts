/** The files under `src/`, and what each of them imports. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { projectFolder } from '#src/environment/folders.ts'

/** Text by path relative to `src/`, such as `graph/graph.ts`. */
export type SourceTree = ReadonlyMap<string, string>

export interface Import {
  /** Relative to `src/`, or the name of a package or Node module. */
  readonly target: string
  readonly inside: boolean
  readonly typeOnly: boolean
  readonly reExport: boolean
}

const root = projectFolder()
const statement =
  /^[ \t]*(import|export)\b([^'"`;]*?)\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

export function readSourceTree(): SourceTree {
  const paths = globSync('src/**/*.ts', { cwd: root }).sort()
  return new Map(
    paths.map((path) => [
      posix.normalize(path).slice('src/'.length),
      readFileSync(join(root, path), 'utf8'),
    ]),
  )
}

export function findImports(path: string, text: string): Import[] {
  return [...withoutComments(text).matchAll(statement)].map(
    ([, keyword, clause, from, bare, dynamic]) => {
      const target = resolveTarget(path, from ?? bare ?? dynamic ?? '')
      return {
        target: target.replace(/^#src\//, ''),
        inside: target.startsWith('#src/'),
        typeOnly: /^\s*type\b/.test(clause ?? '') || namesOnlyTypes(clause ?? ''),
        reExport: keyword === 'export',
      }
    },
  )
}

/** First part of a path: the folder, or the file at the top. */
export function folderOf(path: string): string {
  return path.split('/', 1)[0] ?? path
}

/** Comments blanked out, line breaks kept: examples in them import nothing. */
export function withoutComments(text: string): string {
  // A string or template is matched first, so that a `//` in it is no comment.
  const token =
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g
  return text.replace(token, (match) =>
    match.startsWith('/') ? match.replace(/[^\n]/g, ' ') : match,
  )
}

function resolveTarget(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return `#src/${posix.join(dirname(path), specifier)}`
}

function namesOnlyTypes(clause: string): boolean {
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(',') ?? []
  const given = names.map((name) => name.trim()).filter((name) => name !== '')
  return given.length > 0 && given.every((name) => name.startsWith('type '))
}
