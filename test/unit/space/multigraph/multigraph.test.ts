import { describe, expect, it } from 'vitest'
import { choicesOf, gateShape } from '#src/graph/choice.ts'
import { countGraph } from '#src/graph/counts.ts'
import { graphHash } from '#src/graph/hash.ts'
import { Random } from '#src/random/random.ts'
import type { Multigraph } from '#src/space/multigraph/cell.ts'
import { pathSizeMax } from '#src/space/multigraph/encoding.ts'
import { multigraph } from '#src/space/multigraph/multigraph.ts'
import { MultigraphSettings } from '#src/space/multigraph/settings.ts'
import { type Cell, cellOperations, receives } from '#src/space/nas-bench-201/cell.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace, Task } from '#src/space/space.ts'

const skeleton = { cellsPerStage: 1, channels: 2 }
const task: Task = { kind: 'images', inputShape: [3, 8, 8], classCount: 10 }

function spaceOf(settings: Partial<MultigraphSettings>): SearchSpace<Multigraph> {
  return multigraph(MultigraphSettings.parse({ ...skeleton, ...settings }))
}

function supernetOf(settings: Partial<MultigraphSettings>) {
  const supernet = spaceOf(settings).supernet?.(task)
  if (!supernet) throw new Error('A multigraph has a supernet')
  return supernet
}

/** Every list of values, one from each list of choices. */
function product<T>(choices: readonly (readonly T[])[]): T[][] {
  return choices.reduce<T[][]>(
    (lists, values) => lists.flatMap((list) => values.map((value) => [...list, value])),
    [[]],
  )
}

/** Everything that changes lead to. */
function everyCell(space: SearchSpace<Multigraph>): Multigraph[] {
  const queue = [space.sample(Random.named(0, 'start'))]
  const seen = new Set(queue.map(space.format))
  for (const cell of queue) {
    for (const other of space.neighbours(cell)) {
      if (seen.has(space.format(other))) continue
      seen.add(space.format(other))
      queue.push(other)
    }
  }
  return queue
}

describe('the default settings', () => {
  const ours = {
    none: null,
    skip_connect: 'skip',
    nor_conv_1x1: 'conv1',
    nor_conv_3x3: 'conv3',
    avg_pool_3x3: 'avg3',
  } as const
  const translated = (cell: Cell): Multigraph =>
    cell.map((operation) => {
      const name = ours[operation]
      return name === null ? [] : [name]
    })

  it('hold the cells of NAS-Bench-201 whose output is reached', () => {
    const cells = product(Array.from({ length: 6 }, () => cellOperations))
    const reached = cells.filter((cell) => receives(cell, 3)).length
    expect(spaceOf({}).count()).toEqual({ value: BigInt(reached), kind: 'exact' })
  })

  it('make the same networks of them', () => {
    const [space, benchmark] = [spaceOf({}), nasBench201(skeleton)]
    for (let seed = 0; seed < 60; seed++) {
      const cell = benchmark.sample(Random.named(seed, 'cell'))
      if (!receives(cell, 3)) continue
      expect(space.problems(translated(cell))).toEqual([])
      expect(graphHash(space.compile(translated(cell), task))).toBe(
        graphHash(benchmark.compile(cell, task)),
      )
    }
  })

  it('make the same supernet', () => {
    expect(graphHash(supernetOf({}).graph)).toBe(
      graphHash(nasBench201(skeleton).supernet?.(task).graph ?? supernetOf({}).graph),
    )
    expect(gateShape(supernetOf({}).graph)).toEqual([5, 5, 5, 5, 5, 5])
  })
})

describe('the number of cells', () => {
  const cases: readonly (readonly [Partial<MultigraphSettings>, bigint])[] = [
    [{ nodes: 4, operations: ['conv3', 'max3'], optional: false }, 2n ** 6n],
    [{ nodes: 4, operations: ['conv3', 'max3'], decision: 'node' }, 2n * 4n * 6n],
    // Of 3^3 choices at three nodes: 18 by the direct pair, and 2 · 2 of the 9 others.
    [{ nodes: 3, operations: ['conv3', 'max3'] }, 22n],
    // Of 4^3 sets of operations: 3 · 16 by the direct pair, and 3 · 3 of the 16 others.
    [{ nodes: 3, operations: ['conv3', 'max3'], pick: 'any' }, 57n],
  ]

  it.each(cases)('is, for %j, %i', (settings, count) => {
    expect(spaceOf(settings).count()).toEqual({ value: count, kind: 'exact' })
  })
})

describe('the canonical form', () => {
  it('is the same exactly for cells that are one network', () => {
    const space = spaceOf({ operations: ['skip', 'conv3'] })
    const cells = everyCell(space)
    expect(cells).toHaveLength(Number(space.count().value))
    const pairs = cells.map((cell) => [space.canonical(cell), graphHash(space.compile(cell, task))])
    const forms = new Set(pairs.map(([form]) => form)).size
    expect(new Set(pairs.map(([, hash]) => hash)).size).toBe(forms)
    expect(new Set(pairs.map((pair) => pair.join())).size).toBe(forms)
    expect(forms).toBeLessThan(cells.length / 3)
  })

  it('does not see dead operations, the order of nodes, or skips', () => {
    const space = spaceOf({ operations: ['skip', 'conv3', 'max3'], pick: 'any' })
    const form = (text: string) => space.canonical(space.parse(text))
    // 0 to 1 by conv, 1 to 3; node 2 is dead, or is the way, or passes on.
    expect(form('conv3|-,-|-,max3,-')).toBe(form('conv3|max3,-|-,max3,-'))
    expect(form('conv3|-,-|-,max3,-')).toBe(form('-|conv3,-|-,-,max3'))
    expect(form('conv3|-,-|-,max3,-')).toBe(form('conv3|-,skip|-,-,max3'))
    expect(form('conv3|-,-|-,max3,-')).not.toBe(form('max3|-,-|-,conv3,-'))
    // One convolution used twice, and two.
    expect(form('conv3|-,skip|-,skip,skip')).not.toBe(form('conv3|conv3,-|-,skip,skip'))
  })
})

describe('the supernet', () => {
  it('has a row a pair of nodes or a row a node', () => {
    const operations = ['skip', 'conv3', 'max3'] as const
    const shapeOf = (settings: Partial<MultigraphSettings>) =>
      gateShape(supernetOf({ nodes: 3, operations: [...operations], ...settings }).graph)
    expect(shapeOf({})).toEqual([4, 4, 4])
    expect(shapeOf({ optional: false })).toEqual([3, 3, 3])
    expect(shapeOf({ pick: 'any' })).toEqual([3, 3, 3])
    expect(shapeOf({ decision: 'node' })).toEqual([3, 6])
    expect(shapeOf({ decision: 'node', pick: 'any' })).toEqual([3, 6])
  })

  it('shares the rows among all cells, and the weights of none', () => {
    const settings = { nodes: 3, operations: ['skip' as const, 'conv3' as const] }
    const { graph } = supernetOf({ ...settings, cellsPerStage: 2 })
    expect(choicesOf(graph).map(({ op }) => op.gate)).toEqual([
      0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2,
    ])
    const all = spaceOf({ ...settings, pick: 'any', cellsPerStage: 2 })
    const whole = all.compile(all.parse('skip+conv3|skip+conv3,skip+conv3'), task)
    expect(countGraph(graph)).toEqual(countGraph(whole))
  })

  it('reads one operation a pair from weights, and none where that weighs most', () => {
    const { architectureOf } = supernetOf({ nodes: 3, operations: ['skip', 'conv3'] })
    const space = spaceOf({ nodes: 3, operations: ['skip', 'conv3'] })
    const of = (...rows: number[][]) => space.format(architectureOf(rows))
    expect(of([0.1, 0.2, 0.7], [0.9, 0.1, 0], [0.1, 0.5, 0.4])).toBe('conv3|-,skip')
    // Nothing everywhere: the heaviest operation straight from the input.
    expect(of([0.9, 0.1, 0], [0.9, 0.01, 0.09], [0.9, 0.1, 0])).toBe('-|conv3,-')
  })

  it('reads one operation a node from weights', () => {
    const settings = {
      nodes: 3,
      operations: ['skip' as const, 'conv3' as const],
      decision: 'node' as const,
    }
    const weights = [
      [0.3, 0.7],
      [0.2, 0.1, 0.4, 0.3],
    ]
    expect(spaceOf(settings).format(supernetOf(settings).architectureOf(weights))).toBe(
      'conv3|-,skip',
    )
  })

  it.each(['edge', 'node'] as const)(
    'reads any operations of at least half the heaviest: %s',
    (decision) => {
      const settings = {
        nodes: 2,
        operations: ['skip' as const, 'conv3' as const, 'max3' as const],
        pick: 'any' as const,
        decision,
      }
      const { architectureOf } = supernetOf(settings)
      const of = (row: number[]) => spaceOf(settings).format(architectureOf([row]))
      expect(of([0.5, 0.26, 0.24])).toBe('skip+conv3')
      expect(of([0, 0, 0])).toBe('skip')
      expect(of([-2, -1, -3])).toBe('conv3')
    },
  )
})

describe('paths as features', () => {
  const space = spaceOf({ nodes: 3, operations: ['skip', 'conv3', 'max3'] })
  const bits = (text: string) => {
    const vector = space.encodings.path?.encode(space.parse(text)) ?? []
    return [...vector.keys()].filter((index) => vector[index] === 1)
  }

  it('are the sequences of operations without skips, shorter ones first', () => {
    // Nothing; conv3, max3; then pairs of conv3 and max3 in that order.
    expect(space.encodings.path?.size).toBe(1 + 2 + 4)
    expect(bits('conv3|skip,max3')).toEqual([0, 4])
    expect(bits('skip|conv3,conv3')).toEqual([1])
    expect(bits('max3|-,max3')).toEqual([6])
    expect(bits('max3|max3,-')).toEqual([2])
  })

  it('are absent where they would be too many', () => {
    const large = spaceOf({ nodes: 8, operations: ['conv1', 'conv3', 'conv5', 'max3'] })
    expect(large.encodings.path).toBeUndefined()
    expect(4 ** 7).toBeGreaterThan(pathSizeMax)
  })
})

describe('wrong input', () => {
  it.each([
    ['conv3|skip', 'node 2', 'operations from 2 nodes'],
    ['conv3|skip,conv3|-', 'the cell', '2 nodes'],
    ['conv3|skip,conv9', 'node 2, from node 1', 'operations among'],
    ['conv3|skip,max3', 'node 2, from node 1', 'operations among skip, conv3'],
    ['conv3|skip,skip+conv3', 'node 2, from node 1', 'one operation or none'],
    ['conv3|-,-', 'node 2, the output', 'a way of operations'],
  ])('%s is refused at %s', (text, place, expected) => {
    expect(() => spaceOf({ nodes: 3, operations: ['skip', 'conv3'] }).parse(text)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place, expected: expect.stringContaining(expected) }),
      }),
    )
  })

  it('has its place under other rules too', () => {
    const any = spaceOf({ nodes: 2, operations: ['skip', 'conv3'], pick: 'any' })
    expect(() => any.parse('conv3+skip')).toThrow('each once, in the order skip, conv3')
    const node = spaceOf({ nodes: 3, operations: ['skip'], decision: 'node' })
    expect(() => node.parse('skip|skip,skip')).toThrow('node 2: expected one operation from one')
    expect(() => spaceOf({ nodes: 3, optional: false }).parse('skip|-,skip')).toThrow(
      'one operation',
    )
  })

  it('is refused among the settings', () => {
    expect(() => spaceOf({ operations: [] })).toThrow(
      expect.objectContaining({ code: 'space/empty' }),
    )
    expect(() => spaceOf({ operations: ['skip', 'skip'] })).toThrow('lists "skip" twice')
    expect(() => spaceOf({ nodes: 2, operations: ['conv3'] })).toThrow('a single architecture')
  })

  it('is a task that the skeleton cannot halve twice, by the name of this space', () => {
    const space = spaceOf({})
    const cell = space.sample(Random.named(0, 'cell'))
    expect(() => space.compile(cell, { ...task, inputShape: [3, 6, 8] })).toThrow(
      'The space multigraph halves its images twice',
    )
  })
})
