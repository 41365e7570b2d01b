/** The rules catch what they are for: each is run on a small tree with a breach in it. */
import { describe, expect, it } from 'vitest'
import {
  findCycles,
  findDanglingImports,
  findLayerBreaches,
  findNamedImplementations,
  findOutsideBreaches,
  findReExports,
} from './import-rules.ts'
import { findBadNames, findLongFiles, findWordBreaches } from './source-rules.ts'
import { findImports, withoutComments } from './source-tree.ts'

function tree(files: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(files))
}

describe('findImports', () => {
  it('sees every way to import, and no example in a comment', () => {
    const text = [
      "import { a } from '#src/graph/graph.ts'",
      "import type { B } from './near.ts'",
      "import { type C, type D } from '../space/space.ts'",
      "import 'zod'",
      '/** @example import { x } from "#src/cli/env.ts" */',
      "// import y from 'yaml'",
      "const z = await import('./late.ts')",
      'import {',
      '  e,',
      "} from 'pino'",
      "export * from './other.ts'",
      "const text = 'http://example.org' // import q from 'q'",
    ].join('\n')
    expect(
      findImports('trial/here.ts', text).map(({ target, typeOnly }) => [target, typeOnly]),
    ).toEqual([
      ['graph/graph.ts', false],
      ['trial/near.ts', true],
      ['space/space.ts', true],
      ['zod', false],
      ['trial/late.ts', false],
      ['pino', false],
      ['trial/other.ts', false],
    ])
  })

  it('keeps what is no comment', () => {
    expect(withoutComments("a('//x') /* b\nc */ d")).toBe("a('//x')     \n     d")
  })
})

describe('findLayerBreaches', () => {
  it('lets a folder import itself and what stands after its arrow', () => {
    const fine = tree({
      'graph/a.ts': "import '../errors.ts'\nimport './b.ts'\nimport '#src/encoding/json.ts'",
    })
    expect(findLayerBreaches(fine)).toEqual([])
  })

  it('refuses an import upward', () => {
    const bad = tree({ 'graph/a.ts': "import '#src/space/space.ts'" })
    expect(findLayerBreaches(bad)).toEqual([
      'graph/a.ts imports space/space.ts, which the table does not allow for graph',
    ])
  })

  it('lets • reach the interface and nothing else', () => {
    const text = "import '#src/space/space.ts'\nimport '#src/space/chain/space.ts'"
    expect(findLayerBreaches(tree({ 'optimizer/a.ts': text }))).toEqual([
      'optimizer/a.ts imports space/chain/space.ts, which the table does not allow for optimizer',
    ])
  })

  it('lets config reach catalogs, not what they name', () => {
    const files = { 'space/catalog.ts': '', 'space/chain.ts': '', 'space/space.ts': '' }
    const text = Object.keys(files).map((path) => `import '#src/${path}'`)
    expect(findLayerBreaches(tree({ ...files, 'config/a.ts': text.join('\n') }))).toEqual([
      'config/a.ts imports space/chain.ts, which the table does not allow for config',
    ])
  })

  it('keeps everything away from the command line', () => {
    const bad = tree({ 'runner/a.ts': "import '#src/cli/env.ts'" })
    expect(findLayerBreaches(bad)).toHaveLength(1)
  })
})

describe('findOutsideBreaches', () => {
  it('keeps sockets, SQLite and the pure middle apart', () => {
    const bad = tree({
      'worker/a.ts': "import { Dealer } from 'zeromq'",
      'runner/a.ts':
        "import { DatabaseSync } from 'node:sqlite'\nimport type { Logger } from 'pino'",
      'space/a.ts':
        "import { readFile } from 'node:fs/promises'\nimport { hash } from 'node:crypto'",
    })
    expect(findOutsideBreaches(bad)).toEqual([
      'worker/a.ts imports zeromq, which belongs to transport',
      'runner/a.ts imports node:sqlite, which belongs to store',
      'space/a.ts is pure but imports node:fs/promises',
    ])
  })
})

describe('findNamedImplementations', () => {
  const files = {
    'space/catalog.ts': "import './space.ts'\nimport './chain/chain.ts'\nimport './cells.ts'",
    'space/space.ts': '',
    'space/chain/chain.ts': "import './layer.ts'",
    'space/chain/layer.ts': "import { x } from './chain.ts'",
    'runner/compose.ts': "import '#src/space/cells.ts'",
  }

  it('lets the catalog, compose.ts and the implementation itself', () => {
    expect(findNamedImplementations(tree(files))).toEqual([])
  })

  it('lets everybody have the interface of an extension point within a folder', () => {
    const nested = {
      'worker/place/catalog.ts': "import './place.ts'\nimport './ray.ts'",
      'worker/place/place.ts': '',
      'worker/place/ray.ts': '',
    }
    const pool = "import './place/place.ts'"
    expect(findNamedImplementations(tree({ ...nested, 'worker/pool.ts': pool }))).toEqual([])
    const bad = tree({ ...nested, 'worker/pool.ts': "import './place/ray.ts'" })
    expect(findNamedImplementations(bad)).toHaveLength(1)
  })

  it('refuses anybody else', () => {
    const bad = tree({ ...files, 'runner/drive.ts': "import '#src/space/cells.ts'" })
    expect(findNamedImplementations(bad)).toEqual([
      'runner/drive.ts names the implementation space/cells.ts; only space/catalog.ts and runner/compose.ts may',
    ])
  })
})

describe('findCycles', () => {
  it('shows the way round', () => {
    const bad = tree({
      'a/one.ts': "import './two.ts'",
      'a/two.ts': "import './three.ts'",
      'a/three.ts': "import './one.ts'",
    })
    expect(findCycles(bad)).toEqual(['a/one.ts → a/two.ts → a/three.ts → a/one.ts'])
  })

  it('does not take two ways to one file for a circle', () => {
    const fine = tree({
      'a/one.ts': "import './two.ts'\nimport './three.ts'",
      'a/two.ts': "import './three.ts'",
      'a/three.ts': '',
    })
    expect(findCycles(fine)).toEqual([])
  })
})

describe('the smaller rules', () => {
  it('refuse re-exports and files that are not there', () => {
    const bad = tree({ 'a/one.ts': "export { x } from './gone.ts'", 'index.ts': '' })
    expect(findReExports(bad)).toEqual(['a/one.ts re-exports a/gone.ts'])
    expect(findDanglingImports(bad)).toHaveLength(1)
  })

  it('find words that belong elsewhere, but not in comments', () => {
    const bad = tree({
      'graph/a.ts': 'const now = Date.now()',
      'graph/b.ts': '// Math.random() is not used here',
      'graph/c.ts': 'const x = Math.random()\nconsole.log(process.env.HOME)',
      'time/clock.ts': 'Date.now()',
      'cli/env.ts': 'process.stdout.write(process.env.HOME)',
    })
    expect(findWordBreaches(bad)).toEqual([
      'graph/a.ts reads the clock',
      'graph/c.ts makes randomness',
      'graph/c.ts reads process.env',
      'graph/c.ts writes to the terminal',
    ])
  })

  it('refuse empty names and wrong case', () => {
    const paths = ['src/index.ts', 'src/graph/index.ts', 'src/math-utils.ts', 'src/graph/shape.ts']
    expect(
      findBadNames([...paths, 'src/GraphNode.ts', 'py/a/base.py', 'py/a/two_words.py']),
    ).toEqual([
      'src/graph/index.ts: the name index says nothing',
      'src/math-utils.ts: the name utils says nothing',
      'src/GraphNode.ts: the name is not in the usual case',
      'py/a/base.py: the name base says nothing',
    ])
  })

  it('count lines', () => {
    expect(findLongFiles(tree({ a: 'x\n'.repeat(400), b: 'x\n'.repeat(401) }), 400)).toEqual([
      'b has 401 lines; 400 are the limit',
    ])
  })
})
