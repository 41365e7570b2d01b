import { describe, expect, it } from 'vitest'
import { inferShapes } from '#src/graph/shape.ts'
import { Random } from '#src/random/random.ts'
import { nasBenchMacro } from '#src/space/nas-bench-macro/nas-bench-macro.ts'
import { MacroSettings } from '#src/space/nas-bench-macro/settings.ts'
import type { Task } from '#src/space/space.ts'

const space = nasBenchMacro(MacroSettings.parse({}))
const task: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }

function compile(code: string) {
  const graph = space.compile(space.parse(code), task)
  const shapes = inferShapes(graph)
  return {
    ids: graph.nodes.map(({ id }) => id),
    node: (id: string) => graph.nodes.find((node) => node.id === id),
    shape: (id: string) => shapes.get(id),
  }
}

describe('the network', () => {
  it('halves the image and doubles the channels in the first block of each stage', () => {
    const { shape } = compile('10120010')
    expect(shape('stem.relu')).toEqual([32, 32, 32])
    expect(shape('stage1.block1.expand.relu')).toEqual([96, 32, 32])
    expect(shape('stage1.block1.project.norm')).toEqual([64, 16, 16])
    expect(shape('stage2.block1.project.norm')).toEqual([128, 8, 8])
    expect(shape('stage3.block1.norm')).toEqual([256, 4, 4])
    expect(shape('last.relu')).toEqual([1280, 4, 4])
  })

  it('has a shortcut around a block of stride 1 alone', () => {
    const { ids, node } = compile('12000000')
    expect(ids).not.toContain('stage1.block1.sum')
    expect(node('stage1.block2.sum')?.inputs).toEqual([
      'stage1.block2.project.norm',
      'stage1.block1.project.norm',
    ])
    expect(node('stage1.block2.depthwise.conv')?.op).toMatchObject({ kernel: [5, 5], groups: 384 })
  })

  it('leaves an identity of stride 1 out and projects by one of stride 2', () => {
    const { ids, node } = compile('00000000')
    expect(ids.filter((id) => id.startsWith('stage'))).toEqual([
      'stage1.block1.conv',
      'stage1.block1.norm',
      'stage2.block1.conv',
      'stage2.block1.norm',
      'stage3.block1.conv',
      'stage3.block1.norm',
    ])
    expect(node('stage2.block1.conv')?.op).toMatchObject({ kernel: [1, 1], stride: [2, 2] })
  })

  it('rounds odd sizes up', () => {
    const graph = space.compile(space.parse('22222222'), { ...task, inputShape: [1, 7, 9] })
    expect(inferShapes(graph).get('last.conv')).toEqual([1280, 1, 2])
  })
})

describe('codes', () => {
  it.each([
    ['2221222', 'the length', '8 digits, one a block in stages of 2, 3, 3', '7'],
    ['222122201', 'the length', '8 digits, one a block in stages of 2, 3, 3', '9'],
    ['22312220', 'stage 2, block 1', '0 (identity), 1 (mb3-k3) or 2 (mb6-k5)', '"3"'],
    ['2221222x', 'stage 3, block 3', '0 (identity), 1 (mb3-k3) or 2 (mb6-k5)', '"x"'],
  ])('refuses %s at %s', (code, place, expected, found) => {
    expect(() => space.parse(code)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: { space: 'nas-bench-macro', place, expected, found },
      }),
    )
  })

  it('are one network when they differ in where later identities of a stage stand', () => {
    const canonical = (code: string) => space.canonical(space.parse(code))
    expect(canonical('01012102')).toBe('01012120')
    expect(canonical('01021120')).toBe('01021120')
    // The first block of a stage is an identity in name only.
    expect(canonical('10000000')).not.toBe(canonical('01000000'))
  })

  it('name the block that is none of the three', () => {
    const blocks = space.parse('00000000').with(3, 'mb9-k9' as 'mb3-k3')
    expect(space.problems(blocks)).toEqual([
      'The code is wrong at stage 2, block 2: expected one of identity, mb3-k3, mb6-k5, found "mb9-k9"',
    ])
  })
})

describe('encodings', () => {
  it('have a categorical a block, both ways', () => {
    const { parameters } = space.encodings
    const blocks = space.parse('22210120')
    const configuration = parameters?.encode(blocks)
    expect(configuration).toEqual({
      'stage1.block1': 'mb6-k5',
      'stage1.block2': 'mb6-k5',
      'stage2.block1': 'mb6-k5',
      'stage2.block2': 'mb3-k3',
      'stage2.block3': 'identity',
      'stage3.block1': 'mb3-k3',
      'stage3.block2': 'mb6-k5',
      'stage3.block3': 'identity',
    })
    expect(parameters?.decode(configuration ?? {})).toEqual({ architecture: blocks })
    expect(parameters?.decode({ ...configuration, 'stage2.block3': 'pool' })).toEqual({
      problems: [
        expect.stringMatching(/wrong at stage2\.block3: expected .*mb6-k5.*, found "pool"$/),
      ],
    })
  })

  it('give codes of one network one vector', () => {
    const encode = (code: string) => space.encodings.adjacency?.encode(space.parse(code))
    expect(encode('01012102')).toEqual(encode('01012120'))
    expect(encode('01012102')).toHaveLength(space.encodings.adjacency?.size ?? 0)
    expect(encode('01012102')).not.toEqual(encode('01012121'))
  })
})

describe('changes', () => {
  it('are 16 and equally likely', () => {
    const blocks = space.parse('01201201')
    const hits = new Map([...space.neighbours(blocks)].map((other) => [space.format(other), 0]))
    expect(hits.size).toBe(16)
    const random = Random.named(5, 'mutations')
    const draws = 16_000
    for (let draw = 0; draw < draws; draw++) {
      const text = space.format(space.mutate(blocks, random))
      hits.set(text, (hits.get(text) ?? Number.NaN) + 1)
    }
    // Five standard deviations of a binomial of 1/16: a false alarm of 1e-5 over all of them.
    for (const count of hits.values()) expect(Math.abs(count - 1000)).toBeLessThan(155)
  })
})

describe('the drawing', () => {
  it('has a frame a stage and says what a first identity is', () => {
    const { nodes, groups } = space.draw(space.parse('02000000'))
    expect(groups.map(({ label }) => label)).toEqual([
      'Stage 1, 64 channels',
      'Stage 2, 128 channels',
      'Stage 3, 256 channels',
    ])
    expect(nodes.find(({ id }) => id === 'stage1.block1')).toMatchObject({
      label: 'projection 1×1',
      detail: 'stride 2',
      group: 'stage1',
    })
    expect(nodes.find(({ id }) => id === 'stage1.block2')).toMatchObject({ detail: 'expansion 6' })
  })
})
