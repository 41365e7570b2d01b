import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { nasBench201 } from '#src/benchmark/nas-bench-201/nas-bench-201.ts'
import {
  createSpace,
  importContext,
  importedSheet,
  sheetMissing,
} from '#test/fixtures/imported-benchmark.ts'
import { readTable } from '#test/fixtures/nas-bench-201-table.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { sharedData } from '#test/fixtures/worker-environment.ts'

const space = createSpace('nas-bench-201')
const missing = sheetMissing('nas-bench-201')

describe.skipIf(missing !== null)(
  'the sheet of NAS-Bench-201 (skipped without ../shared/data)',
  () => {
    const at = (dataset: string, epochs: number) => ({ dataset, epochs, repeat: 'mean' }) as const

    it('has a row for each labelled cell, in the official order', async () => {
      using benchmark = await importedSheet('nas-bench-201')
      const table = readTable()
      expect(benchmark.rowCount).toBe(15_625)
      for (const { index, architecture, parameterCountC10, megaFlopsC10, ...row } of table) {
        expect(benchmark.find(space, architecture)).toBe(index)
        expect(benchmark.parameterCount(index, 'cifar10-valid')).toBe(parameterCountC10)
        expect(benchmark.multiplyAdds(index, 'cifar10')).toBe(Math.round(megaFlopsC10 * 1e6))
        const test = benchmark.metric(index, 'testAccuracy', at('cifar10', 200), '0')
        expect(test).toBeCloseTo(row.testAccuracyC10 / 100, 14)
      }
    })

    it('has the published best cells, by validation and test', async () => {
      using benchmark = await importedSheet('nas-bench-201')
      const best = (metric: 'valAccuracy' | 'testAccuracy', dataset: string) => {
        const values = Array.from({ length: benchmark.rowCount }, (_, row) =>
          benchmark.metric(row, metric, at(dataset, 200), '0'),
        )
        const highest = values.reduce((one, other) => Math.max(one, other), 0)
        return [values.indexOf(highest), Math.round(highest * 1e4) / 100]
      }
      expect(best('testAccuracy', 'cifar10')).toEqual([6111, 94.37])
      expect(best('testAccuracy', 'cifar100')).toEqual([9930, 73.51])
      expect(best('testAccuracy', 'ImageNet16-120')).toEqual([857, 47.31])
      expect(best('valAccuracy', 'cifar100')[1]).toBe(73.49)
      expect(best('valAccuracy', 'ImageNet16-120')[1]).toBe(46.73)
    })

    it('tells the halves of CIFAR-10 from the whole', async () => {
      using benchmark = await importedSheet('nas-bench-201')
      const look = (metric: 'valAccuracy' | 'testAccuracy' | 'trainSeconds', dataset: string) =>
        benchmark.metric(0, metric, at(dataset, 12), '0')
      expect(look('valAccuracy', 'cifar10-valid')).toBe(0.63364)
      expect(look('testAccuracy', 'cifar10')).toBe(0.6955)
      // Twelve epochs on half of the images.
      expect(look('trainSeconds', 'cifar10-valid')).toBe((12 * 14.4422) / 2)
      expect(look('trainSeconds', 'cifar10')).toBe(12 * 14.4422)
      expect(look('trainSeconds', 'ImageNet16-120')).toBe(12 * 43.8176)
      expect(() => look('valAccuracy', 'cifar10')).toThrow(
        'there it has testAccuracy, trainSeconds',
      )
      expect(() => look('testAccuracy', 'cifar10-valid')).toThrow('there it has valAccuracy')
      const testOnly = benchmark.datasets.flatMap(({ name, budgets }) =>
        budgets.some(({ isTestOnly }) => isTestOnly) ? [name] : [],
      )
      expect(testOnly).toEqual(['cifar10'])
      expect(() => benchmark.metric(0, 'valAccuracy', at('cifar10-valid', 200), '0')).toThrow(
        'on cifar10-valid it has trainings of 12 epochs',
      )
    })

    it('gives isomorphic cells their own measurements', async () => {
      using benchmark = await importedSheet('nas-bench-201')
      const cells = [
        '|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|skip_connect~1|none~2|',
        '|nor_conv_1x1~0|+|none~0|none~1|+|nor_conv_3x3~0|skip_connect~1|none~2|',
      ]
      const [one, other] = cells.map((text) => ({
        canonical: space.canonical(space.parse(text)),
        row: benchmark.find(space, text),
      }))
      expect(one?.canonical).toBe(other?.canonical)
      expect(one?.row).not.toBe(other?.row)
    })

    it('does not answer for networks of another size', async () => {
      using benchmark = await importedSheet('nas-bench-201')
      expect(benchmark.misfit(createSpace('nas-bench-201', { cellsPerStage: 1 }))).toBe(
        'its networks have cellsPerStage 5, the space has 1',
      )
    })

    const lines = () =>
      gunzipSync(readFileSync(join(sharedData('nas-bench-201') ?? '', 'nas-bench-201.csv.gz')))
        .toString()
        .trimEnd()
        .split('\n')
    const source = () => lines().slice(0, 4)

    it.each([
      [
        'without a column',
        (text: string) => text.replace('c10_test_e12', 'x'),
        /must have a column c10_test_e12, but has none/,
      ],
      [
        'with a column twice',
        (text: string) => text.replace('index', 'arch'),
        /a column arch, but has it twice/,
      ],
      [
        'with a short row',
        (text: string) => text.replace(',3.91948\n', '\n'),
        /line 2 must have 22 values, but has 21/,
      ],
      [
        'with a wrong key',
        (text: string) => text.replace(',(0)@avg', ',(0)@nor'),
        /line 2: The cell .* must have the isomorphism key \(0\)@nor/,
      ],
      [
        'with an accuracy above one',
        (text: string) => text.replace(',63.364,', ',163.364,'),
        /line 2: The valAccuracy .* must be a share from 0 to 1, but is 1.63364/,
      ],
      [
        'with no number',
        (text: string) => text.replace(',63.364,', ',nan,'),
        /line 2: The valAccuracy .* but is NaN/,
      ],
      [
        'with a number of another form',
        (text: string) => text.replace(',14.4422,', ',1e3,'),
        /trainSeconds .* but is NaN/,
      ],
      [
        'with a row twice',
        (text: string) => `${text}${text.split('\n')[1]}\n`,
        /line 5: The valAccuracy .* must be there once, but is there twice/,
      ],
      [
        'with a cell of no space',
        (text: string) => text.replaceAll('|avg_pool_3x3~0|+', '|max_pool~0|+'),
        /line 2: .*expected one of none, skip_connect/,
      ],
      [
        'with a quote left open',
        (text: string) => text.replace('0,|', '0,"|'),
        /line 2 has a quote that is not closed/,
      ],
      [
        'cut between two lines',
        (text: string) => text,
        /it must have all 15625 cells, but has 3 of them; fetch the whole file again/,
      ],
    ])('is refused %s', async (_, change, message) => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'changed.csv')
      writeFileSync(path, gzipSync(change(`${source().join('\n')}\n`)))
      await expect(nasBench201.read(path, importContext())).rejects.toThrow(message)
    })

    it('is recognized, packed or not', async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'any-name')
      writeFileSync(path, lines().join('\r\n'))
      expect(await nasBench201.recognizes(path)).toBe(true)
      // Lines that end as Windows ends them are read alike.
      expect((await nasBench201.read(path, importContext())).rowCount).toBe(15_625)
      const packed = join(sharedData('nas-bench-201') ?? '', 'nas-bench-201.csv.gz')
      expect(await nasBench201.recognizes(packed)).toBe(true)
      expect(await nasBench201.recognizes(folder.path)).toBe(false)
    })
  },
)
