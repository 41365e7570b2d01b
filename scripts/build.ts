/**
 * `npm run build`: the publishable JavaScript in `dist/`, from the source as it is.
 *
 * Node refuses to strip types inside node_modules, so the package ships JavaScript: types are
 * blanked out by Node's own function (every position stays, so no source maps are needed) and
 * declarations come from tsc. `#src/….ts` and relative `.ts` specifiers become relative `.js` ones,
 * so that the package needs no `imports` of its own.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { projectFolder } from '#src/environment/folders.ts'

const specifier = /(['"])(#src\/|\.\.?\/)([^'"\n]*?)\.ts\1/g

/** JavaScript of one source file, `path` relative to `src/`. */
export function buildScript(path: string, source: string): string {
  return rewriteSpecifiers(path, stripTypeScriptTypes(source))
}

/**
 * Turns specifiers of source files into specifiers of the built ones.
 *
 * @param path - Of the importing file, relative to `src/`.
 * @param extension - What a `.ts` becomes.
 */
export function rewriteSpecifiers(path: string, text: string): string {
  return text.replace(specifier, (_, quote: string, start: string, rest: string) => {
    if (start !== '#src/') return `${quote}${start}${rest}.js${quote}`
    const relative = posix.relative(posix.dirname(path), `${rest}.js`)
    return `${quote}${relative.startsWith('.') ? relative : `./${relative}`}${quote}`
  })
}

function build(root: string): void {
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  for (const path of globSync('**/*.ts', { cwd: join(root, 'src') })) {
    const target = join(dist, path.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    const source = readFileSync(join(root, 'src', path), 'utf8')
    writeFileSync(target, buildScript(path, source))
  }
  declare(root, dist)
}

function declare(root: string, dist: string): void {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', dist]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    console.error('The build stopped: the declarations could not be made; mend the errors above')
    process.exit(status ?? 1)
  }
  for (const path of globSync('**/*.d.ts', { cwd: dist })) {
    const file = join(dist, path)
    writeFileSync(file, rewriteSpecifiers(path, readFileSync(file, 'utf8')))
  }
}

if (import.meta.main) build(projectFolder())
