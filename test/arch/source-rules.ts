/** The rules on what a source file says and how it is called. */
import { folderOf, type SourceTree, withoutComments } from './source-tree.ts'

interface WordRule {
  readonly what: string
  readonly pattern: RegExp
  /** Folders, or files at the top, where the words are allowed. */
  readonly allowed: readonly string[]
}

const wordRules: readonly WordRule[] = [
  {
    what: 'reads the clock',
    pattern:
      /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.(now|timeOrigin)\b|\bprocess\.hrtime\b/,
    allowed: ['time'],
  },
  {
    what: 'makes randomness',
    pattern: /\bMath\.random\b|\brandom(Bytes|UUID|Int|FillSync)\b|\bgetRandomValues\b/,
    allowed: ['random'],
  },
  {
    what: 'reads process.env',
    pattern: /\bprocess\.env\b/,
    allowed: ['cli', 'environment'],
  },
  {
    what: 'writes to the terminal',
    pattern: /\bprocess\.std(out|err)\b|\bconsole\.\w+/,
    allowed: ['cli', 'main.ts'],
  },
  { what: 'switches a rule off', pattern: /@ts-(ignore|nocheck|expect-error)\b/, allowed: [] },
]

const forbiddenNames = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'manager',
  'base',
  'index',
]

/** Clock, randomness, environment variables and terminal outside the folders that own them. */
export function findWordBreaches(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const code = withoutComments(text)
    return wordRules
      .filter(({ pattern, allowed }) => !allowed.includes(folderOf(path)) && pattern.test(code))
      .map(({ what }) => `${path} ${what}`)
  })
}

/**
 * Names that say nothing, or are not kebab case (snake case in Python).
 *
 * @param paths - Relative to the project's root.
 */
export function findBadNames(paths: readonly string[]): string[] {
  return paths
    .filter((path) => path !== 'src/index.ts')
    .flatMap((path) => {
      const parts = path.replace(/\.[^./]+$/, '').split('/')
      const words = parts.flatMap((part) => part.toLowerCase().split(/[-_.]/))
      const bad = words.find((word) => forbiddenNames.includes(word))
      if (bad !== undefined) return [`${path}: the name ${bad} says nothing`]
      const pattern = path.endsWith('.py') ? /^[a-z0-9_]+$/ : /^[a-z0-9.-]+$/
      const file = parts.at(-1) ?? ''
      return pattern.test(file) ? [] : [`${path}: the name is not in the usual case`]
    })
}

/** Files with more lines than the limit. */
export function findLongFiles(files: ReadonlyMap<string, string>, limit: number): string[] {
  return [...files].flatMap(([path, text]) => {
    const lines = text.split('\n').length - 1
    return lines > limit ? [`${path} has ${lines} lines; ${limit} are the limit`] : []
  })
}
