/** The rules on imports, as functions from a source tree to its breaches. */
import { importTable, outsideTable, pureFolders } from './import-table.ts'
import { findImports, folderOf, type Import, type SourceTree } from './source-tree.ts'

/** Node modules without input or output, which pure folders may import. */
const pureNodeModules = ['node:crypto', 'node:buffer', 'node:util']

/** Imports that the table does not allow. */
export function findLayerBreaches(tree: SourceTree): string[] {
  return eachImport(tree, (path, { target, inside }) => {
    if (!inside || mayImport(path, target, tree)) return null
    return `${path} imports ${target}, which the table does not allow for ${folderOf(path)}`
  })
}

/** Packages and Node modules where they do not belong. */
export function findOutsideBreaches(tree: SourceTree): string[] {
  return eachImport(tree, (path, { target, inside, typeOnly }) => {
    if (inside || typeOnly) return null
    const folder = folderOf(path)
    const allowed = outsideTable[target]
    if (allowed !== undefined && !allowed.includes(folder)) {
      return `${path} imports ${target}, which belongs to ${allowed.join(', ')}`
    }
    const impure = target.startsWith('node:') && !pureNodeModules.includes(target)
    return impure && pureFolders.includes(folder) ? `${path} is pure but imports ${target}` : null
  })
}

/** Files that pass on what another file defines; only the library's face may. */
export function findReExports(tree: SourceTree): string[] {
  return eachImport(tree, (path, { target, reExport }) =>
    reExport && path !== 'index.ts' ? `${path} re-exports ${target}` : null,
  )
}

/** Imports of an implementation by anything but its catalog, `runner/compose.ts` and its own folder. */
export function findNamedImplementations(tree: SourceTree): string[] {
  const catalogs = [...tree.keys()].filter((path) => path.endsWith('/catalog.ts'))
  return catalogs.flatMap((catalog) => {
    const folder = folderOf(catalog)
    // An extension point within a folder has an interface of its own, `<point>/<point>.ts`.
    const point = catalog.slice(0, catalog.lastIndexOf('/'))
    const interfaces = [
      interfaceOf(folder),
      `${point}/${point.slice(point.lastIndexOf('/') + 1)}.ts`,
    ]
    const implementations = importsOf(catalog, tree)
      .map(({ target }) => target)
      .filter((target) => folderOf(target) === folder && !interfaces.includes(target))
    return eachImport(tree, (path, { target }) => {
      const free = path === catalog || path === 'runner/compose.ts' || path === 'index.ts'
      if (free || !implementations.includes(target)) return null
      const own = target.slice(0, target.lastIndexOf('/'))
      if (own !== folder && path.startsWith(`${own}/`)) return null
      return `${path} names the implementation ${target}; only ${catalog} and runner/compose.ts may`
    })
  })
}

/** Circles of imports that remain at run time, each as the path around it. */
export function findCycles(tree: SourceTree): string[] {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' → '))
    if (start >= 0 || done.has(path)) return
    for (const { target, inside } of importsOf(path, tree)) {
      if (inside) visit(target, [...trail, path])
    }
    done.add(path)
  }
  for (const path of tree.keys()) visit(path, [])
  return cycles
}

/** Imports of a file that is not there. */
export function findDanglingImports(tree: SourceTree): string[] {
  return eachImport(tree, (path, { target, inside }) =>
    inside && !tree.has(target) ? `${path} imports ${target}, which does not exist` : null,
  )
}

function mayImport(path: string, target: string, tree: SourceTree): boolean {
  const [from, to] = [folderOf(path), folderOf(target)]
  if (from === to) return true
  const allowed = importTable[from] ?? []
  if (allowed.includes('all')) return to !== 'cli' && to !== 'main.ts'
  if (allowed.includes(to.replace(/\.ts$/, '')) || allowed.includes(target)) return true
  if (allowed.includes(`${to}•`) && target === interfaceOf(to)) return true
  const isExtensionPoint = tree.has(`${to}/catalog.ts`)
  return (
    allowed.includes('catalogs') &&
    isExtensionPoint &&
    (target === `${to}/catalog.ts` || target === interfaceOf(to))
  )
}

function interfaceOf(folder: string): string {
  return `${folder}/${folder}.ts`
}

function eachImport(
  tree: SourceTree,
  check: (path: string, found: Import) => string | null,
): string[] {
  return [...tree.keys()].flatMap((path) =>
    importsOf(path, tree).flatMap((found) => check(path, found) ?? []),
  )
}

function importsOf(path: string, tree: SourceTree): Import[] {
  return findImports(path, tree.get(path) ?? '')
}
