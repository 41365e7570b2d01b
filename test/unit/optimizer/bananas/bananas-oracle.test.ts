/** BANANAS on the real table; the full numbers are in docs/optimizers/bananas.md. */
import { describe, expect, it } from 'vitest'
import { bananas } from '#src/optimizer/bananas/bananas.ts'
import { BananasSettings } from '#src/optimizer/bananas/settings.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { readAccuracies } from '#test/fixtures/nas-bench-101-accuracy.ts'
import { tableMissing } from '#test/fixtures/nas-bench-101-table.ts'
import { yardstickMisses } from '#test/fixtures/yardstick.ts'

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-101 (${tableMissing ?? 'table present'})`,
  () => {
    const space = nasBench101(NasBench101Settings.parse({ mutation: 'naszilla' }))
    const accuracyOf = tableMissing === null ? readAccuracies() : () => Number.NaN
    it.each([
      {
        acquisition: 'random',
        searches: 40,
        referenceTrials: 200,
        rows: [
          [50, 6.245, 0.207],
          [100, 6.061, 0.198],
          [150, 5.988, 0.188],
        ],
      },
      {
        acquisition: 'its',
        searches: 4,
        referenceTrials: 100,
        rows: [
          [50, 6.081, 0.21],
          [100, 5.908, 0.136],
          [150, 5.867, 0.125],
        ],
      },
    ] as const)(
      'with $acquisition it agrees with the yardstick',
      (row) => {
        const settings = BananasSettings.parse({ acquisition: row.acquisition })
        const misses = yardstickMisses({
          ...row,
          optimizer: bananas(space as SearchSpace, settings) as Optimizer,
          name: row.acquisition,
          accuracy: (architecture) => accuracyOf(space.canonical(space.parse(architecture))),
          isError: true,
          unit: 0.001,
        })
        expect(Math.max(...misses)).toBeLessThan(1)
        // About 5 s alone; more where others share the machine.
      },
      120_000,
    )
  },
)
