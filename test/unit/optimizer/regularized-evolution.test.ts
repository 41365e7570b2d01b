import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import {
  RegularizedEvolutionSettings,
  type RegularizedEvolutionState,
  regularizedEvolution,
} from '#src/optimizer/regularized-evolution.ts'
import { Random } from '#src/random/random.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { observe } from '#test/fixtures/observe.ts'
import { type PlayedTrial, playSearch } from '#test/fixtures/play-search.ts'
import { mean, shareError } from '#test/fixtures/statistics.ts'

const space = nasBench201({ cellsPerStage: 1, channels: 4 })
const make = (settings: unknown) =>
  regularizedEvolution(space, RegularizedEvolutionSettings.parse(settings))

function play(
  settings: unknown,
  trials: number,
  options: { window?: number; failing?: number } = {},
) {
  const { window = 1, failing = 0 } = options
  return playSearch({
    optimizer: make(settings),
    seed: 9,
    trials,
    window,
    accuracy: (architecture, trial) =>
      Random.named('fails', trial).bernoulli(failing)
        ? null
        : Random.named('worth', architecture).uniform(),
  })
}

const populations = (played: readonly PlayedTrial[]) =>
  played.map(({ state }) => (state as RegularizedEvolutionState).population)

interface Selection {
  readonly populationSize: number
  readonly sampleSize: number
  readonly replacement?: boolean
}

/**
 * Asks for many children of one population of which individual i has accuracy i / size.
 * Hands back how often each became the parent.
 */
function parentCounts(settings: Selection, asks: number): number[] {
  const optimizer = make(settings)
  const history = growingHistory()
  let state = optimizer.init()
  const random = Random.named(1, 'architectures')
  const order = Random.named(2, 'order').shuffle([...Array(settings.populationSize).keys()])
  for (const [trial, rank] of order.entries()) {
    const text = space.format(space.sample(random))
    const observation = observe(trial, text, rank / settings.populationSize)
    history.append(observation)
    state = optimizer.tell(state, observation, history)
  }
  const counts: number[] = Array(settings.populationSize).fill(0)
  for (let ask = 0; ask < asks; ask++) {
    const context = {
      trial: settings.populationSize,
      random: Random.named(3, 'ask', ask),
      history,
      pending: [],
      fullFidelity: { epochs: 1 },
    }
    const [{ parent = Number.NaN }] = optimizer.ask(state, context)
    const rank = order[parent] ?? Number.NaN
    counts[rank] = (counts[rank] ?? Number.NaN) + 1
  }
  return counts
}

describe('settings', () => {
  it('default to the published ones', () => {
    expect(RegularizedEvolutionSettings.parse({})).toEqual({
      populationSize: 100,
      sampleSize: 25,
      replacement: true,
      removal: 'oldest',
    })
  })

  it('refuse to draw more than there are without replacement', () => {
    const settings = { populationSize: 5, sampleSize: 6 }
    expect(RegularizedEvolutionSettings.safeParse(settings).success).toBe(true)
    const result = RegularizedEvolutionSettings.safeParse({ ...settings, replacement: false })
    expect(result.error?.issues).toMatchObject([
      {
        path: ['sampleSize'],
        message: 'must not exceed populationSize when drawing without replacement',
      },
    ])
  })
})

describe('the start', () => {
  it('is as many random trials as the population has places, then mutations of told trials', () => {
    const played = play({ populationSize: 10, sampleSize: 3 }, 40)
    for (const [trial, { proposal }] of played.entries()) {
      if (trial < 10) {
        expect(proposal).toMatchObject({ origin: 'random' })
        expect(proposal.parent).toBeUndefined()
        const sample = space.sample(Random.named(9, 'ask', trial))
        expect(proposal.architecture).toBe(space.format(sample))
        continue
      }
      expect(proposal.origin).toBe('mutation')
      const parent = played[proposal.parent ?? -1]?.proposal.architecture ?? ''
      const neighbours = [...space.neighbours(space.parse(parent))].map(space.format)
      expect(neighbours).toContain(proposal.architecture)
    }
  })

  it.each([1, 2, 5, 10])(
    'has as many random trials when trials overlap by a window of %i',
    (window) => {
      const played = play({ populationSize: 10, sampleSize: 3 }, 40, { window })
      const random = played.filter(({ proposal }) => proposal.origin === 'random')
      expect(random).toHaveLength(10)
      for (const [trial, { proposal }] of played.entries()) {
        if (proposal.parent !== undefined)
          expect(proposal.parent).toBeLessThanOrEqual(trial - window)
      }
    },
  )

  it('stays random until something is told when the window exceeds the population', () => {
    const played = play({ populationSize: 3, sampleSize: 2 }, 20, { window: 8 })
    expect(played.map(({ proposal }) => proposal.origin)).toEqual([
      ...Array(8).fill('random'),
      ...Array(12).fill('mutation'),
    ])
  })
})

describe('the tournament', () => {
  // False-alarm rate of each check: below one in a million (4.9 standard errors, two-sided).
  it.each([
    [100, 25, 0.222179],
    [100, 10, 0.095618],
    [50, 10, 0.182927],
    [10, 3, 0.271],
  ])(
    'of %i and %i with replacement makes the best the parent as often as reckoned',
    (populationSize, sampleSize, share) => {
      expect(1 - (1 - 1 / populationSize) ** sampleSize).toBeCloseTo(share, 6)
      const asks = 8000
      const counts = parentCounts({ populationSize, sampleSize }, asks)
      expect(shareError(counts.at(-1) ?? 0, asks, share)).toBeLessThan(4.9)
    },
  )

  it.each([
    [100, 25, 3.884615],
    [10, 3, 2.75],
  ])(
    'of %i and %i without replacement gives the winner its rank',
    (populationSize, sampleSize, rank) => {
      expect((populationSize + 1) / (sampleSize + 1)).toBeCloseTo(rank, 6)
      const asks = 8000
      const settings = { populationSize, sampleSize, replacement: false }
      const counts = parentCounts(settings, asks)
      expect(shareError(counts.at(-1) ?? 0, asks, sampleSize / populationSize)).toBeLessThan(4.9)
      const ranks = counts.flatMap((count, index) =>
        Array<number>(count).fill(populationSize - index),
      )
      // Variance of the least of S distinct ranks of P: (P + 1)(P - S) S / ((S + 1)^2 (S + 2)).
      const variance =
        ((populationSize + 1) * (populationSize - sampleSize) * sampleSize) /
        ((sampleSize + 1) ** 2 * (sampleSize + 2))
      expect(Math.abs(mean(ranks) - rank) / Math.sqrt(variance / asks)).toBeLessThan(4.9)
    },
  )

  it('of one is no selection, of all without replacement always takes the best', () => {
    const drift = parentCounts({ populationSize: 10, sampleSize: 1 }, 4000)
    for (const count of drift) expect(shareError(count, 4000, 0.1)).toBeLessThan(4.9)
    const all = { populationSize: 10, sampleSize: 10, replacement: false }
    expect(parentCounts(all, 200)).toEqual([...Array(9).fill(0), 200])
  })
})

describe('ageing', () => {
  it('lets everybody live for exactly as many births as there are places', () => {
    const played = play({ populationSize: 7, sampleSize: 3 }, 60, { failing: 0.2 })
    const alive = populations(played)
    for (let trial = 0; trial < 40; trial++) {
      const seen = alive.flatMap((population, ask) => (population.includes(trial) ? [ask] : []))
      // Born by the telling before ask trial + 1, gone by the seventh telling after that.
      expect(seen).toEqual(Array.from({ length: 7 }, (_, index) => trial + 1 + index))
    }
  })

  it('keeps the population full after every birth', () => {
    for (const removal of ['oldest', 'worst']) {
      const sizes = populations(play({ populationSize: 7, sampleSize: 3, removal }, 40))
      expect(sizes.map(({ length }) => length)).toEqual(
        Array.from({ length: 40 }, (_, told) => Math.min(told, 7)),
      )
    }
  })

  it('is replaced in the control by removing the worst, the oldest of equals', () => {
    const optimizer = make({ populationSize: 3, sampleSize: 1, removal: 'worst' })
    const history = growingHistory()
    let state = optimizer.init()
    const text = space.format(space.sample(Random.named(0)))
    const tell = (result: number | 'failed') => {
      const observation = observe(history.length, text, result)
      history.append(observation)
      state = optimizer.tell(state, observation, history)
      return state.population
    }
    expect([tell(0.5), tell(0.2), tell(0.9)].at(-1)).toEqual([0, 1, 2])
    expect(tell(0.6)).toEqual([0, 2, 3])
    expect(tell(0.1), 'the child itself').toEqual([0, 2, 3])
    expect(tell('failed'), 'a failed child').toEqual([0, 2, 3])
    expect(tell(0.5), 'the older of two equals').toEqual([2, 3, 6])
    expect(tell(1)).toEqual([2, 3, 7])
  })
})

describe('failed trials', () => {
  it('are born, age and die, and become parents only among themselves', () => {
    const played = play({ populationSize: 6, sampleSize: 6, replacement: false }, 200, {
      failing: 0.5,
    })
    for (const [trial, { proposal }] of played.entries()) {
      if (proposal.parent === undefined) continue
      const living = played.slice(trial - 6, trial)
      const isParentFailed = played[proposal.parent]?.observation.valAccuracy === null
      const areAllFailed = living.every(({ observation }) => observation.valAccuracy === null)
      expect(isParentFailed).toBe(areAllFailed)
    }
  })

  it('count below an accuracy of zero', () => {
    const optimizer = make({ populationSize: 2, sampleSize: 2, replacement: false })
    const history = growingHistory()
    const text = space.format(space.sample(Random.named(0)))
    let state = optimizer.init()
    for (const [trial, result] of (['diverged', 0] as const).entries()) {
      history.append(observe(trial, text, result))
      state = optimizer.tell(state, history.at(trial), history)
    }
    for (let ask = 0; ask < 20; ask++) {
      const fullFidelity = { epochs: 1 }
      const context = { trial: 2, random: Random.named(ask), history, pending: [], fullFidelity }
      expect(optimizer.ask(state, context)[0].parent).toBe(1)
    }
  })
})
