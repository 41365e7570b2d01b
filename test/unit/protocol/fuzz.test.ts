import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import { decodeAny, FuzzedPool } from '#test/fixtures/fuzzed-pool.ts'
import { mutate, seedsOf } from '#test/fixtures/mutated-messages.ts'

const mutation = fc.record({ kind: fc.nat(), place: fc.nat(), value: fc.nat() })
const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 })

test.each(['from-worker', 'to-worker'] as const)(
  'a mutated message %s is understood or refused in words, and nothing else happens',
  (direction) => {
    const seeds = seedsOf(direction)
    const pool = new FuzzedPool()
    let refused = 0
    fc.assert(
      fc.property(fc.constantFrom(...seeds), mutations, fc.nat(), (seed, changes, sender) => {
        const found = decodeAny(mutate(seed, changes), direction)
        if (found instanceof ArchloomError) refused++
        if (found !== null && direction === 'from-worker') pool.take(found, sender)
      }),
      { numRuns: 10_000, seed: 1 },
    )
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    // Most are refused, and some still mean something: both ways are tried.
    expect(refused).toBeGreaterThan(5000)
    expect(refused).toBeLessThan(9800)
  },
  60_000,
)
