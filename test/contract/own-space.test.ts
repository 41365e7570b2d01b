/** The space of docs/spaces/your-own.md, written outside of `src`, against the contract of all. */
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import type { SpaceEntry } from '#src/space/space.ts'
import ownSpace from '../../configs/experiments/own-space.ts'
import { spaceContract } from './space.contract.ts'

const [entry] = ownSpace.extensions.spaces ?? []
if (entry === undefined) throw new Error('The example brings no space')

spaceContract({ name: `${entry.name} with defaults`, make: () => make(entry), isEnumerable: true })
spaceContract({
  name: `${entry.name} with two stages`,
  make: () => make(entry, { maxStages: 2 }),
  isEnumerable: true,
})

describe('a space of one’s own', () => {
  it('holds what a reckoning by hand says', () => {
    // Two widths, three blocks a stage, one to three stages.
    expect(make(entry).count()).toEqual({ value: 2n * (3n + 9n + 27n), kind: 'exact' })
  })

  it('gives every stage its block and a channel count of its own', () => {
    const space = make(entry)
    const architecture = space.parse('channels=8 depth=3 stage1=conv5 stage2=sep3 stage3=conv3')
    const graph = space.compile(architecture, {
      kind: 'images',
      inputShape: [3, 16, 16],
      classCount: 4,
    })
    const convolutions = graph.nodes.flatMap(({ op }) =>
      op.kind === 'conv2d' ? [[op.channels, op.kernel[0], op.stride[0], op.groups]] : [],
    )
    expect(convolutions).toEqual([
      [8, 5, 1, 1],
      [8, 3, 2, 8],
      [16, 1, 1, 1],
      [32, 3, 2, 1],
    ])
  })

  it('draws the whole network where nothing else is said', () => {
    const space = make(entry)
    const drawing = space.draw(space.sample(Random.named(1, 'draw')))
    expect(drawing.title).toMatch(/^Network from 3×32×32 to 10 with \d+ parameters$/)
  })
})

function make(of: SpaceEntry, settings: unknown = {}) {
  return of.create(of.settings.parse(settings))
}
