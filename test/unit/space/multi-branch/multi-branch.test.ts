import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { multiBranch } from '#src/space/multi-branch/multi-branch.ts'
import { readOperation } from '#src/space/multi-branch/operation.ts'
import { MultiBranchSettings } from '#src/space/multi-branch/settings.ts'

type Settings = Partial<MultiBranchSettings>

function make(settings: Settings) {
  return multiBranch(MultiBranchSettings.parse(settings))
}

const six = ['conv3-8', 'conv5-8', 'sep3-8', 'sep5-8', 'max3', 'avg3']

describe('the count', () => {
  it('is c^N 2^(N(N-1)/2) for the macro space of ENAS: 1.6062e29 at 12 layers of 6', () => {
    const space = make({ minLayers: 12, maxLayers: 12, wiring: 'previous', operations: six })
    const { value, kind } = space.count()
    expect(kind).toBe('exact')
    expect(value).toBe(6n ** 12n * 2n ** 66n)
    expect(Number(value).toPrecision(5)).toBe('1.6062e+29')
  })

  it('is 8 skip patterns for three layers of one operation', () => {
    for (const wiring of ['layers', 'previous'] as const) {
      const space = make({ minLayers: 3, maxLayers: 3, wiring, operations: ['conv3-8'] })
      expect(space.count().value).toBe(8n)
    }
  })

  it('leaves out the empty set of inputs where the image is an input like others', () => {
    const space = make({ minLayers: 3, maxLayers: 3, wiring: 'any', operations: ['conv3-8'] })
    expect(space.count().value).toBe(1n * 3n * 7n)
  })
})

describe('sampling', () => {
  const small: Settings = { minLayers: 1, maxLayers: 2, operations: ['max3', 'avg3'] }

  function depthShare(settings: Settings): number {
    const space = make(settings)
    const random = Random.named(4, 'depths')
    const draws = 4000
    let deep = 0
    for (let draw = 0; draw < draws; draw++) if (space.sample(random).length === 2) deep++
    return deep / draws
  }

  it('is uniform over architectures or over depths', () => {
    // 2 of one layer, 12 of two. Five standard deviations: a false alarm of 1e-6.
    const spread = 5 * Math.sqrt(0.25 / 4000)
    expect(Math.abs(depthShare(small) - 12 / 14)).toBeLessThan(spread)
    expect(Math.abs(depthShare({ ...small, sampling: 'depths' }) - 0.5)).toBeLessThan(spread)
  })

  it('of the smallest is uniform over the networks of the fewest layers', () => {
    const space = make({ ...small, minLayers: 2, maxLayers: 3 })
    const random = Random.named(7, 'smallest')
    const hits = new Map<string, number>()
    for (let draw = 0; draw < 12_000; draw++) {
      const text = space.format(space.smallest?.(random) ?? [])
      hits.set(text, (hits.get(text) ?? 0) + 1)
    }
    expect(hits.size).toBe(12)
    // Five standard deviations of a binomial of 1/12.
    for (const count of hits.values()) expect(Math.abs(count - 1000)).toBeLessThan(152)
  })

  it('draws every architecture of a small space about equally often', () => {
    const space = make(small)
    const hits = new Map<string, number>()
    const random = Random.named(6, 'uniform')
    for (let draw = 0; draw < 14_000; draw++) {
      const text = space.format(space.sample(random))
      hits.set(text, (hits.get(text) ?? 0) + 1)
    }
    expect(hits.size).toBe(14)
    // Five standard deviations of a binomial of 1/14.
    for (const count of hits.values()) expect(Math.abs(count - 1000)).toBeLessThan(155)
  })
})

describe('the text form', () => {
  const space = make({ operations: ['conv3-16', 'max3'], maxLayers: 4 })

  it.each([
    ['conv3-16@0|max3', 'layer 2 of 2', '"max3"'],
    ['conv3-16@0|max3@', 'layer 2 of 2', '"max3@"'],
    ['conv3-16@0|max3@1,0', 'layer 2 of 2', '"max3@1,0"'],
    ['conv3-16@0|max3@2', 'layer 2 of 2', '[2]'],
    ['conv3-16@0|max3@1|max3@2,2', 'layer 3 of 3', '[2,2]'],
    ['conv3-16@1', 'layer 1 of 1', '[1]'],
    ['conv5-16@0', 'layer 1 of 1', '"conv5-16"'],
    ['max3@0|max3@0|max3@0|max3@0|max3@0', 'the depth', '5'],
  ])('refuses %s at %s', (text, place, found) => {
    expect(() => space.parse(text)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ space: 'multi-branch', place, found }),
      }),
    )
  })

  it('says what each wiring wants', () => {
    const expected = (wiring: 'any' | 'layers' | 'previous', text: string) => {
      const { problems, parse } = make({ operations: ['max3'], maxLayers: 4, wiring })
      expect(problems([{ operation: 'max3', inputs: [0] }])).toEqual([])
      try {
        parse(text)
      } catch (error) {
        return error instanceof Error ? error.message : ''
      }
      return 'parsed'
    }
    expect(expected('any', 'max3@0|max3@0,1')).toBe('parsed')
    expect(expected('layers', 'max3@0|max3@0,1')).toMatch(
      /expected inputs from 1 to 1, ascending, or 0 \(the image\) alone, found \[0,1\]/,
    )
    expect(expected('previous', 'max3@0|max3@0')).toMatch(/1 among them, found \[0\]/)
    expect(expected('previous', 'max3@0|max3@0,1')).toBe('parsed')
  })
})

describe('operations', () => {
  it.each(['conv3-16', 'conv1x7-24', 'conv7x1s2-24', 'sep5s2-8', 'max3', 'avg3s2', 'max1x3'])(
    'reads %s',
    (text) => expect(readOperation(text)).not.toBeNull(),
  )

  it.each([
    'conv',
    'conv2-16',
    'conv3',
    'conv3x3-16',
    'conv3s1-16',
    'conv03-16',
    'max3-16',
    'max4',
  ])('does not read %s', (text) => expect(readOperation(text)).toBeNull())

  it('are refused by name in the settings', () => {
    const parsed = MultiBranchSettings.safeParse({ operations: ['conv3-16', 'conv4-16'] })
    expect(parsed.error?.issues[0]).toMatchObject({ path: ['operations', 1] })
  })
})

describe('the settings', () => {
  it.each([
    [{ minLayers: 4, maxLayers: 3 }, 'space/empty', 'maxLayers'],
    [{ operations: [] }, 'space/empty', 'operations'],
    [{ operations: ['max3', 'max3'] }, 'space/invalid-settings', 'operations'],
    [{ maxLayers: 1, operations: ['max3'] }, 'space/invalid-settings', 'maxLayers'],
  ])('refuse %j', (settings, code, place) => {
    expect(() => make(settings)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ place }) }),
    )
  })
})

describe('the canonical form', () => {
  const space = make({ operations: ['conv3-8', 'max3'], maxLayers: 5 })
  const canonical = (text: string) => space.canonical(space.parse(text))

  it('is one for all numberings, and one of them', () => {
    const one = 'conv3-8@0|max3@0|conv3-8@1,2'
    const other = 'max3@0|conv3-8@0|conv3-8@1,2'
    expect(canonical(one)).toBe(canonical(other))
    expect([one, other]).toContain(canonical(one))
    expect(canonical(canonical(one))).toBe(canonical(one))
  })

  it('tells one layer read twice from two equal layers', () => {
    expect(canonical('conv3-8@0|max3@1|max3@1')).not.toBe(
      canonical('conv3-8@0|conv3-8@0|max3@1|max3@2'),
    )
    expect(canonical('conv3-8@0|conv3-8@1')).not.toBe(canonical('conv3-8@0|conv3-8@0'))
  })

  it('is the text where the previous layer is always an input', () => {
    const chained = make({ operations: ['max3'], maxLayers: 4, wiring: 'previous' })
    for (let seed = 0; seed < 50; seed++) {
      const layers = chained.sample(Random.named(seed, 'sample'))
      expect(chained.canonical(layers)).toBe(chained.format(layers))
    }
  })
})

describe('hyperparameters', () => {
  it('are an operation for each layer and a boolean for each pair, active while the layer exists', () => {
    const { encodings, parse } = make({ operations: ['conv3-8', 'max3'], maxLayers: 3 })
    const { parameters } = encodings
    expect(parameters?.space.parameters.map(({ name }) => name)).toEqual([
      'layers',
      'layer1.operation',
      'layer1.from0',
      'layer2.operation',
      'layer2.from0',
      'layer2.from1',
      'layer3.operation',
      'layer3.from0',
      'layer3.from1',
      'layer3.from2',
    ])
    const layers = parse('conv3-8@0|max3@0,1')
    const configuration = parameters?.encode(layers) ?? {}
    expect(configuration).toEqual({
      layers: 2,
      'layer1.operation': 'conv3-8',
      'layer1.from0': true,
      'layer2.operation': 'max3',
      'layer2.from0': true,
      'layer2.from1': true,
    })
    expect(parameters?.decode(configuration)).toEqual({ architecture: layers })
    expect(parameters?.decode({ ...configuration, 'layer2.from0': false, 'layer2.from1': false }))
      // Rule 1 of Zoph and Le: without any input, the image is.
      .toEqual({ architecture: parse('conv3-8@0|max3@0') })
    expect(parameters?.decode({ ...configuration, 'layer3.from0': true })).toEqual({
      problems: [expect.stringMatching(/layer3\.from0: expected no value/)],
    })
  })

  it('have no depth where there is one, and a constant for a single operation', () => {
    const space = make({ operations: ['max3'], minLayers: 3, maxLayers: 3, wiring: 'previous' })
    const { parameters } = space.encodings
    expect(parameters?.space.parameters.map(({ name, kind }) => [name, kind])).toEqual([
      ['layer1.operation', 'constant'],
      ['layer2.operation', 'constant'],
      ['layer2.from0', 'categorical'],
      ['layer3.operation', 'constant'],
      ['layer3.from0', 'categorical'],
      ['layer3.from1', 'categorical'],
    ])
    expect(parameters?.space.conditions).toEqual([])
    const layers = space.parse('max3@0|max3@1|max3@0,2')
    expect(parameters?.decode(parameters.encode(layers))).toEqual({ architecture: layers })
  })
})

describe('the drawing', () => {
  it('brings what no layer reads together before the head', () => {
    const space = make({ operations: ['conv3s2-8', 'avg3'], stemChannels: 4 })
    const { nodes, edges } = space.draw(space.parse('conv3s2-8@0|avg3@0|avg3@0,1'))
    expect(nodes.map(({ label }) => label)).toEqual([
      'input',
      'conv 3×3',
      'conv 3×3',
      'avg pool 3×3',
      'avg pool 3×3',
      'concat',
      'global pool, linear',
      'classes',
    ])
    expect(nodes[2]?.detail).toBe('layer 1, 8 channels, stride 2')
    expect(edges).toContainEqual({ from: 'stem', to: 'layer3' })
    expect(edges.filter(({ to }) => to === 'join').map(({ from }) => from)).toEqual([
      'layer2',
      'layer3',
    ])
  })
})
