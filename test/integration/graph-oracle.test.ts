/** TypeScript's arithmetic against PyTorch's, over random graphs: shapes, counts, and what is refused. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { countGraph } from '#src/graph/counts.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { outputShapes } from '#src/graph/shape.ts'
import { validateGraph } from '#src/graph/validate.ts'
import { Random } from '#src/random/random.ts'
import { randomGraph } from '#test/fixtures/random-graph.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

/** One line of `py/tests/describe_lines.py`. */
type Described =
  | {
      readonly outputShapes: readonly (readonly number[])[]
      readonly parameterCount: number
      readonly multiplyAdds: number
    }
  | { readonly error: string }

const drawn = Array.from({ length: 320 }, (_, index) =>
  randomGraph(Random.named(20, 'graph-oracle', index)),
)
const graphs = drawn.map(({ graph }) => graph)
const refused = drawn.flatMap((item) => item.refused).slice(0, 320)

let folder: string
let described: readonly Described[]

beforeAll(async () => {
  const { python } = await cpuEnvironment()
  folder = mkdtempSync(join(tmpdir(), 'archloom-oracle-'))
  const file = join(folder, 'graphs.jsonl')
  writeFileSync(file, [...graphs, ...refused].map((graph) => JSON.stringify(graph)).join('\n'))
  const output = execFileSync(python, ['-m', 'tests.describe_lines', file], {
    cwd: join(projectFolder(), 'py'),
    env: { ...process.env, OMP_NUM_THREADS: '1' },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  described = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Described)
}, 600_000)

afterAll(() => {
  if (folder) rmSync(folder, { recursive: true })
})

describe('the two sides of the network graph', () => {
  it('meet every operation, often, in graphs short and long', () => {
    const seen = new Map<string, number>()
    for (const { op } of graphs.flatMap(({ nodes }) => nodes)) {
      seen.set(op.kind, (seen.get(op.kind) ?? 0) + 1)
    }
    expect(seen.size).toBe(27)
    expect(Math.min(...seen.values())).toBeGreaterThanOrEqual(20)
    expect(Math.max(...graphs.map(({ nodes }) => nodes.length))).toBeGreaterThan(20)
    expect(refused.length).toBe(320)
    expect(described).toHaveLength(graphs.length + refused.length)
  })

  it('agree on output shapes, parameter counts and multiply-adds', () => {
    for (const [index, graph] of graphs.entries()) {
      const expected = { outputShapes: outputShapes(validated(graph)), ...countGraph(graph) }
      expect(described[index], JSON.stringify(graph)).toEqual(expected)
    }
  })

  it('refuse the same nodes', () => {
    for (const [index, graph] of refused.entries()) {
      const node = graph.nodes.at(-1)
      expect(() => validateGraph(graph)).toThrow(`"${node?.id}"`)
      expect(described[graphs.length + index], JSON.stringify(graph)).toEqual({
        error: expect.stringContaining(`Graph node "${node?.id}"`),
      })
    }
  })
})

/** As it comes out of JSON on the other side. */
function validated(graph: NetworkGraph): NetworkGraph {
  return validateGraph(JSON.parse(JSON.stringify(graph)))
}
