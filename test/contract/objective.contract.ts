/** What every objective must do; `objective.test.ts` runs it over the evaluators that offer one. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Objective } from '#src/benchmark/objective.ts'
import { contentHash } from '#src/encoding/hash.ts'
import { canonicalJson } from '#src/encoding/json.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { EvaluationResult } from '#src/trial/record.ts'

export interface ObjectiveContract {
  readonly name: string
  readonly space: SearchSpace
  readonly open: () => Promise<Objective>
  /** Why the data are not here; null where they are. */
  readonly missing: string | null
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const runs = { numRuns: 25, seed: 20_261_124 }

export function objectiveContract({ name, space, open, missing }: ObjectiveContract): void {
  const sampled = seeds.map((seed) => space.format(space.sample(Random.named(seed, 'sample'))))

  describe.skipIf(missing !== null)(name, () => {
    it('measures the same of the same architecture, epochs and seed, whoever opened it', async () => {
      using first = await open()
      using second = await open()
      fc.assert(
        fc.property(sampled, fc.constantFrom(...first.budgets), seeds, (text, epochs, seed) => {
          const result = first.measure(text, { epochs }, String(seed))
          expect(first.measure(text, { epochs }, String(seed))).toEqual(result)
          expect(second.measure(text, { epochs }, String(seed))).toEqual(result)
        }),
        runs,
      )
    })

    it('tells what a trial may be told, and nothing of the test', async () => {
      using objective = await open()
      fc.assert(
        fc.property(sampled, fc.constantFrom(...objective.budgets), seeds, (text, epochs, seed) => {
          const result = objective.measure(text, { epochs }, String(seed))
          // The schema is strict: there is no place for a test metric.
          expect(EvaluationResult.parse(result)).toEqual(result)
          expect(JSON.parse(JSON.stringify(result))).toEqual(result)
          expect(result.fingerprint).toBe(objective.contentHash)
          expect(result.cost.epochs).toBe(epochs)
          expect(result.cost.seconds > 0).toBe(objective.hasSeconds)
        }),
        runs,
      )
    })

    it('knows its budgets: rising, up to the full one, and no others', async () => {
      using objective = await open()
      const { budgets, fullFidelity } = objective
      expect(budgets).toEqual([...new Set(budgets)].toSorted((first, second) => first - second))
      expect(budgets.at(-1)).toBe(fullFidelity.epochs)
      const text = space.format(space.sample(Random.named(1, 'sample')))
      const last = budgets.at(-1) ?? 0
      for (const epochs of [0, last + 1, -1, 0.5]) {
        expect(() => objective.measure(text, { epochs }, '0'), String(epochs)).toThrow(
          expect.objectContaining({ code: 'benchmark/no-metric' }),
        )
      }
    })

    it('says what it is: a line, a fingerprint that survives JSON, its hash', async () => {
      using objective = await open()
      expect(objective.description).not.toContain('\n')
      expect(JSON.parse(canonicalJson(objective.fingerprint))).toEqual(objective.fingerprint)
      expect(contentHash(objective.fingerprint)).toBe(objective.contentHash)
      expect(objective.isTestOnly).toBe(objective.mark === 'test-only table')
    })

    it('has a test of every architecture exactly where it says so', async () => {
      using objective = await open()
      for (let seed = 0; seed < 10; seed++) {
        const text = space.format(space.sample(Random.named(seed, 'sample')))
        if (objective.hasTest) {
          const share = objective.testAccuracy(text)
          expect(share).toBeGreaterThanOrEqual(0)
          expect(share).toBeLessThanOrEqual(1)
          expect(share).toBeLessThanOrEqual(objective.bestTestAccuracy() ?? 1)
        } else {
          expect(() => objective.testAccuracy(text)).toThrow(
            expect.objectContaining({ code: 'benchmark/no-metric' }),
          )
          expect(objective.bestTestAccuracy()).toBeNull()
        }
      }
    })

    it('refuses a text that is none of the space, as the space does', async () => {
      using objective = await open()
      expect(() => objective.measure('?', objective.fullFidelity, '0')).toThrow(
        expect.objectContaining({ code: 'space/invalid-architecture' }),
      )
    })
  })
}
