import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import {
  elite,
  NeuroevolutionSettings,
  neuroevolution,
  rouletteWheel,
  selectionWeights,
} from '#src/optimizer/neuroevolution.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { observe } from '#test/fixtures/observe.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { chiSquare, chiSquareLimit, chiSquareUniform } from '#test/fixtures/statistics.ts'

const chains: SearchSpace = chain(ChainSettings.parse({}))
const worth = (architecture: string) => Random.named('worth', architecture).uniform()

function play(settings: unknown, trials: number, window = 1) {
  return playSearch({
    optimizer: neuroevolution(chains, NeuroevolutionSettings.parse(settings)),
    seed: 4,
    trials,
    window,
    accuracy: worth,
  })
}

/** How often each of a population becomes the parent of a child. */
function parentCounts(accuracies: readonly (number | null)[], asks: number): number[] {
  const size = accuracies.length
  const optimizer = neuroevolution(
    chains,
    NeuroevolutionSettings.parse({ populationSize: size, eliteCount: 0 }),
  )
  const history = growingHistory()
  for (const [trial, accuracy] of accuracies.entries()) {
    const text = chains.format(chains.sample(Random.named('member', trial)))
    history.append(observe(trial, text, accuracy ?? 'diverged'))
  }
  const counts: number[] = Array(size).fill(0)
  for (let ask = 0; ask < asks; ask++) {
    const context = {
      trial: size,
      random: Random.named(3, 'ask', ask),
      history,
      pending: [],
      fullFidelity: { epochs: 1 },
    }
    const [{ parent = Number.NaN }] = optimizer.ask(optimizer.init(), context)
    counts[parent] = (counts[parent] ?? Number.NaN) + 1
  }
  return counts
}

describe('settings', () => {
  it('have defaults, and leave room for children', () => {
    expect(NeuroevolutionSettings.parse({})).toEqual({
      populationSize: 30,
      eliteCount: 1,
      start: 'random',
    })
    const result = NeuroevolutionSettings.safeParse({ populationSize: 5, eliteCount: 5 })
    expect(result.error?.issues[0]?.path).toEqual(['eliteCount'])
  })
})

describe('the roulette wheel', () => {
  it('stops where the cumulative share says', () => {
    const weights = [0.5, 0.3, 0.2]
    expect([0, 0.49, 0.51, 0.81, 0.999].map((share) => rouletteWheel(weights, share))).toEqual([
      0, 0, 1, 2, 2,
    ])
    expect(rouletteWheel([0, 0.4, 0, 0.6, 0], 0)).toBe(1)
    expect(rouletteWheel([0, 0.4, 0, 0.6, 0], 1 - 2 ** -53)).toBe(3)
    expect(rouletteWheel([0, 0], 0.5)).toBe(null)
  })

  it('draws in proportion to accuracy, and a failed trial never', () => {
    const asks = 8000
    const counts = parentCounts([0.5, null, 0.3, 0.2], asks)
    expect(counts[1]).toBe(0)
    const drawn = [counts[0], counts[2], counts[3]].map((count) => count ?? Number.NaN)
    expect(chiSquare(drawn, [0.5 * asks, 0.3 * asks, 0.2 * asks])).toBeLessThan(chiSquareLimit(2))
  })

  it('is uniform among equals, and never draws an accuracy of zero', () => {
    expect(chiSquareUniform(parentCounts([0.7, 0.7, 0.7, 0.7], 6000))).toBeLessThan(
      chiSquareLimit(3),
    )
    expect(parentCounts([0.7, 0, 0.7], 500)[1]).toBe(0)
  })

  it('shifts accuracies below zero just above it, all alike', () => {
    expect(selectionWeights([0.2, null, 0.8])).toEqual([0.2, 0, 0.8])
    const [lowest = 0, failed, middle = 0, highest = 0] = selectionWeights([-1, null, 0, 3])
    expect(failed).toBe(0)
    expect(lowest).toBeCloseTo(4e-6, 12)
    expect(middle - lowest).toBeCloseTo(1)
    expect(highest - lowest).toBeCloseTo(4)
    expect(selectionWeights([-2, -2]).every((weight) => weight > 0)).toBe(true)
    expect(selectionWeights([null, null])).toEqual([0, 0])
  })
})

describe('generations', () => {
  it('are drawn from the population before: its elite and its children', () => {
    const [populationSize, eliteCount] = [6, 2]
    const played = play({ populationSize, eliteCount }, 6 + 4 * 8)
    const observations = played.map(({ observation }) => observation)
    let population = observations.slice(0, 6)
    for (let generation = 1; generation <= 8; generation++) {
      const from = 6 + 4 * (generation - 1)
      const members = new Set(population.map(({ trial }) => trial))
      const best = Math.max(...population.map(({ valAccuracy }) => valAccuracy ?? 0))
      for (const { proposal } of played.slice(from, from + 4)) {
        expect(proposal.origin).toBe('mutation')
        expect(members).toContain(proposal.parent)
        const parent = played[proposal.parent ?? -1]?.proposal.architecture ?? ''
        const around = [...chains.neighbours(chains.parse(parent))].map((other) =>
          chains.format(other),
        )
        expect(around).toContain(proposal.architecture)
      }
      population = [...elite(population, eliteCount), ...observations.slice(from, from + 4)]
      expect(population).toHaveLength(populationSize)
      const now = Math.max(...population.map(({ valAccuracy }) => valAccuracy ?? 0))
      expect(now, 'the best never gets worse').toBeGreaterThanOrEqual(best)
    }
  })

  it.each([2, 4, 6])('see no generation that is not told in full, window %i', (window) => {
    const played = play({ populationSize: 6, eliteCount: 2 }, 60, window)
    for (const [trial, { proposal }] of played.entries()) {
      const told = Math.max(0, trial - window + 1)
      const completeTrials = told < 6 ? 0 : 6 + 4 * Math.floor((told - 6) / 4)
      if (completeTrials === 0) expect(proposal.origin).toBe('random')
      else expect(proposal.parent).toBeLessThan(completeTrials)
    }
  })

  it('go on with random networks while everything fails', () => {
    const played = playSearch({
      optimizer: neuroevolution(chains, NeuroevolutionSettings.parse({ populationSize: 3 })),
      seed: 1,
      trials: 12,
      accuracy: () => null,
    })
    expect(played.map(({ proposal }) => proposal.origin)).toEqual([
      ...Array(3).fill('random'),
      ...Array(9).fill('fallback'),
    ])
  })
})

describe('elite', () => {
  it('is the best, of equals the earliest, failures last', () => {
    const results = [0.5, 'failed', 0.7, 0.7, 0.1] as const
    const members = results.map((result, trial) => observe(trial, 'a', result))
    const order = elite(members, 5).map(({ trial }) => trial)
    expect(order).toEqual([2, 3, 0, 4, 1])
    expect(elite(members, 2)).toHaveLength(2)
  })
})

describe('the start', () => {
  it('can be at the smallest networks, and grows from there', () => {
    const played = play({ populationSize: 10, start: 'smallest' }, 200)
    const depths = played.map(({ proposal }) => proposal.architecture.split('|').length)
    expect(played.slice(0, 10).map(({ proposal }) => proposal.origin)).toEqual(
      Array(10).fill('smallest'),
    )
    expect(new Set(depths.slice(0, 10))).toEqual(new Set([1]))
    expect(Math.max(...depths)).toBeGreaterThan(3)
  })

  it('is refused there where a space has no smallest', () => {
    const cells = nasBench201({ cellsPerStage: 1, channels: 4 })
    const settings = NeuroevolutionSettings.parse({ start: 'smallest' })
    expect(() => neuroevolution(cells, settings)).toThrow(/nas-bench-201 .* set start to random/)
  })
})
