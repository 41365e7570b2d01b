import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tableMetrics } from '#src/benchmark/benchmark.ts'
import type { TableDescription } from '#src/benchmark/compact-format.ts'
import { createCompactFile } from '#src/benchmark/compact-writer.ts'
import { openBenchmark } from '#src/benchmark/open-benchmark.ts'
import { type TableBuilder, tableBuilder } from '#src/benchmark/table-builder.ts'
import { createSpace, finished } from '#test/fixtures/imported-benchmark.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const space = createSpace('nas-bench-macro')

const description: TableDescription = {
  name: 'small',
  summary: 'A small table',
  source: 'This test',
  notes: ['Nothing was trained.'],
  space: { name: space.name, settings: space.settings },
  answers: [{ name: space.name, settings: { channels: 32 }, atMost: { headChannels: 1280 } }],
  rowOf: 'text',
}

const place = { dataset: 'cifar10', epochs: 50, repeat: 0 } as const

function filled(fill: (table: TableBuilder) => void): TableBuilder {
  const table = tableBuilder(description)
  fill(table)
  return table
}

/** Two rows: the second lacks a repeat. */
function smallTable(): TableBuilder {
  return filled((table) => {
    const first = table.row('00000000', '00000000')
    const second = table.row('22212220', '22212220')
    table.measure(first, place, { valAccuracy: 0.5, testAccuracy: 0.25, trainSeconds: 10.1 })
    table.measure(first, { ...place, repeat: 1 }, { valAccuracy: 0.75, testAccuracy: 0.5 })
    table.measure(first, { ...place, epoch: 25 }, { valAccuracy: 0.125 })
    table.measure(second, place, { valAccuracy: 0.9, testAccuracy: 0.8, trainSeconds: 20 })
    table.size(first, 'cifar10', 'parameterCount', 387_882)
    table.size(second, 'cifar10', 'parameterCount', 1_985_514)
  })
}

const share = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(9984).map((count) => Math.fround(count / 9984)),
  fc.nat(9984).map((count) => count / 9984),
  fc.constantFrom(0, 1, -0),
)
const seconds = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.nat(),
)
const code = fc.string({ unit: fc.constantFrom('0', '1', '2'), minLength: 8, maxLength: 8 })
const trainings = fc.array(
  fc.record({
    valAccuracy: share,
    testAccuracy: share,
    trainAccuracy: share,
    trainSeconds: seconds,
  }),
  { maxLength: 3 },
)
const rows = fc.uniqueArray(
  fc.record({ code, trainings, parameterCount: fc.option(fc.nat(2 ** 40)) }),
  { selector: (row) => row.code, minLength: 1, maxLength: 40 },
)

describe('a compact file', () => {
  it('gives back every number, bit for bit, and knows which are missing', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'any.bench')
    const shares = fc.option(
      fc.record({ divisor: fc.constantFrom(9984, 29_952), rounded: fc.boolean() }),
      { nil: undefined },
    )
    const property = fc.property(rows, shares, (given, counted) => {
      const table = tableBuilder(description, counted === undefined ? {} : { shares: counted })
      for (const { code, trainings, parameterCount } of given) {
        const row = table.row(code, code)
        for (const metrics of trainings) {
          table.measure(row, { ...place, repeat: table.nextRepeat(row, 'cifar10', 50) }, metrics)
        }
        if (parameterCount !== null) table.size(row, 'cifar10', 'parameterCount', parameterCount)
      }
      using benchmark = finished(table, path)
      expect(benchmark.rowCount).toBe(given.length)
      for (const [row, { code, trainings, parameterCount }] of given.entries()) {
        expect(benchmark.find(space, code)).toBe(row)
        expect(benchmark.architecture(row)).toBe(code)
        expect(benchmark.parameterCount(row, 'cifar10')).toBe(parameterCount)
        for (const metric of tableMetrics) {
          const ask = () => benchmark.repeats(row, metric, place)
          if (trainings.length === 0) expect(ask).toThrow(/has no/)
          else expect(ask()).toEqual(trainings.map((metrics) => metrics[metric]))
        }
      }
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('tells what was measured', async () => {
    await using folder = await temporaryFolder()
    using benchmark = finished(smallTable(), join(folder.path, 'small.bench'))
    expect(benchmark.datasets).toEqual([
      {
        name: 'cifar10',
        budgets: [
          {
            epochs: 50,
            repeatCount: 2,
            metrics: ['valAccuracy', 'testAccuracy', 'trainSeconds'],
            isTestOnly: false,
            measuredEpochs: [25, 50],
            missingCount: 0,
          },
        ],
      },
    ])
    expect(benchmark.notes).toEqual(['Nothing was trained.'])
  })

  it('gives a repeat, a point within the training, the mean of what there is', async () => {
    await using folder = await temporaryFolder()
    using benchmark = finished(smallTable(), join(folder.path, 'small.bench'))
    const at = (row: number, changes: object) =>
      benchmark.metric(row, 'valAccuracy', { ...place, ...changes }, '1')
    expect(at(0, { repeat: 1 })).toBe(0.75)
    expect(at(0, { epoch: 25 })).toBe(0.125)
    expect(at(0, { repeat: 'mean' })).toBe(0.625)
    expect(at(1, { repeat: 'mean' })).toBe(0.9)
    expect(at(1, { repeat: 'random' })).toBe(0.9)
    expect(benchmark.multiplyAdds(0, 'cifar10')).toBeNull()
    expect(benchmark.parameterCount(1, 'cifar10')).toBe(1_985_514)
  })

  it('draws the same repeat for all metrics of a seed, each equally often', async () => {
    await using folder = await temporaryFolder()
    using benchmark = finished(smallTable(), join(folder.path, 'small.bench'))
    const drawn = Array.from({ length: 400 }, (_, seed) => {
      const random = { ...place, repeat: 'random' } as const
      const validation = benchmark.metric(0, 'valAccuracy', random, String(seed))
      expect(benchmark.metric(0, 'testAccuracy', random, String(seed))).toBe(validation - 0.25)
      return validation
    })
    const first = drawn.filter((value) => value === 0.5).length
    // Five standard deviations: a false alarm in two million.
    expect(Math.abs(first - 200)).toBeLessThan(50)
  })

  it('is the same file for the same table, and another for any other number', async () => {
    await using folder = await temporaryFolder()
    const [one, same, other] = ['one', 'same', 'other'].map((name) => join(folder.path, name))
    const hash = smallTable().finish(one ?? '')
    expect(smallTable().finish(same ?? '')).toBe(hash)
    // What it is called makes no difference to what it says.
    expect(smallTable().finish(other ?? '', 'another-name')).toBe(hash)
    expect(readFileSync(one ?? '').equals(readFileSync(same ?? ''))).toBe(true)
    const changed = filled((table) => {
      const row = table.row('00000000', '00000000')
      table.measure(row, place, { valAccuracy: 0.5000001 })
    })
    expect(changed.finish(other ?? '')).not.toBe(hash)
  })

  it('appears whole or not at all, and may be replaced while it is open', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'small.bench')
    {
      using draft = createCompactFile(path)
      draft.add({ role: 'keys' }, { type: 'u8' }, new Uint8Array(16))
    }
    expect(readdirSync(folder.path)).toEqual([])
    using old = finished(smallTable(), path)
    const changed = filled((table) => table.row('11111111', '11111111'))
    changed.finish(path)
    expect(readdirSync(folder.path)).toEqual(['small.bench'])
    expect(old.metric(0, 'valAccuracy', place, '0')).toBe(0.5)
    using renewed = openBenchmark(path)
    expect(renewed.architecture(0)).toBe('11111111')
  })
})

describe('a compact file that was damaged', () => {
  async function damagedFile(change: (bytes: Buffer) => Buffer) {
    const folder = await temporaryFolder()
    const path = join(folder.path, 'small.bench')
    smallTable().finish(path)
    const bytes = readFileSync(path)
    writeFileSync(path, change(bytes))
    return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
  }

  it.each([
    ['cut in its header', (bytes: Buffer) => bytes.subarray(0, -7), /should have \d+ bytes/],
    ['cut in its preamble', (bytes: Buffer) => bytes.subarray(0, 40), /is not one/],
    ['empty', (bytes: Buffer) => bytes.subarray(0, 0), /is not one/],
    ['another file', () => Buffer.from('PK'.repeat(100)), /is not one/],
    [
      'changed in its header',
      (bytes: Buffer) => bytes.fill(1, bytes.length - 9, bytes.length - 8),
      /header's hash/,
    ],
    ['changed in its keys', (bytes: Buffer) => bytes.fill(1, 64, 65), /column keys/],
    ['longer', (bytes: Buffer) => Buffer.concat([bytes, bytes]), /should have \d+ bytes/],
    [
      'from a later archloom',
      (bytes: Buffer) => bytes.fill(9, 8, 9),
      /has format 9, but.*; use the/,
    ],
    ['from an earlier one', (bytes: Buffer) => bytes.fill(1, 8, 9), /has format 1.*2; import the/],
  ])('is refused when it is %s', async (_, change, message) => {
    await using file = await damagedFile(change)
    expect(() => openBenchmark(file.path)).toThrow(message)
    expect(() => openBenchmark(file.path)).toThrow(/import the benchmark again/)
  })

  it('is refused when a damaged column is first asked for, and answers from the others', async () => {
    // The first metric lies behind the keys of two rows.
    await using file = await damagedFile((bytes) => bytes.fill(1, 104, 105))
    using benchmark = openBenchmark(file.path)
    expect(() => benchmark.metric(0, 'valAccuracy', place, '0')).toThrow(
      /the hash of its column valAccuracy on cifar10 after 50 of 50 epochs, repeat 0 differs/,
    )
    expect(benchmark.metric(0, 'testAccuracy', place, '0')).toBe(0.25)
  })

  it('is refused when it is a folder or not there', async () => {
    await using folder = await temporaryFolder()
    expect(() => openBenchmark(`${folder.path}/`)).toThrow(/it is a folder/)
    expect(() => openBenchmark(join(folder.path, 'no.bench'))).toThrow(/cannot be read: ENOENT/)
  })
})

describe('what a table does not have', () => {
  it.each([
    [{ dataset: 'svhn' }, 0, 'it has the data sets cifar10'],
    [{ epochs: 12 }, 0, 'on cifar10 it has trainings of 50 epochs'],
    [{ epoch: 12 }, 0, 'of that training it has the epochs 25, 50'],
    [{ repeat: 2 }, 0, 'there it has the repeats 0 to 1'],
    [{ repeat: 1 }, 1, 'it was not measured for 22212220, though for others'],
  ])('is named with what there is instead: %j', async (changes, row, instead) => {
    await using folder = await temporaryFolder()
    using benchmark = finished(smallTable(), join(folder.path, 'small.bench'))
    const ask = () => benchmark.metric(row, 'valAccuracy', { ...place, ...changes }, '0')
    expect(ask).toThrow(`; ${instead}`)
    expect(ask).toThrow(/^The benchmark small has no valAccuracy on /)
  })

  it('is a metric that nobody measured', async () => {
    await using folder = await temporaryFolder()
    using benchmark = finished(smallTable(), join(folder.path, 'small.bench'))
    expect(() => benchmark.repeats(0, 'trainAccuracy', place)).toThrow(
      'has no trainAccuracy on cifar10 after 50 epochs, repeat 0; there it has valAccuracy, testAccuracy, trainSeconds',
    )
  })

  it('is an architecture without a row, or one of another space', async () => {
    await using folder = await temporaryFolder()
    using benchmark = finished(smallTable(), join(folder.path, 'small.bench'))
    expect(() => benchmark.find(space, '00000001')).toThrow(
      'The benchmark small has no result of the nas-bench-macro architecture 00000001',
    )
    expect(() => benchmark.find(space, '0000000x')).toThrow(/stage 3, block 3/)
    expect(() => benchmark.find(createSpace('nas-bench-201'), 'x')).toThrow(
      'it holds results of nas-bench-macro, not of nas-bench-201',
    )
    const wider = createSpace('nas-bench-macro', { channels: 64 })
    expect(benchmark.misfit(wider)).toBe('its networks have channels 32, the space has 64')
    const longer = createSpace('nas-bench-macro', { headChannels: 1281 })
    expect(benchmark.misfit(longer)).toBe('its headChannels is at most 1280, the space has 1281')
    expect(benchmark.misfit(space)).toBeNull()
  })
})

describe('a table being built', () => {
  const row = (table: TableBuilder) => table.row('00000000', '00000000')

  it.each([
    [
      'a number that is not one',
      (t: TableBuilder) => t.measure(row(t), place, { valAccuracy: Number.NaN }),
      /valAccuracy of 00000000 must be a share from 0 to 1, but is NaN/,
    ],
    [
      'an infinite one',
      (t: TableBuilder) => t.measure(row(t), place, { trainSeconds: Number.POSITIVE_INFINITY }),
      /must be a number of seconds from 0 on, but is Infinity/,
    ],
    [
      'a percentage',
      (t: TableBuilder) => t.measure(row(t), place, { testAccuracy: 93.1 }),
      /but is 93.1/,
    ],
    [
      'a size that is not whole',
      (t: TableBuilder) => t.size(row(t), 'cifar10', 'parameterCount', 0.8),
      /must be a whole number, but is 0.8/,
    ],
    [
      'two architectures of one key',
      (t: TableBuilder) => t.row('00000000', '0') + t.row('00000000', '1'),
      /but 00000000 is 0 and 1/,
    ],
    ['nothing at all', (t: TableBuilder) => t.finish('/nowhere/x.bench'), /Nothing was found/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => wrong(tableBuilder(description))).toThrow(message)
  })

  it('refuses a number twice and a size that changes', () => {
    const table = tableBuilder(description)
    const only = row(table)
    table.measure(only, place, { valAccuracy: 0 })
    expect(() => table.measure(only, { ...place }, { valAccuracy: 0.5 })).toThrow(
      'The valAccuracy of 00000000 on cifar10 after 50 of 50 epochs, repeat 0 must be there once, but is there twice',
    )
    table.size(only, 'cifar10', 'parameterCount', 7)
    table.size(only, 'cifar10', 'parameterCount', 7)
    expect(() => table.size(only, 'cifar10', 'parameterCount', 8)).toThrow(/but is 7 and 8/)
  })
})
