import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

const library = new URL('../index.ts', import.meta.url)

/**
 * Imports a module of the user's in which `archloom` is the library that imports it.
 *
 * @remarks
 * So a script runs wherever it lies: in a checkout that was never built, beside a global
 * installation, in a project with another copy. And there is one `ArchloomError` only, which two
 * copies of the library would not share.
 *
 * @param path - absolute
 */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'archloom'
        ? { url: library.href, shortCircuit: true }
        : next(specifier, context),
  })
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  } finally {
    hooks.deregister()
  }
}
