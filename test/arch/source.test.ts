/** The architecture of the source, checked. The rules themselves are tested in rules.test.ts. */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import {
  findCycles,
  findDanglingImports,
  findLayerBreaches,
  findNamedImplementations,
  findOutsideBreaches,
  findReExports,
} from './import-rules.ts'
import { importTable } from './import-table.ts'
import { findBadNames, findLongFiles, findWordBreaches } from './source-rules.ts'
import { folderOf, readSourceTree } from './source-tree.ts'

const root = projectFolder()
const tree = readSourceTree()

function readAll(pattern: string): Map<string, string> {
  const paths = globSync(pattern, { cwd: root }).sort()
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

describe('imports', () => {
  it('go only where the table allows', () => {
    expect(findLayerBreaches(tree)).toEqual([])
  })

  it('bring packages and Node modules only where they belong', () => {
    expect(findOutsideBreaches(tree)).toEqual([])
  })

  it('go round in no circle and lead to files that exist', () => {
    expect(findDanglingImports(tree)).toEqual([])
    expect(findCycles(tree)).toEqual([])
  })

  it('are passed on only by the library’s face', () => {
    expect(findReExports(tree)).toEqual([])
  })

  it('name implementations only in catalogs and runner/compose.ts', () => {
    expect(findNamedImplementations(tree)).toEqual([])
  })
})

describe('the table', () => {
  it('knows every folder of src', () => {
    const folders = new Set([...tree.keys()].map(folderOf))
    expect([...folders].filter((folder) => !(folder in importTable))).toEqual([])
  })
})

describe('source files', () => {
  it('leave clock, randomness, environment variables and terminal to their owners', () => {
    expect(findWordBreaches(tree)).toEqual([])
  })

  it('have names that say something', () => {
    const patterns = ['{src,scripts,test,bench}/**/*.{ts,mjs}', 'py/**/*.py']
    expect(findBadNames(patterns.flatMap((pattern) => globSync(pattern, { cwd: root })))).toEqual(
      [],
    )
  })

  it('are short', () => {
    expect(findLongFiles(readAll('src/**/*.ts'), 400)).toEqual([])
    const python = readAll('py/archloom_worker/**/*.py')
    // Generated from the protocol's schemas.
    python.delete('py/archloom_worker/schema.py')
    expect(findLongFiles(python, 500)).toEqual([])
  })

  it('come with a README at every extension point', () => {
    const points = [...tree.keys()].filter((path) => path.endsWith('/catalog.ts')).map(folderOf)
    expect(points).toContain('space')
    const bare = points.filter(
      (point) => !readdirSync(join(root, 'src', point)).includes('README.md'),
    )
    expect(bare).toEqual([])
  })
})

describe('the worker', () => {
  it('imports zmq in its transport only', () => {
    const importers = [...readAll('py/archloom_worker/**/*.py')]
      .filter(([, text]) => /^\s*(import|from) zmq\b/m.test(text))
      .map(([path]) => path)
    expect(importers).toEqual(['py/archloom_worker/transport.py'])
  })

  it('unpickles nowhere but in the readers of data sets that come as pickles', () => {
    const loads = [...readAll('py/archloom_worker/**/*.py')]
      .filter(([, text]) => /\b(pickle|marshal|dill|cloudpickle)\.loads?\(/.test(text))
      .map(([path]) => path)
    expect(loads.filter((path) => !path.startsWith('py/archloom_worker/data/'))).toEqual([])
  })
})
