import { describe, expect, it } from 'vitest'
import type { ObjectiveInput } from '#src/benchmark/objective.ts'
import { tableObjective } from '#src/benchmark/table-objective.ts'
import { nasBench201Entry } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { nasBenchMacroEntry } from '#src/space/nas-bench-macro/nas-bench-macro.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { type MemoryTable, memoryBenchmark } from '../../fixtures/memory-benchmark.ts'

const space = nasBench201Entry.create(nasBench201Entry.settings.parse({}))
const cells = [
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|',
  '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|',
  '|skip_connect~0|+|skip_connect~0|none~1|+|skip_connect~0|none~1|none~2|',
] as const
const absent = '|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|'

/** Two data sets: one with validation and repeats, one with test accuracies alone. */
const table: MemoryTable = {
  space,
  architectures: cells,
  parameterCounts: [30, 10, 20],
  entries: {
    searched: {
      4: [
        { valAccuracy: [0.5], trainSeconds: [4] },
        { valAccuracy: [0.1], trainSeconds: [1] },
        { valAccuracy: [0.2], trainSeconds: [2] },
      ],
      12: [
        { valAccuracy: [0.7, 0.8], trainAccuracy: [0.9, 0.95], trainSeconds: [12, 13] },
        { valAccuracy: [0.1, 0.1], trainAccuracy: [0.1, 0.1], trainSeconds: [3, 3] },
        null,
      ],
    },
    reported: {
      12: [{ testAccuracy: [0.6] }, { testAccuracy: [0.1] }, { testAccuracy: [0.65] }],
      200: [{ testAccuracy: [0.93] }, { testAccuracy: [0.1] }, { testAccuracy: [0.9] }],
    },
  },
}
const benchmark = () => memoryBenchmark(table)
const published = { report: { dataset: 'reported' } } as const

describe('an objective on a table', () => {
  it('tells validation accuracy of a random repeat at the largest budget, and what it cost', () => {
    const objective = tableObjective(benchmark(), space, published)
    expect(objective.fullFidelity).toEqual({ epochs: 12 })
    expect(objective.budgets).toEqual([4, 12])
    const seen = new Set<number>()
    for (let seed = 0; seed < 40; seed++) {
      const result = objective.measure(cells[0], { epochs: 12 }, String(seed))
      const { valAccuracy, trainAccuracy } = result.metrics
      // All metrics of a trial are of one and the same repeat.
      const repeat = [0.7, 0.8].indexOf(valAccuracy)
      expect(trainAccuracy).toBe([0.9, 0.95][repeat])
      expect(result.cost).toEqual({ seconds: [12, 13][repeat], epochs: 12 })
      expect(result.counts).toEqual({ parameterCount: 30 })
      expect(result.fingerprint).toBe(objective.contentHash)
      expect(objective.measure(cells[0], { epochs: 12 }, String(seed))).toEqual(result)
      seen.add(valAccuracy)
    }
    expect(seen.size).toBe(2)
  })

  it('takes the mean or one repeat where told', () => {
    const measured = (repeat: 'mean' | number) =>
      tableObjective(benchmark(), space, { ...published, repeat, epochs: 12 }).measure(
        cells[0],
        { epochs: 12 },
        '1',
      ).metrics.valAccuracy
    expect(measured(0)).toBe(0.7)
    expect(measured(1)).toBe(0.8)
    expect(measured('mean')).toBeCloseTo(0.75, 12)
  })

  it('measures at the budgets of the table alone', () => {
    const objective = tableObjective(benchmark(), space, published)
    expect(objective.measure(cells[0], { epochs: 4 }, '0').metrics).toEqual({ valAccuracy: 0.5 })
    expect(() => objective.measure(cells[0], { epochs: 5 }, '0')).toThrow(
      'An evaluation on memory has 4 or 12 epochs here, found 5; set fidelity.epochs to one of these, since nothing between is measured',
    )
    const short = tableObjective(benchmark(), space, { ...published, epochs: 4 })
    expect(short.budgets).toEqual([4])
    expect(() => short.measure(cells[0], { epochs: 12 }, '0')).toThrow(
      /has 4 epochs here, found 12/,
    )
  })

  it('measures at the points of the full training where told', () => {
    const curved = memoryBenchmark({
      ...table,
      points: {
        searched: {
          12: {
            3: cells.map(() => ({
              valAccuracy: [0.3, 0.35],
              trainAccuracy: [0, 0],
              trainSeconds: [3, 3],
            })),
          },
        },
      },
    })
    const objective = tableObjective(curved, space, { ...published, fidelities: 'curve' })
    expect(objective.budgets).toEqual([3, 12])
    const early = objective.measure(cells[0], { epochs: 3 }, '5')
    expect(early.cost).toEqual({ seconds: 3, epochs: 3 })
    // The same training all along: its repeat is drawn by the seed of the trial.
    const late = objective.measure(cells[0], { epochs: 12 }, '5').metrics.valAccuracy
    expect([0.3, 0.35].indexOf(early.metrics.valAccuracy)).toBe([0.7, 0.8].indexOf(late))
    expect(() => objective.measure(cells[0], { epochs: 4 }, '5')).toThrow(/has 3 or 12 epochs here/)
    expect(objective.contentHash).not.toBe(tableObjective(curved, space, published).contentHash)
  })

  it('reports the mean test accuracy of its longest training', () => {
    const objective = tableObjective(benchmark(), space, published)
    expect(objective.testAccuracy(cells[0])).toBe(0.93)
    expect(objective.hasTest).toBe(true)
    const early = { report: { dataset: 'reported', epochs: 12 } }
    expect(tableObjective(benchmark(), space, early).testAccuracy(cells[2])).toBe(0.65)
  })

  it('knows the best of the table, whatever rows are missing', () => {
    const objective = tableObjective(benchmark(), space, published)
    expect(objective.bestValAccuracy()).toBeCloseTo(0.75, 12)
    expect(objective.bestTestAccuracy()).toBe(0.93)
  })

  it('goes without a test accuracy where told', () => {
    const objective = tableObjective(benchmark(), space, { report: null })
    expect(objective.hasTest).toBe(false)
    expect(objective.bestTestAccuracy()).toBeNull()
    expect(() => objective.testAccuracy(cells[0])).toThrow(/reports no test accuracy/)
  })

  it('ends a trial, not the run, for what was not measured', () => {
    const objective = tableObjective(benchmark(), space, published)
    for (const text of [absent, cells[2]]) {
      try {
        objective.measure(text, { epochs: 12 }, '0')
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(AttemptFailure)
        expect((error as AttemptFailure).failure.kind).toBe('invalid_task')
      }
    }
    expect(() => objective.measure('nonsense', { epochs: 12 }, '0')).toThrow(
      expect.objectContaining({ code: 'space/invalid-architecture' }),
    )
  })

  it('tells test accuracies only where there is nothing else, and says so', () => {
    const objective = tableObjective(benchmark(), space, { dataset: 'reported', signal: 'test' })
    expect(objective.isTestOnly).toBe(true)
    expect(objective.mark).toBe('test-only table')
    expect(objective.hasSeconds).toBe(false)
    expect(objective.measure(cells[2], { epochs: 200 }, '0')).toMatchObject({
      metrics: { valAccuracy: 0.9 },
      cost: { seconds: 0, epochs: 200 },
    })
    expect(tableObjective(benchmark(), space, published)).toMatchObject({
      isTestOnly: false,
      mark: null,
      hasSeconds: true,
    })
  })

  it('refuses test accuracies beside validation, save for a yardstick, which it marks', () => {
    const both = {
      ...table,
      entries: { both: { 12: cells.map(() => ({ valAccuracy: [0.4], testAccuracy: [0.3] })) } },
    }
    const make = (signal: 'test' | 'yardstick') =>
      tableObjective(memoryBenchmark(both), space, { signal })
    expect(() => make('test')).toThrow(
      'memory has validation accuracy on both for trainings of 12 epochs, so a search must not be told test accuracy; take the signal validation, or yardstick to compare with curves that were made so',
    )
    expect(make('yardstick')).toMatchObject({
      isTestOnly: false,
      mark: 'searched on test accuracy',
    })
    expect(make('yardstick').bestValAccuracy()).toBe(0.3)
  })

  it.each([
    [{ dataset: 'cifar' }, 'memory has no validation accuracy on cifar; it has it on searched'],
    [
      { dataset: 'reported' },
      'memory has no validation accuracy on reported; it has it on searched; set signal: test to search on test accuracy, which every report then says',
    ],
    [
      {},
      'memory has no test accuracy on searched; it has it on reported; set report: null to report none',
    ],
    [
      { epochs: 13 },
      'memory has validation accuracy on searched for trainings of 4 or 12 epochs, found 13; nothing between is measured',
    ],
    [
      { report: { dataset: 'reported', epochs: 100 } },
      'memory has test accuracy on reported for trainings of 12 or 200 epochs, found 100; nothing between is measured',
    ],
    [
      { repeat: 7 },
      'memory keeps 2 repeats on searched for trainings of 12 epochs, found repeat 7; take mean, random or a number below 2',
    ],
    [
      { epochs: 4, repeat: 'random' },
      'memory keeps means over repeats alone on searched for trainings of 4 epochs, found repeat random; take mean',
    ],
  ])('refuses what the table lacks: %j', (choice, message) => {
    expect(() => tableObjective(benchmark(), space, choice as ObjectiveInput)).toThrow(
      expect.objectContaining({ code: 'benchmark/no-metric', message }),
    )
  })

  it('refuses a space that the table does not answer for', () => {
    const other = nasBenchMacroEntry.create(nasBenchMacroEntry.settings.parse({}))
    expect(() => tableObjective(benchmark(), other, published)).toThrow(
      'The benchmark memory does not answer for the space nas-bench-macro: it holds nas-bench-201',
    )
  })

  it('has a fingerprint of the table and of what is taken from it', () => {
    const hash = (choice: object, from = benchmark()) =>
      tableObjective(from, space, { ...published, ...choice }).contentHash
    expect(hash({})).toBe(hash({ epochs: 12, dataset: 'searched' }))
    const others = [
      hash({}),
      hash({ epochs: 4 }),
      hash({ repeat: 'mean' }),
      hash({ report: null }),
      hash({ report: { dataset: 'reported', epochs: 12 } }),
      hash({}, memoryBenchmark({ ...table, architectures: [cells[0], cells[1], absent] })),
    ]
    expect(new Set(others).size).toBe(others.length)
  })

  it('says in one line what is told and what is reported', () => {
    expect(tableObjective(benchmark(), space, published).description).toBe(
      'memory: told validation accuracy on searched after 12 epochs (a random repeat); reported test accuracy on reported after 200 epochs (mean over repeats)',
    )
  })

  it('closes its table', () => {
    const opened = benchmark()
    tableObjective(opened, space, published)[Symbol.dispose]()
    expect(opened.isClosed).toBe(true)
  })
})
