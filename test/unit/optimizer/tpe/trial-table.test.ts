import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusedCodec } from '#src/optimizer/refused-configurations.ts'
import { blocksOf } from '#src/optimizer/tpe/blocks.ts'
import { parameterAxis } from '#src/optimizer/tpe/parameter-axis.ts'
import { type Rank, TrialTable } from '#src/optimizer/tpe/trial-table.ts'
import {
  categorical,
  equals,
  float,
  integer,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { vectorParameters } from '#src/parameter/unit-vector.ts'
import { Random } from '#src/random/random.ts'
import { anyParameterSpace } from '#test/fixtures/random-parameter-space.ts'

const space = parameterSpace({
  name: 'branches',
  parameters: [
    categorical('method', ['sgd', 'adam']),
    float('rate', 1e-4, 1, { log: true }),
    ordinal('size', ['small', 'middle', 'large']),
    integer('warmup', 0, 5),
    float('momentum', 0, 0.99),
    float('beta', 0.9, 0.999),
  ],
  conditions: [
    when('warmup', equals('method', 'sgd')),
    when('momentum', equals('method', 'sgd')),
    when('beta', equals('method', 'adam')),
  ],
})
const axes = vectorParameters(space).map(parameterAxis)
const nameOf = (axis: number) => axes[axis]?.name

interface Row {
  readonly configuration: Configuration
  readonly rank: Rank
}

const rows = fc
  .array(fc.record({ seed: fc.nat(1000), kind: fc.nat(3), first: fc.nat(4) }), { maxLength: 150 })
  .map((drawn): readonly Row[] =>
    drawn.map(({ seed, kind, first }) => ({
      configuration: sampleConfiguration(space, Random.named(seed, 'row')),
      rank: [kind, first, 0],
    })),
  )

function tableOf(from: readonly Row[]): TrialTable {
  const table = new TrialTable(axes)
  for (const { configuration, rank } of from) table.add(configuration, rank)
  return table
}

describe('a table of trials', () => {
  it('ranks like a stable sort, and orders each axis by value', () => {
    fc.assert(
      fc.property(rows, (drawn) => {
        const table = tableOf(drawn)
        const sorted = [...drawn.keys()].sort((a, b) => {
          const [one, other] = [drawn[a]?.rank ?? [0, 0, 0], drawn[b]?.rank ?? [0, 0, 0]]
          return one[0] - other[0] || one[1] - other[1]
        })
        expect(table.ranking).toEqual(sorted)
        for (const [index, axis] of axes.entries()) {
          const entries = table.entries(index)
          const active = [...drawn.keys()].filter((row) => !Number.isNaN(entries[row]))
          expect(table.isEverywhere(index)).toBe(active.length === drawn.length)
          if (axis.dimension.kind === 'categorical') continue
          const order = active.sort((a, b) => (entries[a] ?? 0) - (entries[b] ?? 0))
          expect(table.order(index)).toEqual(order)
        }
      }),
    )
  })

  it('is what it was when rows that were added are taken away', () => {
    fc.assert(
      fc.property(rows, rows, (kept, gone) => {
        const table = tableOf(kept)
        for (const { configuration, rank } of gone) table.add(configuration, rank)
        for (const _ of gone) table.removeLast()
        const fresh = tableOf(kept)
        expect(table.length).toBe(fresh.length)
        expect(table.ranking).toEqual(fresh.ranking)
        for (const index of axes.keys()) {
          expect(table.order(index)).toEqual(fresh.order(index))
          expect(table.isEverywhere(index)).toBe(fresh.isEverywhere(index))
        }
      }),
    )
  })
})

describe('the axis of a parameter', () => {
  it('writes what it reads', () => {
    for (let seed = 0; seed < 200; seed++) {
      const configuration = sampleConfiguration(space, Random.named(seed, 'axis'))
      for (const axis of axes) {
        const entry = axis.read(configuration)
        const value = Number.isNaN(entry) ? undefined : axis.write(entry)
        expect(value).toBe(configuration[axis.name])
      }
    }
  })

  it('counts the places of an ordinal, and normalizes the weights of a categorical', () => {
    const weighted = parameterAxis(categorical('a', ['x', 'y'], { weights: [3, 1] }))
    expect(weighted.dimension).toEqual({ kind: 'categorical', prior: [0.75, 0.25] })
    const size = axes.find(({ name }) => name === 'size')
    expect(size?.dimension).toMatchObject({ kind: 'numeric', low: 0, high: 2, isInteger: true })
    expect(size?.read({ size: 'large' })).toBe(2)
  })
})

describe('blocks', () => {
  const sgd = { method: 'sgd', rate: 0.1, size: 'small', warmup: 1, momentum: 0.9 }
  const adam = { method: 'adam', rate: 0.1, size: 'small', beta: 0.95 }
  const table = tableOf([
    { configuration: sgd, rank: [0, 0, 0] },
    { configuration: adam, rank: [0, 1, 0] },
  ])
  const named = (joint: 'none' | 'always-active' | 'group') =>
    blocksOf(table, axes.length, joint).map((block) => block.map(nameOf))

  it('are single parameters, or what every trial has, or what comes and goes together', () => {
    expect(named('none')).toEqual(axes.map(({ name }) => [name]))
    expect(named('always-active')[0]?.toSorted()).toEqual(['method', 'rate', 'size'])
    expect(named('always-active')).toHaveLength(4)
    const groups = named('group').map((group) => group.toSorted())
    expect(groups).toContainEqual(['method', 'rate', 'size'])
    expect(groups).toContainEqual(['momentum', 'warmup'])
    expect(groups).toContainEqual(['beta'])
  })

  it('hold every parameter once', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('always-active', 'group'), (drawn, joint) => {
        const blocks = blocksOf(tableOf(drawn), axes.length, joint as 'group')
        expect(blocks.flat().toSorted((a, b) => a - b)).toEqual([...axes.keys()])
      }),
    )
  })
})

describe('refused configurations', () => {
  it('come back from their text, in any parameter space', () => {
    fc.assert(
      fc.property(anyParameterSpace({ floats: true, forbidden: true }), fc.nat(), (any, seed) => {
        const random = Random.named(seed, 'codec')
        const codec = refusedCodec(any)
        const refused = Array.from({ length: 5 }, (_, toldCount) => ({
          toldCount,
          configuration: sampleConfiguration(any, random),
        }))
        let text = ''
        const starts = refused.map((one) => {
          const start = text.length
          text = codec.append(text, one)
          return start
        })
        expect(codec.read(text)).toEqual(refused)
        // The end of a text is a text.
        expect(codec.read(text.slice(starts[2]))).toEqual(refused.slice(2))
      }),
    )
  })

  it('are refused themselves when the state is damaged', () => {
    expect(() => refusedCodec(space).read('3:?;')).toThrow('holds "?" where a number')
  })
})
