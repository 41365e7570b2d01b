import { describe, expect, it } from 'vitest'
import { buildScript, rewriteSpecifiers } from '../../../scripts/build.ts'

describe('rewriteSpecifiers', () => {
  it.each([
    ['graph/shape.ts', "from '#src/errors.ts'", "from '../errors.js'"],
    ['graph/shape.ts', "from '#src/graph/graph.ts'", "from './graph.js'"],
    ['space/chain/chain.ts', 'from "#src/graph/graph.ts"', 'from "../../graph/graph.js"'],
    ['index.ts', "from '#src/config/load.ts'", "from './config/load.js'"],
    ['index.ts', "import('./cli/run.ts')", "import('./cli/run.js')"],
    [
      'worker/a.ts',
      "new URL('../time/b.ts', import.meta.url)",
      "new URL('../time/b.js', import.meta.url)",
    ],
    ['index.ts', "from 'zod'", "from 'zod'"],
    ['cli/init.ts', "'search.ts'", "'search.ts'"],
  ])('in %s turns %s into %s', (path, before, after) => {
    expect(rewriteSpecifiers(path, before)).toBe(after)
  })
})

describe('buildScript', () => {
  it('leaves JavaScript on the same lines', async () => {
    const source = [
      "import type { X } from '#src/graph/graph.ts'",
      'interface Pair {',
      '  readonly left: number',
      '}',
      'export const sum = ({ left }: Pair, right: number): number => left + right',
    ].join('\n')
    const script = buildScript('graph/sum.ts', source)
    expect(script.split('\n')).toHaveLength(5)
    const module: { sum: (pair: object, right: number) => number } = await import(
      `data:text/javascript,${encodeURIComponent(script)}`
    )
    expect(module.sum({ left: 2 }, 3)).toBe(5)
  })
})
