/**
 * Fewer searches than `bench/yardsticks.ts` runs, against the same rows. The checkpoints beyond 500
 * queries are left to it.
 */
import { describe, it } from 'vitest'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { evolutionYardsticks } from '#test/fixtures/evolution-yardsticks.ts'
import { tableMissing as missing101 } from '#test/fixtures/nas-bench-101-table.ts'
import { tableMissing as missing201 } from '#test/fixtures/nas-bench-201-table.ts'
import { expectYardstick } from '#test/fixtures/yardsticks.ts'

const missing = missing101 ?? missing201

describe.skipIf(missing !== null)(`on real tables (${missing ?? 'tables present'})`, () => {
  it.each(evolutionYardsticks)(
    '$name meets its yardstick on $yardstick.table',
    ({ optimizer, settings, space, yardstick }) => {
      const entry = optimizerCatalog.find(({ name }) => name === optimizer)
      const spaceEntry = spaceCatalog.find(({ name }) => name === space.name)
      if (!entry || !spaceEntry) throw new Error(`No ${optimizer} or ${space.name}`)
      const made = spaceEntry.create(spaceEntry.settings.parse(space.settings))
      const make = () => entry.create(made, entry.settings.parse(settings))
      expectYardstick(make, made, yardstick, { searches: 40, upTo: 500 })
    },
  )
})
