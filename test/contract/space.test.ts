import { describe, expect, it } from 'vitest'
import { spaceCatalog } from '#src/space/catalog.ts'
import { encodingsContract } from './encodings.contract.ts'
import { type SpaceContract, spaceContract } from './space.contract.ts'

/** Spaces whose changes switch parameters on at their defaults. */
const withDefaults: readonly string[] = ['joint', 'transformer', 'hyperparameters']

/** Settings besides the defaults, for each space: small enough to enumerate. */
const smallSettings: Readonly<Record<string, readonly unknown[]>> = {
  hierarchical: [
    {
      primitives: ['id', 'max3'],
      levels: [
        { motifs: 2, nodes: 2 },
        { motifs: 1, nodes: 3 },
      ],
      initialMutations: 20,
      channels: 4,
    },
    {
      primitives: ['conv1', 'id'],
      levels: [
        { motifs: 2, nodes: 2 },
        { motifs: 2, nodes: 2 },
        { motifs: 1, nodes: 2 },
      ],
      initialMutations: 30,
      cellsPerStage: 2,
    },
  ],
  nasnet: [
    { blocks: 1, operations: ['skip', 'dilconv3'], channels: 4, cellsPerStage: [1, 0] },
    {
      blocks: 2,
      operations: ['max5'],
      combinations: ['add'],
      channels: 8,
      cellsPerStage: [0, 1, 1],
      stem: 'imagenet',
      skipReductionInput: true,
    },
  ],
  amoebanet: [
    { blocks: 2, operations: ['sep3'], channels: 4, cellsPerStage: 1, projectStem: false },
    { blocks: 1, operations: ['avg3', 'conv1x7', 'dil3'], channels: 4, skeleton: 'darts' },
  ],
  darts: [
    { nodes: 1, operations: ['max3', 'sep3', 'dil5'], channels: 3, cells: 2 },
    { nodes: 2, operations: ['skip', 'avg3'], channels: 4, cells: 4, stem: 'imagenet' },
  ],
  'multi-branch': [
    { maxLayers: 3, operations: ['conv3-4', 'max3s2'] },
    {
      minLayers: 3,
      maxLayers: 3,
      wiring: 'layers',
      join: 'add',
      operations: ['conv3-4', 'sep1x3s2-6'],
    },
    {
      minLayers: 2,
      maxLayers: 3,
      wiring: 'previous',
      sampling: 'depths',
      stemChannels: 4,
      operations: ['avg3', 'conv1-4'],
    },
    // One operation there is, so that depth and wiring alone can change.
    { maxLayers: 3, operations: ['max3'] },
  ],
  fabric: [
    { layers: 3, scales: 3, channels: 2 },
    { layers: 2, scales: 3, channels: 2, architectures: 'parts' },
  ],
  recurrent: [
    { embedding: 3, hidden: 4, enas: { nodes: 3, functions: ['tanh', 'relu'] } },
    {
      embedding: 5,
      hidden: 4,
      layers: 2,
      dropoutRate: 0.1,
      enas: { nodes: 2, output: 'loose-ends' },
    },
    {
      style: 'nlp',
      embedding: 3,
      hidden: 4,
      nlp: { minNodes: 1, maxNodes: 2, maxStates: 2, operations: ['linear', 'tanh', 'blend'] },
    },
    {
      style: 'nlp',
      embedding: 3,
      hidden: 4,
      nlp: { maxNodes: 3, maxStates: 1, operations: ['linear', 'product', 'sum', 'sigmoid'] },
    },
  ],
  transformer: [
    {
      maxDepth: 2,
      widths: [8],
      heads: [1, 2],
      mlpRatios: [1, 2],
      activations: ['gelu'],
      dropoutRates: [0],
    },
    {
      minDepth: 2,
      maxDepth: 2,
      widths: [4, 8],
      heads: [2, 4],
      mlpRatios: [2],
      activations: ['relu', 'tanh'],
      norms: ['after'],
      dropoutRates: [0, 0.2],
    },
  ],
  multigraph: [
    { nodes: 3, operations: ['skip', 'dil3', 'max3'], cellsPerStage: 1, channels: 4 },
    { nodes: 3, operations: ['conv1', 'sep3'], optional: false, cellsPerStage: 2, channels: 3 },
    { nodes: 4, operations: ['skip', 'avg3'], decision: 'node', cellsPerStage: 1, channels: 4 },
    { nodes: 3, operations: ['skip', 'conv3'], pick: 'any', cellsPerStage: 1, channels: 4 },
    {
      nodes: 3,
      operations: ['skip', 'conv5', 'max3'],
      decision: 'node',
      pick: 'any',
      cellsPerStage: 1,
      channels: 4,
    },
  ],
  'nas-bench-macro': [{ blocksPerStage: [1, 2], channels: 4, headChannels: 16 }],
  'nas-bench-101': [
    { vertices: 3, channels: 5, stacks: 2, cellsPerStack: 1 },
    { vertices: 4, maxEdges: 4, channels: 6, stacks: 1, cellsPerStack: 2 },
  ],
  'nas-bench-1shot1': [{ variant: 'S1', channels: 5, stacks: 2, cellsPerStack: 1 }],
  'nas-bench-201': [{ cellsPerStage: 1, channels: 4 }],
  hyperparameters: [
    {
      parameters: [
        { kind: 'categorical', name: 'optimizer', choices: ['sgd', 'adam'] },
        { kind: 'integer', name: 'steps', lower: 1, upper: 4 },
        { kind: 'ordinal', name: 'decay', sequence: [0, 0.1, 0.5] },
        { kind: 'constant', name: 'epochs', value: 3 },
      ],
      conditions: [
        { child: 'decay', test: { kind: 'equals', parameter: 'optimizer', value: 'sgd' } },
      ],
      forbidden: [
        {
          parts: [
            { kind: 'equals', parameter: 'optimizer', value: 'adam' },
            { kind: 'equals', parameter: 'steps', value: 4 },
          ],
        },
      ],
      activated: 'fresh',
    },
    {
      configSpace: {
        hyperparameters: [
          { type: 'categorical', name: 'a', choices: [true, false] },
          { type: 'uniform_int', name: 'b', lower: 0, upper: 5 },
        ],
        conditions: [{ type: 'EQ', child: 'b', parent: 'a', value: true }],
        forbiddens: [],
      },
    },
  ],
  joint: [
    {
      backbones: ['shaped-mlp'],
      maxGroups: 4,
      activations: ['relu'],
      batchNorm: [true],
      dropout: [false],
      minUnits: 8,
      maxUnits: 10,
      training: [],
    },
    {
      shapes: ['brick', 'triangle', 'hexagon'],
      activations: ['tanh'],
      dropout: [false],
      maxGroups: 2,
      maxBlocksPerGroup: 2,
      minUnits: 3,
      maxUnits: 4,
      training: ['schedule', 'label-smoothing'],
      schedules: ['constant', 'cosine'],
    },
  ],
  chain: [
    {
      minDepth: 1,
      maxDepth: 4,
      conv: { kernels: [3], channels: [4, 8], activations: ['relu', 'gelu'] },
    },
    { minDepth: 3, maxDepth: 3, conv: null, pool: { modes: ['max', 'avg'], kernels: [2, 3, 4] } },
    {
      minDepth: 2,
      maxDepth: 3,
      sampling: 'depths',
      conv: null,
      separable: { kernels: [3, 5], strides: [1, 2], channels: [4], activations: ['leaky-relu'] },
      pool: null,
    },
    // One layer there is, so that only the depth can change.
    { maxDepth: 5, conv: null, pool: { modes: ['avg'], kernels: [2] } },
    {
      maxDepth: 2,
      conv: { kernels: [3, 5], channels: [4], activations: ['relu'] },
      learningRate: { start: 0.1, lower: 0.03, upper: 0.3, perDoubling: 2 },
    },
    // One rate there is.
    { maxDepth: 3, pool: null, learningRate: { lower: 0.1, upper: 0.1 } },
  ],
}

function holdToContracts(contract: SpaceContract): void {
  spaceContract(contract)
  encodingsContract({ ...contract, name: `the encodings of ${contract.name}` })
}

for (const entry of spaceCatalog) {
  holdToContracts({
    name: `${entry.name} with defaults`,
    make: () => entry.create(entry.settings.parse({})),
    isEnumerable: false,
    hasDefaults: withDefaults.includes(entry.name),
  })
  for (const [index, settings] of (smallSettings[entry.name] ?? []).entries()) {
    holdToContracts({
      name: `${entry.name} with small settings ${index}`,
      make: () => entry.create(entry.settings.parse(settings)),
      isEnumerable: true,
      hasDefaults: withDefaults.includes(entry.name),
    })
  }
}

describe('space catalog', () => {
  it('has small settings for every space, so that each is counted', () => {
    expect(Object.keys(smallSettings).sort()).toEqual(spaceCatalog.map(({ name }) => name).sort())
  })

  it('names every space once, as the space names itself', () => {
    const names = spaceCatalog.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const entry of spaceCatalog) {
      expect(entry.create(entry.settings.parse({})).name).toBe(entry.name)
      expect(entry.summary).toMatch(/^[A-Z].*[^.]$/)
      expect(entry.source).toMatch(/\d{4}/)
    }
  })

  it('has every published architecture in the text form of the default settings', () => {
    const published = spaceCatalog.flatMap((entry) => Object.keys(entry.named ?? {}))
    expect(new Set(published).size).toBe(published.length)
    for (const entry of spaceCatalog) {
      const space = entry.create(entry.settings.parse({}))
      for (const text of Object.values(entry.named ?? {})) {
        expect(space.format(space.parse(text))).toBe(text)
      }
    }
  })

  it('refuses unknown settings', () => {
    for (const entry of spaceCatalog) {
      expect(entry.settings.safeParse({ nonsense: 1 }).success).toBe(false)
    }
  })
})
