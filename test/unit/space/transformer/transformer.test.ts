import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import type { Drawing } from '#src/graph/drawing.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { graphHash } from '#src/graph/hash.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace, Task } from '#src/space/space.ts'
import { TransformerSettings } from '#src/space/transformer/settings.ts'
import { transformer } from '#src/space/transformer/transformer.ts'

const text: Task = { kind: 'tokens', inputShape: [64], classCount: 65 }

function spaceOf(settings: Partial<TransformerSettings> = {}): SearchSpace<Configuration> {
  return transformer(TransformerSettings.parse(settings))
}

const small = spaceOf()
const layered = (depth: number, others = 'norm=before', mlpRatio = 4) => {
  const layers = Array.from({ length: depth }, (_, index) => index + 1)
  const heads = layers.map((layer) => `heads${layer}=4`).join(' ')
  const ratios = layers.map((layer) => `mlpRatio${layer}=${mlpRatio}`).join(' ')
  return small.parse(
    `activation=gelu depth=${depth} dropout=0 ${heads} ${ratios} ${others} width=32`,
  )
}

/** What a node takes, by the names of nodes. */
function inputsOf(graph: NetworkGraph, id: string): readonly string[] {
  const node = graph.nodes.find((candidate) => candidate.id === id)
  if (!node) throw new Error(`No node ${id} in ${graph.nodes.map((one) => one.id).join(', ')}`)
  return node.inputs
}

describe('the network', () => {
  it.each([
    // Parameters of the released checkpoints, whose last layer has no weights of its own.
    ['GPT-2, 124M', { depth: 12, width: 768, heads: 12 }, 124_439_808],
    ['GPT-2, 355M', { depth: 24, width: 1024, heads: 16 }, 354_823_168],
  ])('is that of %s, save for its own last layer', (_, { depth, width, heads }, published) => {
    const space = spaceOf({
      minDepth: depth,
      maxDepth: depth,
      widths: [width],
      heads: [heads],
      mlpRatios: [4],
      dropoutRates: [0, 0.1],
    })
    const architecture = {
      ...space.sample(Random.named(1, 'gpt')),
      activation: 'gelu',
      norm: 'before',
    }
    expect(space.problems(architecture)).toEqual([])
    const vocabulary = 50_257
    const graph = space.compile(architecture, {
      kind: 'tokens',
      inputShape: [1024],
      classCount: vocabulary,
    })
    const lastLayer = (width + 1) * vocabulary
    expect(countGraph(graph).parameterCount).toBe(published + lastLayer)
  })

  it('multiplies and adds, a position, what its matrices and its attention do', () => {
    const [width, length, vocabulary] = [32, 64, 65]
    const layer = 4 * width * width + 2 * 4 * width * width
    // Scores and their sum, over all positions: a causal mask does not save any.
    const mixing = 2 * length * width
    const { multiplyAdds } = countGraph(small.compile(layered(3), text))
    expect(multiplyAdds).toBe(length * (3 * (layer + mixing) + width * vocabulary))
  })

  it('has norms before each part and at the end, or after each sum', () => {
    const before = small.compile(layered(2, 'norm=before'), text)
    expect(inputsOf(before, 'layer1.attention.norm')).toEqual(['embedding.positions'])
    expect(inputsOf(before, 'layer1.attention.queries')).toEqual(['layer1.attention.norm'])
    expect(inputsOf(before, 'layer1.attention.sum')).toEqual([
      'embedding.positions',
      'layer1.attention.project',
    ])
    expect(inputsOf(before, 'layer2.attention.norm')).toEqual(['layer1.mlp.sum'])
    expect(inputsOf(before, 'norm')).toEqual(['layer2.mlp.sum'])
    expect(inputsOf(before, 'classifier')).toEqual(['norm'])

    const after = small.compile(layered(2, 'norm=after'), text)
    expect(inputsOf(after, 'layer1.attention.queries')).toEqual(['embedding.positions'])
    expect(inputsOf(after, 'layer1.attention.norm')).toEqual(['layer1.attention.sum'])
    expect(inputsOf(after, 'layer1.mlp.expand')).toEqual(['layer1.attention.norm'])
    expect(inputsOf(after, 'layer1.mlp.sum')).toEqual([
      'layer1.attention.norm',
      'layer1.mlp.contract',
    ])
    expect(inputsOf(after, 'classifier')).toEqual(['layer2.mlp.norm'])
    const norms = (graph: NetworkGraph) =>
      graph.nodes.filter(({ op }) => op.kind === 'layer-norm').length
    expect([norms(before), norms(after)]).toEqual([5, 4])
  })

  it('looks at no later token', () => {
    const graph = small.compile(layered(2), text)
    const attentions = graph.nodes.flatMap(({ op }) => (op.kind === 'attention' ? [op] : []))
    expect(attentions).toHaveLength(2)
    for (const { heads, causal } of attentions) expect([heads, causal]).toEqual([4, true])
  })

  it('gives each layer its own heads and hidden features', () => {
    const architecture = small.parse(
      'activation=relu depth=2 dropout=0 heads1=1 heads2=8 mlpRatio1=4 mlpRatio2=1 norm=after width=64',
    )
    const graph = small.compile(architecture, text)
    const op = (id: string) => graph.nodes.find((node) => node.id === id)?.op
    expect(op('layer1.attention.mix')).toMatchObject({ heads: 1 })
    expect(op('layer2.attention.mix')).toMatchObject({ heads: 8 })
    expect(op('layer1.mlp.expand')).toMatchObject({ features: 256 })
    expect(op('layer2.mlp.expand')).toMatchObject({ features: 64 })
    expect(op('layer1.mlp.relu')).toMatchObject({ function: 'relu' })
  })

  it('drops what the embedding and each part give, or nothing at a rate of 0', () => {
    const ratesOf = (architecture: Configuration) =>
      small
        .compile(architecture, text)
        .nodes.flatMap(({ op }) => (op.kind === 'dropout' ? [op.rate] : []))
    expect(ratesOf(layered(3))).toEqual([])
    expect(ratesOf({ ...layered(3), dropout: 0.1 })).toEqual(Array(7).fill(0.1))
  })

  it('differs between any two architectures', () => {
    const space = spaceOf({
      maxDepth: 2,
      widths: [8, 16],
      heads: [1, 2],
      mlpRatios: [1, 2],
      activations: ['gelu'],
      dropoutRates: [0],
    })
    const queue = [space.sample(Random.named(2, 'start'))]
    const forms = new Set(queue.map(space.canonical))
    for (const architecture of queue) {
      for (const other of space.neighbours(architecture)) {
        if (forms.has(space.canonical(other))) continue
        forms.add(space.canonical(other))
        queue.push(other)
      }
    }
    const hashes = new Set(queue.map((one) => graphHash(space.compile(one, text))))
    expect(forms.size).toBe(2 * 2 * (4 + 16))
    expect(hashes.size).toBe(forms.size)
    expect(space.count()).toEqual({ value: BigInt(forms.size), kind: 'exact' })
  })

  it('is for text alone', () => {
    expect(() =>
      small.compile(layered(1), { kind: 'features', inputShape: [64], classCount: 65 }),
    ).toThrow(
      'The space transformer needs text, an input shape [length], but the task has features',
    )
  })
})

describe('a change', () => {
  it('starts a new layer at the middle of heads and ratios', () => {
    const deeper = [...small.neighbours(layered(1))].find(({ depth }) => depth === 2)
    expect(deeper).toMatchObject({ heads1: 4, heads2: 2, mlpRatio1: 4, mlpRatio2: 2 })
  })

  it('takes a layer away with all that belongs to it', () => {
    const shallower = [...small.neighbours(layered(3))].find(({ depth }) => depth === 1)
    expect(shallower && small.format(shallower)).toBe(small.format(layered(1)))
  })
})

describe('the drawing', () => {
  const arrows = ({ edges }: Drawing, to: string) =>
    edges.filter((edge) => edge.to === to).map(({ from }) => from)

  it('shows shortcuts past the norm where one stands before a part', () => {
    const drawing = small.draw(layered(2, 'norm=before'))
    expect(arrows(drawing, 'layer1.attention.sum')).toEqual(['layer1.attention', 'embedding'])
    expect(arrows(drawing, 'layer1.mlp.sum')).toEqual(['layer1.mlp', 'layer1.attention.sum'])
    expect(arrows(drawing, 'classifier')).toEqual(['norm'])
    expect(drawing.groups.map(({ label }) => label)).toEqual(['Layer 1', 'Layer 2'])
  })

  it('shows shortcuts to the sum where a norm stands after it', () => {
    const drawing = small.draw(layered(2, 'norm=after'))
    expect(arrows(drawing, 'layer1.attention.sum')).toEqual(['layer1.attention', 'embedding'])
    expect(arrows(drawing, 'layer1.mlp.sum')).toEqual(['layer1.mlp', 'layer1.attention.norm'])
    expect(arrows(drawing, 'classifier')).toEqual(['layer2.mlp.norm'])
  })

  it('says how wide everything is', () => {
    const words = JSON.stringify(small.draw({ ...layered(1, 'norm=before', 2), dropout: 0.2 }))
    for (const word of ['1 layer of 32', 'dropout 0.2', '4 heads', '64 hidden, gelu']) {
      expect(words).toContain(word)
    }
  })
})

describe('settings', () => {
  it.each([
    [{ minDepth: 3, maxDepth: 2 }, 'space/empty', 'maxDepth 2 is below minDepth 3'],
    [{ widths: [] }, 'space/empty', 'widths is an empty list'],
    [{ norms: [] }, 'space/empty', 'norms is an empty list'],
    [{ heads: [2, 2] }, 'space/invalid-settings', 'heads lists 2 twice'],
    [{ dropoutRates: [0, 0] }, 'space/invalid-settings', 'dropoutRates lists 0 twice'],
    [{ widths: [12], heads: [2, 8] }, 'space/invalid-settings', 'width 12 does not divide by 8'],
    [
      {
        maxDepth: 1,
        widths: [8],
        heads: [2],
        mlpRatios: [4],
        activations: ['gelu' as const],
        norms: ['after' as const],
        dropoutRates: [0],
      },
      'space/invalid-settings',
      'a single architecture',
    ],
  ])('%j are refused', (settings, code, message) => {
    expect(() => spaceOf(settings)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  it.each([
    { minDepth: 0 },
    { widths: [0] },
    { mlpRatios: [2.5] },
    { activations: ['mish'] },
    { dropoutRates: [1] },
  ])('%j are no settings', (settings) => {
    expect(TransformerSettings.safeParse(settings).success).toBe(false)
  })

  it('may fix everything but one choice', () => {
    const space = spaceOf({
      maxDepth: 1,
      widths: [8],
      heads: [2],
      mlpRatios: [4],
      activations: ['gelu'],
      norms: ['before', 'after'],
      dropoutRates: [0],
    })
    expect(space.count()).toEqual({ value: 2n, kind: 'exact' })
  })
})
