import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellName } from '#src/study/cells.ts'
import { scheduleCells } from '#src/study/schedule.ts'
import type { CellKey } from '#src/study/study.ts'

function keysOf(counts: Readonly<Record<string, number>>): CellKey[] {
  return Object.entries(counts).flatMap(([method, count]) =>
    Array.from({ length: count }, (_, seed) => ({ method, benchmark: 'b', seed: String(seed) })),
  )
}

describe('the order of cells', () => {
  it('hands each out once, in bundles of one method and benchmark, whatever they take', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 40 })),
        fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (counts, durations) => {
          const keys = keysOf(counts)
          const schedule = scheduleCells(keys)
          const names: string[] = []
          let turn = 0
          for (let taken = schedule.next(); taken !== null; taken = schedule.next()) {
            expect(new Set(taken.map(({ method }) => method)).size).toBe(1)
            names.push(...taken.map(cellName))
            schedule.took(taken, durations[turn++ % durations.length] ?? 0)
            expect(schedule.finished).toBe(names.length)
          }
          expect(names.toSorted()).toEqual(keys.map(cellName).toSorted())
          expect(schedule.secondsLeft() ?? 0).toBe(0)
        },
      ),
      { numRuns: 100, seed: 6 },
    )
  })

  it('tries one of each first, then takes the longest, the quick ones in bundles', () => {
    const schedule = scheduleCells(keysOf({ quick: 50, slow: 3 }))
    const first = schedule.next() ?? []
    const second = schedule.next() ?? []
    expect([...first, ...second].map(({ method }) => method)).toEqual(['quick', 'slow'])
    expect(schedule.secondsLeft()).toBeNull()
    schedule.took(first, 0.01)
    schedule.took(second, 30)
    expect(schedule.secondsLeft()).toBeCloseTo(2 * 30 + 49 * 0.01, 9)
    expect(schedule.next()).toHaveLength(1)
    expect(schedule.next()?.map(({ method }) => method)).toEqual(['slow'])
    const bundle = schedule.next() ?? []
    expect(bundle[0]?.method).toBe('quick')
    expect(bundle.length).toBeGreaterThan(10)
    expect(schedule.handedOut).toBe(4 + bundle.length)
  })
})
