import { describe, expect, it } from 'vitest'
import {
  describeSpace,
  describeSpaces,
  drawArchitecture,
  sampleSpace,
} from '#src/runner/inspect-space.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { Task } from '#src/space/space.ts'

const choose = (name: string, ...overrides: string[]) => ({ name, overrides })

describe('descriptions', () => {
  it('cover the catalog with default settings', () => {
    const spaces = describeSpaces()
    expect(spaces.map(({ name }) => name)).toEqual(spaceCatalog.map(({ name }) => name))
    for (const space of spaces) {
      expect(describeSpace(choose(space.name))).toEqual(space)
      expect(JSON.parse(JSON.stringify(space))).toEqual(space)
      expect(space.example.length).toBeGreaterThan(0)
    }
  })

  it('follow settings given as on the command line', () => {
    const space = describeSpace(choose('chain', 'maxDepth=2', 'conv=null', 'pool.kernels=[2, 3]'))
    expect(space.settings).toMatchObject({ maxDepth: 2, conv: null, pool: { kernels: [2, 3] } })
    expect(space).toMatchObject({ count: '20', countKind: 'exact' })
  })

  it('carry counts beyond the range of numbers', () => {
    const { count } = describeSpace(choose('chain', 'minDepth=40', 'maxDepth=40'))
    expect(BigInt(count)).toBe(8n ** 40n)
  })

  it.each([
    [choose('chian'), 'config/unknown-name', 'did you mean "chain"?'],
    [choose('chain', 'maxDept=3'), 'config/unknown-key', 'did you mean "maxDepth"?'],
    [choose('chain', 'maxDepth'), 'config/usage', 'expected path=value'],
    [choose('nas-bench-201', 'channels=0'), 'config/invalid', '--set.channels'],
    [choose('chain', 'maxDepth=two'), 'config/invalid', '--set.maxDepth: expected'],
    [choose('chain', 'minDepth=9'), 'space/empty', 'maxDepth 6 is below minDepth 9'],
    [choose('chain', 'conv=null', 'pool=null'), 'space/empty', 'at least one of conv'],
  ])('refuse %j as %s', (choice, code, text) => {
    expect(() => describeSpace(choice)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })
})

describe('samples', () => {
  it('are the same for a seed, and a longer list begins with a shorter one', () => {
    const few = sampleSpace(choose('chain'), '3', 4)
    const many = sampleSpace(choose('chain'), '3', 9)
    expect(many.slice(0, 4)).toEqual(few)
    expect(new Set(many.map(({ architecture }) => architecture)).size).toBeGreaterThan(5)
    expect(sampleSpace(choose('chain'), '4', 4)).not.toEqual(few)
  })

  it('come with their canonical form', () => {
    for (const { architecture, canonical } of sampleSpace(choose('nas-bench-201'), '0', 5)) {
      expect(architecture).toMatch(/^\|.*\|$/)
      expect(drawArchitecture(choose('nas-bench-201'), architecture).canonical).toBe(canonical)
    }
  })
})

describe('published architectures', () => {
  it('are listed with their space, and drawn by name', () => {
    const { named } = describeSpace(choose('nasnet'))
    expect(Object.keys(named)).toContain('NASNet-A')
    const drawn = drawArchitecture(choose('nasnet'), 'NASNet-A')
    expect(drawn.architecture).toBe(named['NASNet-A'])
    expect(describeSpace(choose('chain')).named).toEqual({})
  })

  it('are names of one space alone, and nothing that every object has is one', () => {
    for (const name of ['NASNet-A', 'toString', '__proto__']) {
      expect(() => drawArchitecture(choose('darts'), name)).toThrow(
        expect.objectContaining({ code: 'space/invalid-architecture' }),
      )
    }
  })
})

describe('drawings', () => {
  it('show the searched part', () => {
    const { svg, architecture } = drawArchitecture(choose('chain'), ' conv3-16-relu|max2\n')
    expect(architecture).toBe('conv3-16-relu|max2')
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s)
    expect(svg).toContain('max pool 2×2')
  })

  it('show the network when a task is given', () => {
    const task: Task = { kind: 'images', inputShape: [1, 28, 28], classCount: 7 }
    const { svg } = drawArchitecture(choose('chain'), 'conv3-16-relu', { task })
    expect(svg).toContain('linear 7')
    expect(svg).toContain('16×28×28')
  })

  it('refuse a task that the space cannot carry', () => {
    const task: Task = { kind: 'images', inputShape: [3, 30, 30], classCount: 10 }
    const [sample] = sampleSpace(choose('nas-bench-201'), '0', 1)
    expect(() =>
      drawArchitecture(choose('nas-bench-201'), sample?.architecture ?? '', { task }),
    ).toThrow('must divide by 4')
  })

  it('refuse an architecture of another space', () => {
    expect(() => drawArchitecture(choose('nas-bench-201'), 'max2')).toThrow(
      expect.objectContaining({ code: 'space/invalid-architecture' }),
    )
  })
})
