/**
 * Networks compiled from every space, supernets among them, against PyTorch: output shapes, parameters,
 * multiply-adds.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { countGraph } from '#src/graph/counts.ts'
import { outputShapes } from '#src/graph/shape.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { InputKind, SearchSpace, Task } from '#src/space/space.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

/** Settings for each space, or several, that use everything it offers; networks small. */
const settings: Readonly<Record<string, unknown>> = {
  hierarchical: { channels: 4 },
  nasnet: { blocks: 4, channels: 8, cellsPerStage: [1, 0], dropPathRate: 0.2, dropoutRate: 0.1 },
  amoebanet: {
    blocks: 3,
    channels: 8,
    cellsPerStage: [0, 1],
    stem: 'imagenet',
    skipReductionInput: true,
  },
  darts: { channels: 6, cells: 3, dropPathRate: 0.1 },
  'multi-branch': {
    maxLayers: 7,
    join: 'add',
    sampling: 'depths',
    operations: [
      'conv3-4',
      'conv1x7-6',
      'conv3s2-8',
      'sep5-4',
      'sep3s3-6',
      'max3',
      'max3s2',
      'avg3x1',
    ],
  },
  fabric: { layers: 4, scales: 3, channels: 5, architectures: 'parts' },
  recurrent: [
    { embedding: 5, hidden: 6, layers: 2, enas: { output: 'loose-ends' } },
    { style: 'nlp', embedding: 7, hidden: 6, layers: 2, dropoutRate: 0.1 },
  ],
  transformer: { widths: [8, 16], maxDepth: 3 },
  multigraph: [
    {
      nodes: 5,
      operations: [
        'skip',
        'conv1',
        'conv3',
        'conv5',
        'sep3',
        'sep5',
        'dil3',
        'dil5',
        'max3',
        'avg3',
      ],
      pick: 'any',
      cellsPerStage: 1,
      channels: 3,
    },
    { decision: 'node', cellsPerStage: 2, channels: 4 },
  ],
  'nas-bench-macro': { channels: 4, headChannels: 24 },
  'nas-bench-101': { channels: 7, cellsPerStack: 2 },
  'nas-bench-1shot1': { variant: 'S3', channels: 9, cellsPerStack: 1 },
  'nas-bench-201': { cellsPerStage: 1, channels: 4 },
  joint: { maxGroups: 5, minUnits: 2, maxUnits: 24, maxBlocksPerGroup: 3, training: [] },
  chain: {
    maxDepth: 8,
    sampling: 'depths',
    conv: {
      kernels: [1, 3, 5],
      strides: [1, 2],
      channels: [3, 8],
      activations: ['relu', 'gelu', 'hard-swish', 'leaky-relu'],
    },
    separable: { kernels: [3, 5], strides: [1, 2], channels: [4, 6], activations: ['silu'] },
    pool: { modes: ['max', 'avg'], kernels: [2, 3] },
  },
}

const tasks: Readonly<Record<InputKind, readonly [Task, Task]>> = {
  images: [
    { kind: 'images', inputShape: [1, 8, 8], classCount: 10 },
    { kind: 'images', inputShape: [3, 12, 16], classCount: 100 },
  ],
  features: [
    { kind: 'features', inputShape: [13], classCount: 3 },
    { kind: 'features', inputShape: [30], classCount: 2 },
  ],
  tokens: [
    { kind: 'tokens', inputShape: [12], classCount: 65 },
    { kind: 'tokens', inputShape: [7], classCount: 30 },
  ],
}

/** Networks of each space; PyTorch takes a second for the largest. */
const networkCount = 16

const compiled = spaceCatalog.flatMap((entry) => {
  const spaces = [settings[entry.name] ?? {}]
    .flat()
    .map((given) => entry.create(entry.settings.parse(given)))
  const { takes } = spaces[0] as SearchSpace
  // Hyperparameters have no network that PyTorch could know.
  if (takes === null) return []
  const networks = Array.from({ length: networkCount }, (_, index) => {
    const space = spaces[Math.floor(index / 2) % spaces.length] as SearchSpace
    const architecture = space.sample(Random.named(21, 'space-oracle', index))
    const task = tasks[takes][index % 2] as Task
    return {
      name: `${entry.name} ${space.format(architecture)} on [${task.inputShape.join(', ')}]`,
      graph: space.compile(architecture, task),
    }
  })
  const supernets = spaces.flatMap((space, index) => {
    const graph = space.supernet?.(tasks[takes][index % 2] as Task).graph
    return graph ? [{ name: `the supernet of ${entry.name}`, graph }] : []
  })
  return [...networks, ...supernets]
})

let folder: string
let described: readonly unknown[]

beforeAll(async () => {
  const { python } = await cpuEnvironment()
  folder = mkdtempSync(join(tmpdir(), 'archloom-spaces-'))
  const file = join(folder, 'graphs.jsonl')
  writeFileSync(file, compiled.map(({ graph }) => JSON.stringify(graph)).join('\n'))
  const output = execFileSync(python, ['-m', 'tests.describe_lines', file], {
    cwd: join(projectFolder(), 'py'),
    env: { ...process.env, OMP_NUM_THREADS: '1' },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  described = output
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}, 600_000)

afterAll(() => {
  if (folder) rmSync(folder, { recursive: true })
})

describe('compiled spaces', () => {
  it('cover the whole catalog', () => {
    const withNetworks = spaceCatalog.filter(
      (entry) => entry.create(entry.settings.parse({})).takes !== null,
    )
    expect(Object.keys(settings).sort()).toEqual(withNetworks.map(({ name }) => name).sort())
    expect(described).toHaveLength(compiled.length)
    expect(
      compiled.filter(({ name }) => name.startsWith('the supernet of ')).length,
    ).toBeGreaterThan(3)
  })

  it('have in PyTorch the shapes and counts that TypeScript reckons', () => {
    for (const [index, { name, graph }] of compiled.entries()) {
      const expected = { outputShapes: outputShapes(graph), ...countGraph(graph) }
      expect(described[index], name).toEqual(expected)
    }
  })
})
