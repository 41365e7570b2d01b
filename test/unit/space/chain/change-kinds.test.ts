import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'

const space = chain(
  ChainSettings.parse({
    minDepth: 1,
    maxDepth: 3,
    conv: {
      kernels: [1, 3, 5],
      strides: [1, 2],
      channels: [8, 16, 64],
      activations: ['relu', 'tanh'],
    },
  }),
)

/** Every text that a kind of change leads to. */
function results(kind: string, text: string): Set<string | null> {
  const random = Random.named(kind, text)
  const start = space.parse(text)
  return new Set(
    Array.from({ length: 600 }, () => {
      const changed = space.change?.(kind, start, random) ?? null
      return changed && space.format(changed)
    }),
  )
}

describe('kinds of change of a chain', () => {
  it('insert a 3x3 convolution of as many channels as the one before', () => {
    const found = results('insert-convolution', 'max2|conv5-8-relu')
    const behind = ['', 's2'].flatMap((stride) =>
      ['relu', 'tanh'].map((name) => `max2|conv5-8-relu|conv3${stride}-8-${name}`),
    )
    expect([...found].filter((text) => text?.startsWith('max2|conv5-8-relu|'))).toHaveLength(4)
    for (const text of behind) expect(found).toContain(text)
    // Before any convolution the channels are drawn: 2 places of 2 strides, 3 channels, 2 activations.
    expect(found.size).toBe(4 + 24)
  })

  it('remove a convolution, but no pool', () => {
    expect(results('remove-convolution', 'conv3-8-relu|max2|conv5-8-relu')).toEqual(
      new Set(['max2|conv5-8-relu', 'conv3-8-relu|max2']),
    )
  })

  it('alter stride and filter size to any other on offer', () => {
    expect(results('alter-stride', 'max2|conv3-8-relu')).toEqual(new Set(['max2|conv3s2-8-relu']))
    expect(results('filter-size', 'max2|conv3-8-relu')).toEqual(
      new Set(['max2|conv1-8-relu', 'max2|conv5-8-relu']),
    )
  })

  it('alter channels by a factor of two at most', () => {
    expect(results('alter-number-of-channels', 'conv3-8-relu')).toEqual(new Set(['conv3-16-relu']))
    expect(results('alter-number-of-channels', 'conv3-64-relu')).toEqual(new Set([null]))
  })

  it('say where they are not possible', () => {
    expect(results('insert-convolution', 'max2|max2|max2')).toEqual(new Set([null]))
    expect(results('remove-convolution', 'conv3-8-relu')).toEqual(new Set([null]))
    expect(results('remove-convolution', 'max2|avg2')).toEqual(new Set([null]))
    expect(results('filter-size', 'max2')).toEqual(new Set([null]))
    expect(results('nonsense', 'max2')).toEqual(new Set([null]))
  })
})
