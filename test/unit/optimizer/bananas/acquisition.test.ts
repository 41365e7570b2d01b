import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acquisitions, type Belief, rankCandidates } from '#src/optimizer/bananas/acquisition.ts'
import { Random } from '#src/random/random.ts'
import { shareError } from '#test/fixtures/statistics.ts'

const belief = (mean: number, deviation: number, members: readonly number[] = []): Belief => {
  return { mean, deviation, members }
}

describe('acquisition', () => {
  it('orders candidates that are certain by their mean, equal ones by their place', () => {
    const certain = [7, 5, 6, 5, 9].map((mean) => belief(mean, 0, [mean, mean]))
    for (const acquisition of acquisitions) {
      // What is no better than the best has no expected improvement, and no probability of one.
      const best = acquisition === 'ei' ? 10 : 5.5
      const order = rankCandidates(certain, acquisition, best, Random.named(1))
      if (acquisition === 'pi') expect(order).toEqual([1, 3, 0, 2, 4])
      else expect(order).toEqual([1, 3, 2, 0, 4])
    }
  })

  it('draws independently: N(1, 1) comes before N(0, 1) in 0.23975 of all rounds', () => {
    const random = Random.named(1, 'its')
    const two = [belief(0, 1), belief(1, 1)]
    const rounds = 100_000
    let seconds = 0
    for (let round = 0; round < rounds; round++) {
      if (rankCandidates(two, 'its', 0, random)[0] === 1) seconds += 1
    }
    expect(shareError(seconds, rounds, 0.23975)).toBeLessThan(4.9)
  })

  it('takes half a deviation off with ucb', () => {
    expect(rankCandidates([belief(5, 0), belief(6, 1.9)], 'ucb', 0, Random.named(1))).toEqual([
      0, 1,
    ])
    expect(rankCandidates([belief(5, 0), belief(6, 2.1)], 'ucb', 0, Random.named(1))).toEqual([
      1, 0,
    ])
  })

  it('weighs an improvement by its size with ei, not with pi', () => {
    // Best 5: one improves by 0.1 for certain nearly, the other by 5 seldom.
    const two = [belief(4.9, 0.01), belief(6, 25)]
    expect(rankCandidates(two, 'pi', 5, Random.named(1))).toEqual([0, 1])
    expect(rankCandidates(two, 'ei', 5, Random.named(1))).toEqual([1, 0])
    // E max(5 - X, 0) for N(6, 5²): 5 φ(0.2) - Φ(-0.2) = 1.5345, a fifth of 25 being 5.
    const rivals = (gain: number) => [belief(5 - gain, 0), belief(6, 25)]
    expect(rankCandidates(rivals(1.54), 'ei', 5, Random.named(1))).toEqual([0, 1])
    expect(rankCandidates(rivals(1.53), 'ei', 5, Random.named(1))).toEqual([1, 0])
  })

  it('believes one net, the same for all candidates, with ts', () => {
    const two = [belief(0, 1, [1, 9, 1]), belief(0, 1, [2, 8, 0])]
    const random = Random.named(1, 'ts')
    const orders = Array.from({ length: 3000 }, () => rankCandidates(two, 'ts', 0, random)[0])
    // The first net prefers the first candidate, the other two the second.
    expect(shareError(orders.filter((first) => first === 0).length, 3000, 1 / 3)).toBeLessThan(4.9)
  })

  it('is an order of all candidates', () => {
    const any = fc.array(
      fc.record({
        mean: fc.double({ min: 0, max: 100, noNaN: true }),
        deviation: fc.double({ min: 0, max: 10, noNaN: true }),
        members: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
          minLength: 3,
          maxLength: 3,
        }),
      }),
    )
    fc.assert(
      fc.property(any, fc.constantFrom(...acquisitions), fc.nat(), (beliefs, acquisition, seed) => {
        const order = rankCandidates(beliefs, acquisition, 6, Random.named(seed))
        expect([...order].sort((a, b) => a - b)).toEqual([...beliefs.keys()])
      }),
    )
  })
})
