import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { graphHash } from '#src/graph/hash.ts'
import { add } from '#src/graph/operations.ts'
import { inferShapes } from '#src/graph/shape.ts'
import { Random } from '#src/random/random.ts'
import {
  allSlots,
  type Genotype,
  genotypeOf,
  initialGenotype,
  operationAt,
  operationCount,
  usedMotifs,
  withOperation,
} from '#src/space/hierarchical/genotype.ts'
import { hierarchical } from '#src/space/hierarchical/hierarchical.ts'
import { HierarchicalSettings } from '#src/space/hierarchical/settings.ts'

type Settings = Parameters<typeof HierarchicalSettings.parse>[0]

function make(settings: Settings = {}) {
  const all = HierarchicalSettings.parse(settings)
  return { ...hierarchical(all), settings: all }
}

const published = make()
const task = { kind: 'images', inputShape: [3, 8, 8], classCount: 10 } as const
const samples = Array.from({ length: 30 }, (_, seed) =>
  published.sample(Random.named(seed, 'sample')),
)

function unusedMotif(genotype: Genotype): number {
  return usedMotifs(genotype)[0]?.indexOf(false) ?? -1
}

/** Two levels with two motifs of three nodes, written by hand: `id`, `max3`, `conv1`. */
const small = make({
  primitives: ['id', 'max3', 'conv1'],
  levels: [
    { motifs: 2, nodes: 3 },
    { motifs: 1, nodes: 3 },
  ],
})
const hash = (text: string) => graphHash(small.compile(small.parse(text), task))
const canonical = (text: string) => small.canonical(small.parse(text))

describe('the published space', () => {
  it('has 46 edges to decide and 7^46 genotypes, nearly all of them connected', () => {
    const slots = allSlots(published.settings)
    expect(slots).toHaveLength(46)
    const genotypes = slots.reduce(
      (product, { level }) => product * BigInt(operationCount(published.settings, level) + 1),
      1n,
    )
    expect(Number(genotypes).toPrecision(7)).toBe('7.490483e+38')
    const { value, kind } = published.count()
    expect(kind).toBe('exact')
    expect(value).toBeLessThan(genotypes)
    expect(Number(value) / Number(genotypes)).toBeGreaterThan(0.99)
  })

  it('stays within K edges of the initial genotype after K mutations', () => {
    for (const initialMutations of [0, 1, 3, 10]) {
      const space = make({ initialMutations })
      const start = initialGenotype(space.settings)
      const distances = Array.from({ length: 40 }, (_, seed) => {
        const genotype = space.sample(Random.named(seed, 'sample'))
        expect(space.problems(genotype)).toEqual([])
        return allSlots(space.settings).filter(
          (slot) => operationAt(genotype, slot) !== operationAt(start, slot),
        ).length
      })
      // More mutations are made only while the cell is cut, which so few seldom do.
      const near = distances.filter((distance) => distance <= initialMutations)
      expect(near.length).toBeGreaterThan(30)
    }
  })

  it('draws different genotypes that lie far from the initial one', () => {
    const start = initialGenotype(published.settings)
    expect(new Set(samples.map(published.format)).size).toBe(samples.length)
    const changed = samples.map(
      (genotype) =>
        allSlots(published.settings).filter(
          (slot) => operationAt(genotype, slot) !== operationAt(start, slot),
        ).length,
    )
    expect(Math.min(...changed)).toBeGreaterThan(25)
  })
})

describe('the initial genotype', () => {
  it('is a cell that does nothing', () => {
    const start = initialGenotype(published.settings)
    expect(published.problems(start)).toEqual([])
    expect(published.format(start)).toBe(
      `${Array(6).fill('id|-,id|-,-,id').join(';')}/m1|-,m1|-,-,m1|-,-,-,m1`,
    )
    const graph = published.compile(start, task)
    expect(graph.nodes.map(({ id }) => id).filter((id) => id.startsWith('stage'))).toEqual([])
    const [reduction] = graph.nodes.filter(({ id }) => id.startsWith('reduction1'))
    expect(reduction?.inputs).toEqual(['stem.relu'])
  })

  it('is nothing but merges when every edge is an identity', () => {
    const all = `${Array(6).fill('id|id,id|id,id,id').join(';')}/m1|m1,m1|m1,m1,m1|m1,m1,m1,m1`
    const graph = published.compile(published.parse(all), task)
    const within = graph.nodes.filter(({ id }) => id.startsWith('stage0.cell0.'))
    expect(new Set(within.map(({ id }) => id.split('.').at(-1)))).toEqual(
      new Set(['concat', 'conv', 'norm', 'relu']),
    )
    for (const { op } of within) if (op.kind === 'conv2d') expect(op.kernel).toEqual([1, 1])
  })
})

describe('an unused motif', () => {
  it('changes neither the network nor the canonical form', () => {
    const withUnused = samples.filter((genotype) => unusedMotif(genotype) >= 0)
    expect(withUnused.length).toBeGreaterThan(3)
    for (const genotype of withUnused.slice(0, 4)) {
      const slot = { level: 0, motif: unusedMotif(genotype), target: 2, source: 1 }
      const other = withOperation(genotype, slot, (operationAt(genotype, slot) + 1) % 7)
      expect(published.format(other)).not.toBe(published.format(genotype))
      expect(published.canonical(other)).toBe(published.canonical(genotype))
      expect(graphHash(published.compile(other, task))).toBe(
        graphHash(published.compile(genotype, task)),
      )
    }
  })
})

describe('the canonical form', () => {
  it.each([
    [
      'motifs under other numbers',
      'max3|-,id;conv1|-,id/m1|m2,m1',
      'conv1|-,id;max3|-,id/m2|m1,m2',
    ],
    ['equal motifs under two names', 'max3|-,id;max3|-,id/m1|-,m2', 'max3|-,id;id|-,id/m1|-,m1'],
    ['a cut motif on an edge', 'max3|-,id;id|-,-/m1|m2,m1', 'max3|-,id;id|-,-/m1|-,m1'],
    ['identities in another place', 'max3|-,id;id|-,id/m1|-,m2', 'id|-,max3;id|-,id/m2|-,m1'],
    ['one motif for two in a row', 'max3|-,conv1;id|-,id/m1|-,m2', 'max3|-,id;conv1|-,id/m1|-,m2'],
  ])('takes together %s', (_, one, other) => {
    expect(one).not.toBe(other)
    expect(canonical(one)).toBe(canonical(other))
    expect(hash(one)).toBe(hash(other))
  })

  it('leaves out edges that lead nowhere', () => {
    // The first edge of each motif ends in a node that nothing leaves.
    expect(canonical('max3|conv1,-;id|id,-/m1|m1,-')).toBe(canonical('-|conv1,-;id|-,-/-|m1,-'))
  })

  it.each([
    ['another primitive', 'max3|-,id;id|-,id/m1|-,m2', 'conv1|-,id;id|-,id/m1|-,m2'],
    ['another order', 'max3|-,id;conv1|-,id/m1|-,m2', 'max3|-,id;conv1|-,id/m2|-,m1'],
    ['an edge more', 'max3|-,conv1;id|-,id/m1|-,m1', 'max3|id,conv1;id|-,id/m1|-,m1'],
  ])('tells apart %s', (_, one, other) => {
    expect(canonical(one)).not.toBe(canonical(other))
    expect(hash(one)).not.toBe(hash(other))
  })

  it('agrees with the hash of the compiled network on all genotypes of a tiny space', () => {
    const tiny = make({
      primitives: ['id', 'conv1'],
      levels: [
        { motifs: 2, nodes: 2 },
        { motifs: 1, nodes: 4 },
      ],
      channels: 2,
    })
    const slots = allSlots(tiny.settings)
    const genotypes = Array.from({ length: 3 ** slots.length }, (_, code) =>
      genotypeOf(tiny.settings, ({ level, motif, target, source }) => {
        const index = slots.findIndex(
          (slot) =>
            [slot.level, slot.motif, slot.target, slot.source].join() ===
            [level, motif, target, source].join(),
        )
        return Math.floor(code / 3 ** index) % 3
      }),
    )
    const valid = genotypes.filter((genotype) => tiny.problems(genotype).length === 0)
    expect(BigInt(valid.length)).toBe(tiny.count().value)
    const sampled = valid.filter((_, index) => index % 11 === 0)
    const hashes = new Map<string, string>()
    for (const genotype of sampled) {
      const key = tiny.canonical(genotype)
      const found = unorderedHash(tiny.compile(genotype, task))
      expect(hashes.get(key) ?? found).toBe(found)
      hashes.set(key, found)
    }
    expect(new Set(hashes.values()).size).toBe(hashes.size)
  })
})

/** As `graphHash`, but whatever the order in which inputs are merged. */
function unorderedHash(graph: NetworkGraph): string {
  const nodes = graph.nodes.map((node) => (node.op.kind === 'concat' ? { ...node, op: add } : node))
  return graphHash({ ...graph, nodes })
}

describe('the network', () => {
  it('merges by concatenation and a 1x1 convolution back to the channels of the stage', () => {
    const { compile, parse } = small
    const graph = compile(parse('max3|conv1,id;id|-,id/m1|-,m2'), task)
    const shapes = inferShapes(graph)
    const node = (id: string) => graph.nodes.find((candidate) => candidate.id === id)
    expect(node('stage0.cell0.edge0_1.node2.concat')?.inputs).toEqual([
      'stage0.cell0.edge0_1.edge0_2.relu',
      'stage0.cell0.edge0_1.edge0_1.pool',
    ])
    expect(shapes.get('stage0.cell0.edge0_1.node2.concat')).toEqual([32, 8, 8])
    expect(shapes.get('stage0.cell0.edge0_1.node2.relu')).toEqual([16, 8, 8])
    expect(shapes.get('reduction1.relu')).toEqual([32, 4, 4])
    expect(shapes.get('stage2.cell0.edge0_1.node2.relu')).toEqual([64, 2, 2])
  })

  it('counts as reckoned by hand', () => {
    const { compile, parse } = make({ channels: 4, levels: [{ motifs: 1, nodes: 2 }] })
    const counts = (text: string) => countGraph(compile(parse(text), task)).parameterCount
    // Stem; two separable convolutions of stride 2; linear from 16 to 10.
    const around = 108 + 8 + (36 + 32 + 16) + (72 + 128 + 32) + 170
    expect(counts('id')).toBe(around)
    expect(counts('max3')).toBe(around)
    const widths = [4, 8, 16]
    const each = (count: (width: number) => number) =>
      widths.reduce((sum, width) => sum + count(width), 0)
    expect(counts('conv1')).toBe(around + each((width) => width * width + 2 * width))
    expect(counts('dw3')).toBe(around + each((width) => 9 * width + 2 * width))
    expect(counts('sep3')).toBe(around + each((width) => 9 * width + width * width + 2 * width))
  })

  it('has as many cells a stage and channels as asked', () => {
    const { compile, parse } = make({
      channels: 64,
      cellsPerStage: 2,
      levels: [{ motifs: 1, nodes: 2 }],
    })
    const graph = compile(parse('conv1'), task)
    const cells = graph.nodes.filter(({ id }) => /^stage\d\.cell\d\.edge0_1\.conv$/.test(id))
    expect(cells).toHaveLength(6)
    expect(inferShapes(graph).get('stage2.cell1.edge0_1.relu')).toEqual([256, 2, 2])
  })
})

describe('mutation', () => {
  it('draws level, motif, node, earlier node and operation in turn, each uniformly', () => {
    const genotype = samples[0] as Genotype
    const hits = new Map<string, number>()
    const random = Random.named(8, 'mutate')
    const draws = 24_000
    for (let draw = 0; draw < draws; draw++) {
      const child = published.mutate(genotype, random)
      const [slot] = allSlots(published.settings).filter(
        (place) => operationAt(child, place) !== operationAt(genotype, place),
      )
      const key = `${slot?.level}.${slot?.target}.${slot?.source}`
      hits.set(key, (hits.get(key) ?? 0) + 1)
    }
    // Half of the changes are the cell's; a few that would cut it are drawn again.
    const ofCell = [...hits].filter(([key]) => key.startsWith('1.'))
    const share = ofCell.reduce((sum, [, count]) => sum + count, 0) / draws
    expect(Math.abs(share - 0.5)).toBeLessThan(0.05)
    for (const target of [1, 2, 3]) {
      for (let source = 0; source < target; source++) {
        const expected = draws / 2 / 3 / target
        const found = hits.get(`0.${target}.${source}`) ?? 0
        expect(Math.abs(found - expected)).toBeLessThan(0.12 * expected)
      }
    }
  })

  it('leaves the network of a sample as it was in about a fifth of its changes, as the source does', () => {
    let silent = 0
    const draws = samples.flatMap((genotype, index) => {
      const random = Random.named(index, 'silent')
      return Array.from({ length: 40 }, () => [genotype, published.mutate(genotype, random)])
    }) as [Genotype, Genotype][]
    for (const [genotype, child] of draws) {
      if (published.canonical(child) === published.canonical(genotype)) silent++
    }
    // 0.22 over many samples; that of 30 samples has a standard deviation of about 0.03.
    expect(Math.abs(silent / draws.length - 0.22)).toBeLessThan(0.12)
  })

  it('never cuts the cell', () => {
    const chain = make({ primitives: ['id'], levels: [{ motifs: 1, nodes: 3 }] })
    const start = chain.parse('id|-,id')
    expect([...chain.neighbours(start)].map(chain.format)).toEqual(['id|id,id'])
    for (let seed = 0; seed < 20; seed++) {
      expect(chain.format(chain.mutate(start, Random.named(seed, 'mutate')))).toBe('id|id,id')
    }
  })
})

describe('the text form', () => {
  const good = 'max3|-,id;conv1|-,id/m1|m2,m1'

  it.each([
    ['max3|-,id;conv1|-,id', 'the architecture', '1 in '],
    ['max3|-,id/m1|m2,m1', 'level 2', '1 in "max3|-,id"'],
    ['max3;conv1|-,id/m1|m2,m1', 'level 2, motif 1', '1 in "max3"'],
    ['max3|-;conv1|-,id/m1|m2,m1', 'level 2, motif 1, node 2', '1 in "-"'],
    ['max3|-,sep3;conv1|-,id/m1|m2,m1', 'level 2, motif 1, node 2, edge from node 1', '"sep3"'],
    ['max3|-,id;conv1|-,id/m1|m3,m1', 'level 3, motif 1, node 2, edge from node 0', '"m3"'],
    ['max3|-,id;conv1|-,id/m1|-,-', 'level 3, the cell', 'none'],
    ['max3|-,-;conv1|-,id/m1|-,m1', 'level 3, the cell', 'none'],
  ])('refuses %s at %s', (text, place, found) => {
    expect(() => small.parse(text)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place, found: expect.stringContaining(found) }),
      }),
    )
    expect(small.format(small.parse(good))).toBe(good)
  })

  it('is checked in memory, too', () => {
    const genotype = small.parse(good)
    const broken = withOperation(genotype, { level: 1, motif: 0, target: 2, source: 1 }, 9)
    expect(small.problems(broken)).toEqual([
      'The genotype is wrong at level 3, motif 1, node 2, edge from node 1: expected an integer from 0 (no edge) to 2, found 9',
    ])
    expect(small.problems([])[0]).toMatch(/2 of 3 nodes on level 2, 1 of 3 nodes on level 3/)
  })
})

describe('hyperparameters', () => {
  const { parameters } = published.encodings

  it('are 46 categoricals of 7 values', () => {
    expect(parameters?.space.parameters).toHaveLength(46)
    for (const parameter of parameters?.space.parameters ?? []) {
      expect(parameter.kind === 'categorical' && parameter.choices).toHaveLength(7)
    }
  })

  it('leave out the 6 of each motif that no edge of the cell selects', () => {
    for (const genotype of samples) {
      const configuration = parameters?.encode(genotype) ?? {}
      const used = usedMotifs(genotype)[0]?.filter(Boolean).length ?? 0
      expect(Object.keys(configuration)).toHaveLength(10 + 6 * used)
      const decoded = parameters?.decode(configuration)
      if (decoded === undefined || !('architecture' in decoded)) throw new Error('not decoded')
      expect(published.canonical(decoded.architecture)).toBe(published.canonical(genotype))
      expect(parameters?.encode(decoded.architecture)).toEqual(configuration)
    }
  })

  it('say why a configuration is no architecture', () => {
    const { encodings, parse } = small
    const configuration = encodings.parameters?.encode(parse('max3|-,id;conv1|-,id/m1|-,m1')) ?? {}
    expect(
      encodings.parameters?.decode({ ...configuration, 'level3.motif1.node2.from1': 'none' }),
    ).toEqual({ problems: [expect.stringMatching(/wrong at level 3, the cell: expected a way/)] })
    expect(
      encodings.parameters?.decode({ ...configuration, 'level3.motif1.node2.from1': 'm2' }),
    ).toEqual({
      problems: expect.arrayContaining([expect.stringContaining('level2.motif2.node1.from0')]),
    })
  })

  it('are conditional on every level below the cell', () => {
    const deep = make({
      primitives: ['id', 'max3'],
      levels: [
        { motifs: 2, nodes: 2 },
        { motifs: 2, nodes: 3 },
        { motifs: 1, nodes: 3 },
      ],
    })
    const genotype = deep.parse('max3;id/m1|-,m1;m2|-,m2/m1|-,m1')
    const configuration = deep.encodings.parameters?.encode(genotype) ?? {}
    expect(Object.keys(configuration).map((name) => name.split('.node')[0])).toEqual([
      'level2.motif1',
      ...Array(3).fill('level3.motif1'),
      ...Array(3).fill('level4.motif1'),
    ])
    const decoded = deep.encodings.parameters?.decode(configuration)
    if (decoded === undefined || !('architecture' in decoded)) throw new Error('not decoded')
    expect(deep.canonical(decoded.architecture)).toBe(deep.canonical(genotype))
  })
})

describe('the settings', () => {
  it.each([
    [{ primitives: ['conv1', 'max3'] }, /must contain id/],
    [{ primitives: ['id', 'max3', 'max3'] }, /must name each once/],
    [{ levels: [{ motifs: 2, nodes: 3 }] }, /must end with a level of one motif/],
    [{ levels: [] }, /./],
  ])('refuse %j', (settings, message) => {
    const parsed = HierarchicalSettings.safeParse(settings)
    expect(parsed.error?.issues[0]?.message).toMatch(message)
  })

  it('refuse a single architecture', () => {
    expect(() => make({ primitives: ['id'], levels: [{ motifs: 1, nodes: 2 }] })).toThrow(
      expect.objectContaining({ code: 'space/invalid-settings' }),
    )
  })
})

describe('the drawing', () => {
  it('shows the cell, the motifs it uses and the primitives these use', () => {
    const { groups, nodes, edges } = small.draw(small.parse('max3|-,id;conv1|-,id/m1|-,m1'))
    expect(groups.map(({ label }) => label)).toEqual([
      'Level 3: the cell',
      'Level 2: motif m1',
      'Level 1: primitives',
    ])
    expect(nodes.filter(({ group }) => group === 'level1').map(({ label }) => label)).toEqual([
      'identity',
      'max pool 3×3',
    ])
    expect(edges).toContainEqual({
      from: 'level3.motif1.node0',
      to: 'level3.motif1.node1',
      label: 'm1',
      role: 'other',
    })
  })
})
