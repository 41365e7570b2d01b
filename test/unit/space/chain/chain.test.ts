import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { chiSquareLimit, chiSquareUniform, shareError } from '#test/fixtures/statistics.ts'

const make = (settings: unknown) => chain(ChainSettings.parse(settings))

/** Six layers there are: four convolutions and two pools. */
const six = {
  maxDepth: 4,
  conv: { kernels: [3, 5], channels: [8, 16] },
  pool: { modes: ['max', 'avg'], kernels: [2] },
}

function tally(draws: number, draw: () => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (let index = 0; index < draws; index++) {
    const key = draw()
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

describe('count', () => {
  it('is the sum of layer choices to the power of the depth', () => {
    expect(make(six).count()).toEqual({ value: 1554n, kind: 'exact' })
    expect(make({ ...six, minDepth: 3 }).count().value).toBe(216n + 1296n)
  })

  it('stays exact where doubles are not', () => {
    const { value } = make({ ...six, minDepth: 40, maxDepth: 41 }).count()
    expect(value).toBe(6n ** 40n + 6n ** 41n)
  })
})

describe('sampling', () => {
  it('over architectures gives each of them the same probability', () => {
    const space = make({ ...six, maxDepth: 3 })
    const random = Random.named(7, 'architectures')
    const counts = tally(20 * 258, () => space.format(space.sample(random)))
    const all = [...counts.values(), ...Array(258 - counts.size).fill(0)]
    expect(chiSquareUniform(all)).toBeLessThan(chiSquareLimit(257))
  })

  it('over architectures gives the largest depth its share of them', () => {
    const space = make(six)
    const random = Random.named(8, 'depths')
    const draws = 20_000
    const counts = tally(draws, () => String(space.sample(random).length))
    // False-alarm rate of each: below one in a million (4.9 standard errors, two-sided).
    expect(shareError(counts.get('4') ?? 0, draws, 1296 / 1554)).toBeLessThan(4.9)
    expect(shareError(counts.get('3') ?? 0, draws, 216 / 1554)).toBeLessThan(4.9)
    expect(1296 / 1554).toBeCloseTo(0.833977, 6)
  })

  it('over depths gives each depth the same probability', () => {
    const space = make({ ...six, sampling: 'depths' })
    const random = Random.named(9, 'depths')
    const counts = tally(8000, () => String(space.sample(random).length))
    expect([...counts.keys()].sort()).toEqual(['1', '2', '3', '4'])
    expect(chiSquareUniform([...counts.values()])).toBeLessThan(chiSquareLimit(3))
    expect(space.distribution).toContain('depths')
  })

  it('of the smallest is uniform over the chains of the least depth', () => {
    const space = make({ ...six, minDepth: 2 })
    const random = Random.named(12, 'smallest')
    const counts = tally(36 * 200, () => space.format(space.smallest?.(random) ?? []))
    expect(counts.size).toBe(36)
    expect(chiSquareUniform([...counts.values()])).toBeLessThan(chiSquareLimit(35))
    expect([...counts.keys()].every((text) => text.split('|').length === 2)).toBe(true)
  })

  it('works where the count exceeds every integer type', () => {
    const space = make({ ...six, minDepth: 1, maxDepth: 200 })
    const depths = Array.from({ length: 200 }, (_, seed) => space.sample(Random.named(seed)).length)
    expect(Math.max(...depths)).toBe(200)
    expect(Math.min(...depths)).toBeGreaterThan(190)
  })
})

describe('mutation', () => {
  const space = make({ ...six, minDepth: 1, maxDepth: 3 })
  const lengths = (text: string) => {
    const random = Random.named(10, text)
    const start = space.parse(text)
    return tally(6000, () => String(space.mutate(start, random).length - start.length))
  }

  it('adds, removes and changes equally often, as far as the depth allows', () => {
    const middle = lengths('conv3-8-relu|max2')
    expect([...middle.keys()].sort()).toEqual(['-1', '0', '1'])
    expect(chiSquareUniform([...middle.values()])).toBeLessThan(chiSquareLimit(2))
    expect([...lengths('max2').keys()].sort()).toEqual(['0', '1'])
    expect([...lengths('max2|max2|avg2').keys()].sort()).toEqual(['-1', '0'])
  })

  it('changes one layer only, and of its parameters one, unless the kind changes', () => {
    const random = Random.named(11, 'change')
    const start = space.parse('conv3-8-relu')
    const changed = tally(3000, () => space.format(space.mutate(start, random)))
    const single = [...changed.keys()].filter((text) => !text.includes('|')).sort()
    expect(single).toEqual(['avg2', 'conv3-16-relu', 'conv5-8-relu', 'max2'])
  })
})

describe('neighbours', () => {
  it('are the longer, the shorter and the changed chains, each once', () => {
    const space = make({ maxDepth: 2, conv: null, pool: { modes: ['max', 'avg'], kernels: [2] } })
    const around = (text: string) => [...space.neighbours(space.parse(text))].map(space.format)
    expect(around('max2')).toEqual(['max2|max2', 'avg2|max2', 'max2|avg2', 'avg2'])
    expect(around('max2|max2')).toEqual(['max2', 'avg2|max2', 'max2|avg2'])
  })
})

describe('crossover', () => {
  it('takes the depth of either parent and each layer from either', () => {
    const space = make(six)
    const random = Random.named(12, 'cross')
    const first = space.parse('conv3-8-relu|conv3-8-relu|conv3-8-relu')
    const second = space.parse('max2')
    const counts = tally(4000, () => space.format(space.crossover(first, second, random)))
    expect([...counts.keys()].sort()).toEqual([
      'conv3-8-relu',
      'conv3-8-relu|conv3-8-relu|conv3-8-relu',
      'max2',
      'max2|conv3-8-relu|conv3-8-relu',
    ])
    expect(chiSquareUniform([...counts.values()])).toBeLessThan(chiSquareLimit(3))
  })
})

describe('text form', () => {
  const space = make({
    ...six,
    conv: {
      kernels: [3, 5],
      strides: [1, 2],
      channels: [8, 16],
      activations: ['relu', 'leaky-relu'],
    },
    separable: { channels: [8] },
  })

  it.each(['conv3-8-relu', 'conv5s2-16-leaky-relu|max2|avg2|sep5-8-relu'])(
    'reads and writes %s',
    (text) => {
      expect(space.format(space.parse(text))).toBe(text)
    },
  )

  const shape =
    'a layer such as conv3-16-relu, conv3s2-16-relu (stride 2), sep5-32-gelu, max2 or avg2'
  it.each([
    ['', 'layer 1 of 1', shape, '""'],
    ['max2|', 'layer 2 of 2', shape, '""'],
    ['max2|conv3-8|max2', 'layer 2 of 3', shape, '"conv3-8"'],
    ['conv03-8-relu', 'layer 1 of 1', shape, '"conv03-8-relu"'],
    ['conv3s1-8-relu', 'layer 1 of 1', shape, '"conv3s1-8-relu"'],
    ['conv3-8-swish', 'layer 1 of 1', shape, '"conv3-8-swish"'],
    [' max2', 'layer 1 of 1', shape, '" max2"'],
    ['max2|conv7-8-relu', 'layer 2 of 2', 'kernel one of 3, 5', '7'],
    ['conv3s3-8-relu', 'layer 1 of 1', 'stride one of 1, 2', '3'],
    ['conv3-8-gelu', 'layer 1 of 1', 'activation one of relu, leaky-relu', 'gelu'],
    ['sep3-16-relu', 'layer 1 of 1', 'channels one of 8', '16'],
    ['max2|max2|max2|max2|max2', 'the depth', '1 to 4 layers', '5'],
  ])('refuses %j at %s', (text, place, expected, found) => {
    expect(() => space.parse(text)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        message: `The chain architecture is wrong at ${place}: expected ${expected}, found ${found}`,
        details: { space: 'chain', place, expected, found },
      }),
    )
  })

  it('refuses a kind that the space does not offer', () => {
    const convolutions = make({ pool: null })
    expect(() => convolutions.parse('conv3-16-relu|max2')).toThrow(
      'at layer 2 of 2: expected kind one of conv, found pool',
    )
    const pool = { kind: 'pool', mode: 'max', kernel: 2 } as const
    expect(convolutions.problems([pool])).toEqual([
      'The chain is wrong at layer 1 of 1: expected kind one of conv, found pool',
    ])
  })
})

describe('settings', () => {
  it.each([
    [{ minDepth: 3, maxDepth: 2 }, 'space/empty', 'maxDepth'],
    [{ conv: null, pool: null }, 'space/empty', 'conv, separable, pool'],
    [{ conv: { channels: [] } }, 'space/empty', 'conv.channels'],
    [{ separable: { kernels: [] } }, 'space/empty', 'separable.kernels'],
    [{ pool: { modes: [] } }, 'space/empty', 'pool.modes'],
    [{ conv: { kernels: [3, 5, 3] } }, 'space/invalid-settings', 'conv.kernels'],
    [
      { minDepth: 2, maxDepth: 2, conv: null, pool: { modes: ['max'] } },
      'space/invalid-settings',
      'maxDepth',
    ],
  ])('%j are refused as %s at %s', (settings, code, place) => {
    expect(() => make(settings)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ place }) }),
    )
  })

  it.each([
    [{ minDepth: 0 }, 'minDepth'],
    [{ conv: { kernels: [4] } }, 'conv.kernels.0'],
    [{ conv: { channels: [0] } }, 'conv.channels.0'],
    [{ conv: { activations: ['step'] } }, 'conv.activations.0'],
    [{ pool: { stride: 2 } }, 'pool'],
  ])('%j are refused by the schema at %s', (settings, place) => {
    const result = ChainSettings.safeParse(settings)
    expect(result.error?.issues.map(({ path }) => path.join('.'))).toEqual([place])
  })
})
