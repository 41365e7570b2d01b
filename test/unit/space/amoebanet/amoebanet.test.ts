import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { Random } from '#src/random/random.ts'
import { AmoebanetSettings, amoebanet, amoebanetEntry } from '#src/space/amoebanet/amoebanet.ts'
import { type CellPair, cellKinds, outputStates, sideNames } from '#src/space/cell/cell.ts'
import type { Task } from '#src/space/space.ts'
import { chiSquareLimit, chiSquareUniform, shareError } from '#test/fixtures/statistics.ts'

const make = (settings: unknown = {}) => amoebanet(AmoebanetSettings.parse(settings))
const space = make()
const amoebaA = space.parse(amoebanetEntry.named?.['AmoebaNet-A'] ?? '')
const cifar: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }

interface Change {
  readonly site: string
  readonly block: number
  readonly gene: 'input' | 'operation'
  readonly value: string | number
}

/** The genes in which two pairs differ. */
function changes(before: CellPair, after: CellPair): Change[] {
  return cellKinds.flatMap((kind) =>
    before[kind].blocks.flatMap((block, index) =>
      sideNames.flatMap((side) =>
        (['input', 'operation'] as const).flatMap((gene): Change[] => {
          const value = after[kind].blocks[index]?.[side][gene] ?? ''
          return value === block[side][gene]
            ? []
            : [{ site: `${kind} ${index} ${side}`, block: index, gene, value }]
        }),
      ),
    ),
  )
}

describe('the size of the space', () => {
  it('has eight operations and sums alone', () => {
    const cell = 518_400n * 8n ** 10n
    expect(cell).toBe(556_627_761_561_600n)
    expect(space.count()).toEqual({ value: cell ** 2n, kind: 'exact' })
    expect(Number(space.count().value) / 3.098344649411e29).toBeCloseTo(1, 11)
    expect(space.encodings.parameters?.space.parameters).toHaveLength(40)
  })
})

describe('the mutations', () => {
  const random = Random.named(41, 'mutations')
  const drawn = Array.from({ length: 100_000 }, () =>
    changes(amoebaA, space.mutate(amoebaA, random)),
  )

  it('change exactly one gene', () => {
    expect(drawn.filter((genes) => genes.length !== 1)).toEqual([])
  })

  it('are as often of hidden states as of operations', () => {
    const inputs = drawn.filter(([change]) => change?.gene === 'input').length
    // Five standard errors: one false alarm in 1.7 million.
    expect(shareError(inputs, drawn.length, 0.5)).toBeLessThan(5)
  })

  it.each(['input', 'operation'] as const)(
    'of an %s hit each of the 20 sites equally often',
    (gene) => {
      const counts = new Map<string, number>()
      for (const [change] of drawn) {
        if (change?.gene === gene) counts.set(change.site, (counts.get(change.site) ?? 0) + 1)
      }
      expect(counts.size).toBe(20)
      expect(chiSquareUniform([...counts.values()])).toBeLessThan(chiSquareLimit(19))
    },
  )

  it('of hidden states never reach a later state, and reach every earlier one', () => {
    const reached = new Map<number, Set<number>>()
    for (const [change] of drawn) {
      if (change?.gene !== 'input') continue
      const states = reached.get(change.block) ?? new Set()
      reached.set(change.block, states.add(Number(change.value)))
    }
    for (const [block, states] of reached)
      expect([...states].sort()).toEqual([...Array(block + 2).keys()])
    expect(reached.size).toBe(5)
  })

  it('recompute what the cell hands on', () => {
    const cell = 'sep3(0)+sep3(1) sep3(0)+sep3(1) sep3(0)+sep3(1) sep3(0)+sep3(1) sep3(0)+sep3(1)'
    const before = space.parse(`normal: ${cell}; reduction: ${cell}`)
    const child = [...space.neighbours(before)].find(
      ({ normal }) => normal.blocks[4]?.left.input === 3,
    )
    expect(outputStates(child?.normal ?? before.normal, 'unused')).toEqual([2, 4, 5, 6])
  })

  it('are of hidden states alone where there is one operation', () => {
    const one = make({ operations: ['sep3'] })
    const pair = one.sample(Random.named(1, 'one'))
    for (let draw = 0; draw < 50; draw++) {
      const [change] = changes(pair, one.mutate(pair, random))
      expect(change?.gene).toBe('input')
    }
  })
})

describe('AmoebaNet-A', () => {
  it.each([
    [3_145_078, {}],
    [3_603_072, { auxiliary: true }],
    [2_509_674, { channels: 32 }],
    [326_330, { channels: 16, cellsPerStage: 2 }],
  ])('has in the skeleton of DARTS %i parameters', (count, settings) => {
    const made = make({ skeleton: 'darts', ...settings })
    expect(countGraph(made.compile(amoebaA, cifar)).parameterCount).toBe(count)
  })

  it("has in NASNet's skeleton the parameters that the documentation says", () => {
    expect(countGraph(space.compile(amoebaA, cifar)).parameterCount).toBe(2_818_162)
  })

  it('hands on states 4 to 6, and 3, 4 and 6', () => {
    expect(outputStates(amoebaA.normal, 'unused')).toEqual([4, 5, 6])
    expect(outputStates(amoebaA.reduction, 'unused')).toEqual([3, 4, 6])
  })
})
