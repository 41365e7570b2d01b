import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { anytimeScores, logArea } from '#src/study/analysis/anytime.ts'
import { resamplingSource } from '#src/study/analysis/curves.ts'
import { curveOf, syntheticCell } from '#test/fixtures/synthetic-study.ts'

const measure = { metric: 'valAccuracy', optimum: 1, isOptimumKnown: true } as const
const resamplingOf = resamplingSource(Random.named(0, 'test'))

function group(method: string, seeds: readonly number[], speed: number) {
  const cells = seeds.map((seed) =>
    syntheticCell({ method, benchmark: 'b', seed: String(seed) }, speed, 64),
  )
  return { benchmark: 'b', method, cells }
}

describe('the area under regret', () => {
  // Regret 0.5 on trials 1 to 4, 0.2 from 4 on.
  const curve = curveOf({ trials: [0, 3], values: [0.5, 0.8] })

  it('is exact for steps', () => {
    const area = logArea(curve, 'trials', { measure, from: 1, to: 16 })
    expect(area).toBeCloseTo(0.5 * Math.log(4) + 0.2 * Math.log(4), 12)
  })

  it('adds up over parts of the axis', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 100, noNaN: true }), (middle) => {
        const area = (from: number, to: number) => logArea(curve, 'trials', { measure, from, to })
        expect(area(1, middle) + area(middle, 100)).toBeCloseTo(area(1, 100), 10)
      }),
    )
  })
})

describe('anytime scores', () => {
  it('are 1 for random search, exactly, and less for what is better all along', () => {
    const seeds = Array.from({ length: 10 }, (_, index) => index)
    const found = anytimeScores([group('random', seeds, 1), group('fast', seeds, 9)], 'trials', {
      control: 'random',
      measure,
      resamplingOf,
    })
    const [random, fast] = found?.scores ?? []
    expect(random).toMatchObject({ method: 'random', pairCount: 10, ratio: 1, low: 1, high: 1 })
    expect(fast?.ratio).toBeLessThan(0.9)
    expect(fast?.low).toBeLessThan(fast?.ratio ?? 0)
    expect(fast?.high).toBeGreaterThan(fast?.ratio ?? 1)
    expect([found?.from, found?.to]).toEqual([1, 64])
  })

  it('take seeds that both have', () => {
    const found = anytimeScores(
      [group('random', [0, 1, 2, 3], 1), group('fast', [2, 3, 7], 9)],
      'seconds',
      {
        control: 'random',
        measure,
        resamplingOf,
      },
    )
    expect(found?.scores[1]?.pairCount).toBe(2)
  })

  it('are none without random search', () => {
    const context = { control: 'random', measure, resamplingOf }
    expect(anytimeScores([group('fast', [0], 9)], 'trials', context)).toBeNull()
    expect(anytimeScores([], 'trials', context)).toBeNull()
  })
})
