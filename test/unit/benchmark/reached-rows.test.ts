import { describe, expect, it } from 'vitest'
import { reachedRows } from '#src/benchmark/reached-rows.ts'
import { tableObjective } from '#src/benchmark/table-objective.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { createSpace, importedSheet, sheetMissing } from '#test/fixtures/imported-benchmark.ts'
import { memoryBenchmark } from '#test/fixtures/memory-benchmark.ts'

const own = createSpace('nas-bench-macro')
/** All chains of the space, from the identity everywhere; a digit a block. */
const codes = Array.from({ length: 3 ** 8 }, (_, code) => code.toString(3).padStart(8, '0'))
const table = memoryBenchmark({
  space: own,
  architectures: codes,
  entries: { any: { 1: codes.map(() => ({ valAccuracy: [0.5] })) } },
})
const without = (space: SearchSpace): SearchSpace => {
  const { support: _, ...rest } = space
  return rest
}

describe('rows that a space reaches', () => {
  it('are all of the table for its own space', () => {
    expect(reachedRows(table, own)).toHaveLength(3 ** 8)
  })

  it('are the same by what a space draws and by walking through it', () => {
    const settings = { channels: 8 }
    const part = createSpace('nas-bench-macro', settings)
    expect(part.support).toBeDefined()
    const drawn = reachedRows(table, part)
    expect(drawn).toEqual(reachedRows(table, without(part)))
    // Chains that are the same network have one canonical form, which the table keeps one row of.
    expect(drawn).toHaveLength(3969)
  })

  it('leave out what the table lacks', () => {
    const few = memoryBenchmark({
      space: own,
      architectures: codes.slice(0, 5),
      entries: { any: { 1: codes.slice(0, 5).map(() => ({ valAccuracy: [0.5] })) } },
    })
    const part = createSpace('nas-bench-macro', { channels: 8 })
    expect(reachedRows(few, part)).toEqual(reachedRows(few, without(part)))
    expect(reachedRows(few, part)?.length).toBeGreaterThan(0)
  })

  it('are not known of a space that is too large', () => {
    const large = without({
      ...own,
      settings: {},
      count: () => ({ value: 50_001n, kind: 'exact' }),
    })
    expect(reachedRows(table, large)).toBeNull()
    const endless = without({
      ...own,
      settings: {},
      count: () => ({ value: 2n, kind: 'lower-bound' }),
    })
    expect(reachedRows(table, endless)).toBeNull()
  })
})

const missing = sheetMissing('nas-bench-101')

describe.skipIf(missing !== null)('the best of the parts of NAS-Bench-101', () => {
  // Lowest mean test error after 108 epochs, from the complete public table; S3's 0.0582264861 takes long.
  it.each([
    ['S1', 0.0579927762],
    ['S2', 0.0603298744],
  ])('NAS-Bench-1Shot1 %s is %f', { timeout: 300_000 }, async (variant, error) => {
    const space = createSpace('nas-bench-1shot1', { variant })
    using objective = tableObjective(await importedSheet('nas-bench-101'), space, {
      signal: 'test',
    })
    expect(objective.mark).toBe('test-only table')
    expect(1 - (objective.bestTestAccuracy() ?? 0)).toBeCloseTo(error, 7)
  })
})
