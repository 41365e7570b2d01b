import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nasBenchMacro } from '#src/benchmark/nas-bench-macro/nas-bench-macro.ts'
import {
  createSpace,
  finished,
  importContext,
  importedSheet,
  sheetMissing,
} from '#test/fixtures/imported-benchmark.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const space = createSpace('nas-bench-macro')
const place = { dataset: 'cifar10', epochs: 50 } as const

/** As the official file has it, single-precision noise included. */
const official = {
  '00000000': {
    test_acc: [45.31999969482422, 45.33000183105469, 45.439998626708984],
    mean_acc: 45.36333338419596,
    std: 0.0544,
    params: 387_882,
    flops: 7_713_280,
  },
  '22212220': {
    test_acc: [93.12, 93.1, 93.16],
    mean_acc: 93.12666666666667,
    std: 0.025,
    params: 1_985_514,
    flops: 85_164_544,
  },
}

async function read(text: string) {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'nas-bench-macro_cifar10.json')
  writeFileSync(path, text)
  expect(await nasBenchMacro.recognizes(path)).toBe(/^\{"[012]{8}"/.test(text))
  const table = await nasBenchMacro.read(path, importContext())
  return finished(table, join(folder.path, 'macro.bench'))
}

describe('the official file of NAS-Bench-Macro', () => {
  it('has three repeats of each code and its sizes', async () => {
    using benchmark = await read(JSON.stringify(official))
    const row = benchmark.find(space, '00000000')
    const [first = 0, second = 0, third = 0] = official['00000000'].test_acc
    expect(benchmark.repeats(row, 'testAccuracy', place)).toEqual([
      first / 100,
      second / 100,
      third / 100,
    ])
    expect(benchmark.parameterCount(row, 'cifar10')).toBe(387_882)
    expect(benchmark.multiplyAdds(row, 'cifar10')).toBe(7_713_280)
    expect(benchmark.datasets[0]?.budgets[0]).toMatchObject({
      repeatCount: 3,
      metrics: ['testAccuracy'],
      isTestOnly: true,
    })
  })

  const changed = (changes: object) =>
    JSON.stringify({ '00000000': { ...official['00000000'], ...changes } })

  it.each([
    ['no JSON', '{"00000000": ', /it must be JSON, but/],
    ['a list', '["00000000"]', /must be an object with a code for each result/],
    ['two repeats', changed({ test_acc: [1, 2] }), /00000000.test_acc is wrong: .*3 items/],
    [
      'a text for a number',
      changed({ params: '1' }),
      /00000000.params is wrong: .*expected number/,
    ],
    ['a wrong mean', changed({ mean_acc: 46 }), /00000000: The mean of 00000000 must be that/],
    ['no accuracy', changed({ test_acc: [45.3, 45.3, -45.4] }), /must be a share from 0 to 1/],
    [
      'another code',
      JSON.stringify({ '00000000': official['00000000'], '0000000': official['22212220'] }),
      /0000000: .*expected 8 digits/,
    ],
    ['nothing', '{}', /Nothing was found/],
  ])('is refused with %s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message)
  })
})

it('refuses a sheet that was cut between two lines', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'macro.csv')
  const row = '00000000,45.32,45.33,45.44,45.36333333,387882,7713280'
  writeFileSync(path, `arch,test1,test2,test3,mean,params,flops\n${row}\n`)
  await expect(nasBenchMacro.read(path, importContext())).rejects.toThrow(
    /macro.csv: it must have all 6561 codes, but has 1 of them; fetch the whole file again/,
  )
})

describe.skipIf(sheetMissing('nas-bench-macro') !== null)(
  'the sheet of NAS-Bench-Macro (skipped without ../shared/data)',
  () => {
    it('has all codes, with the published best and mean', async () => {
      using benchmark = await importedSheet('nas-bench-macro')
      expect(benchmark.rowCount).toBe(6561)
      const means = Array.from({ length: benchmark.rowCount }, (_, row) =>
        benchmark.metric(row, 'testAccuracy', { ...place, repeat: 'mean' }, '0'),
      )
      const highest = means.reduce((one, other) => Math.max(one, other))
      // Two codes of one network share the first place.
      const best = means.flatMap((mean, row) => (highest - mean < 1e-9 ? [row] : []))
      expect(best.map((row) => benchmark.architecture(row))).toEqual(['22212202', '22212220'])
      expect(highest).toBeCloseTo(0.931267, 6)
      expect(means.reduce((sum, value) => sum + value) / means.length).toBeCloseTo(0.902466, 6)
    })

    it('has the same numbers for codes of one network', async () => {
      using benchmark = await importedSheet('nas-bench-macro')
      const known = new Map<string, readonly number[]>()
      for (let row = 0; row < benchmark.rowCount; row++) {
        const code = benchmark.architecture(row)
        expect(benchmark.find(space, code)).toBe(row)
        const canonical = space.canonical(space.parse(code))
        const repeats = benchmark.repeats(row, 'testAccuracy', place)
        expect(known.get(canonical) ?? repeats).toEqual(repeats)
        known.set(canonical, repeats)
      }
      expect(known.size).toBe(3969)
    })
  },
)
