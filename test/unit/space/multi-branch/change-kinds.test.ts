import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { multiBranch } from '#src/space/multi-branch/multi-branch.ts'
import { MultiBranchSettings } from '#src/space/multi-branch/settings.ts'

const operations = [
  'conv3-16',
  'conv5-16',
  'conv3s2-16',
  'conv3-32',
  'conv3-128',
  'sep3-16',
  'max3',
]
const spaceOf = (given: object = {}) =>
  multiBranch(MultiBranchSettings.parse({ operations, maxLayers: 4, ...given }))

/** Every text that a kind of change leads to. */
function results(kind: string, text: string, space = spaceOf()): Set<string | null> {
  const random = Random.named(kind, text)
  const start = space.parse(text)
  return new Set(
    Array.from({ length: 600 }, () => {
      const changed = space.change?.(kind, start, random) ?? null
      return changed && space.format(changed)
    }),
  )
}

describe('kinds of change of a multi-branch network', () => {
  it('insert a 3x3 convolution into an edge, or behind the last layer', () => {
    const plain = ['conv3-16', 'conv3s2-16', 'conv3-32', 'conv3-128']
    expect(results('insert-convolution', 'max3@0|sep3-16@0,1')).toEqual(
      new Set(
        plain.flatMap((conv) => [
          `${conv}@0|max3@1|sep3-16@0,2`,
          // Between the image and layer 2, which then reads it instead of the image.
          `max3@0|${conv}@0|sep3-16@1,2`,
          `max3@0|${conv}@1|sep3-16@0,2`,
          `max3@0|sep3-16@0,1|${conv}@2`,
        ]),
      ),
    )
  })

  it('remove a convolution, whose sources its readers get', () => {
    expect(results('remove-convolution', 'conv3-16@0|max3@0,1|sep3-16@1,2')).toEqual(
      new Set(['max3@0|sep3-16@0,1', 'conv3-16@0|max3@0,1']),
    )
  })

  it('alter stride, filter size and channels alone', () => {
    expect(results('alter-stride', 'conv3-16@0')).toEqual(new Set(['conv3s2-16@0']))
    expect(results('filter-size', 'conv3-16@0')).toEqual(new Set(['conv5-16@0']))
    expect(results('alter-number-of-channels', 'conv3-16@0')).toEqual(new Set(['conv3-32@0']))
    expect(results('alter-number-of-channels', 'conv3-128@0')).toEqual(new Set([null]))
  })

  it('add and remove skips', () => {
    expect(results('add-skip', 'max3@0|max3@1|max3@2')).toEqual(
      new Set(['max3@0|max3@0,1|max3@2', 'max3@0|max3@1|max3@0,2', 'max3@0|max3@1|max3@1,2']),
    )
    expect(results('remove-skip', 'max3@0|max3@0,1')).toEqual(
      new Set(['max3@0|max3@0', 'max3@0|max3@1']),
    )
    expect(results('remove-skip', 'max3@0|max3@1')).toEqual(new Set([null]))
  })

  it('keep to the wiring and the depths of the space', () => {
    const previous = spaceOf({ wiring: 'previous' })
    expect(results('remove-skip', 'max3@0|max3@0,1', previous)).toEqual(new Set(['max3@0|max3@1']))
    expect(results('insert-convolution', 'max3@0|max3@1|max3@2|max3@3')).toEqual(new Set([null]))
    expect(results('remove-convolution', 'conv3-16@0')).toEqual(new Set([null]))
  })
})
