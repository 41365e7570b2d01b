/** REINFORCE on the real tables; the full numbers are in docs/optimizers/reinforce.md. */
import { describe, expect, it } from 'vitest'
import { ReinforceSettings, reinforce } from '#src/optimizer/reinforce.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { readAccuracies } from '#test/fixtures/nas-bench-101-accuracy.ts'
import { tableMissing as tableMissing101 } from '#test/fixtures/nas-bench-101-table.ts'
import { readTable, tableMissing } from '#test/fixtures/nas-bench-201-table.ts'
import { yardstickMisses } from '#test/fixtures/yardstick.ts'

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-201 (${tableMissing ?? 'table present'})`,
  () => {
    const space = nasBench201({ cellsPerStage: 5, channels: 16 })
    const settings = ReinforceSettings.parse({ updateRule: 'adam', learningRate: 0.01 })
    it.each([
      {
        column: 'testAccuracyC10',
        rows: [
          [50, 93.7, 0.3],
          [100, 93.87, 0.24],
          [150, 93.96, 0.21],
          [200, 94.02, 0.19],
          [500, 94.26, 0.12],
        ],
      },
      {
        column: 'testAccuracyC100',
        rows: [
          [50, 71.17, 0.83],
          [100, 71.65, 0.77],
          [150, 72.01, 0.73],
          [200, 72.21, 0.68],
          [500, 73.04, 0.4],
        ],
      },
    ] as const)('with Adam it agrees with the yardstick of $column', ({ column, rows }) => {
      const table = new Map(readTable().map((row) => [row.architecture, row[column] / 100]))
      const misses = yardstickMisses({
        optimizer: reinforce(space, settings),
        name: column,
        searches: 100,
        accuracy: (architecture) => table.get(architecture) ?? Number.NaN,
        rows,
        isError: false,
        referenceTrials: 300,
        unit: 0.01,
      })
      expect(Math.max(...misses)).toBeLessThan(1)
    })
  },
)

describe.skipIf(tableMissing101 !== null)(
  `on NAS-Bench-101 (${tableMissing101 ?? 'table present'})`,
  () => {
    it('with plain ascent it agrees with the yardstick', () => {
      const space = nasBench101(NasBench101Settings.parse({}))
      const accuracyOf = readAccuracies()
      const misses = yardstickMisses({
        optimizer: reinforce(space, ReinforceSettings.parse({})),
        name: 'nas-bench-101',
        searches: 60,
        accuracy: (architecture) => accuracyOf(space.canonical(space.parse(architecture))),
        rows: [
          [50, 6.447, 0.168],
          [100, 6.349, 0.159],
          [150, 6.303, 0.166],
          [300, 6.206, 0.165],
          [500, 6.129, 0.167],
        ],
        isError: true,
        referenceTrials: 300,
        unit: 0.001,
      })
      expect(Math.max(...misses)).toBeLessThan(1)
    })
  },
)
