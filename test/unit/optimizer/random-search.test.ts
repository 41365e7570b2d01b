import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import { RandomSearchSettings, randomSearch } from '#src/optimizer/random-search.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { History } from '#src/trial/observation.ts'
import { observe } from '#test/fixtures/observe.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { mean, shareError } from '#test/fixtures/statistics.ts'

const cells = nasBench201({ cellsPerStage: 1, channels: 4 })

/** Twelve chains: three pools, depths 1 and 2. */
const twelve = chain(
  ChainSettings.parse({ maxDepth: 2, conv: null, pool: { modes: ['max'], kernels: [2, 3, 4] } }),
)

function play(space: typeof cells | typeof twelve, settings: unknown, trials: number, window = 1) {
  return playSearch({
    optimizer: randomSearch(space, RandomSearchSettings.parse(settings)),
    seed: 5,
    trials,
    window,
    accuracy: () => 0.5,
  }).map(({ proposal }) => proposal)
}

describe('random search', () => {
  it('proposes exactly what the space samples from each stream', () => {
    for (const [trial, proposal] of play(cells, {}, 20).entries()) {
      const sample = cells.sample(Random.named(5, 'ask', trial))
      expect(proposal).toEqual({
        architecture: cells.format(sample),
        fidelity: { epochs: 1 },
        origin: 'random',
      })
    }
  })

  it('does not depend on what it is told', () => {
    expect(play(cells, {}, 30, 7)).toEqual(play(cells, {}, 30))
  })

  it('repeats itself as chance has it', () => {
    // Of 24 draws among 12, about 12 * (1 - (11/12)^24) = 10.5 are distinct.
    expect(new Set(play(twelve, {}, 24).map(({ architecture }) => architecture)).size).toBeLessThan(
      12,
    )
  })

  it('finds the best quantile that n draws promise', () => {
    // Best of 60: at least one in the top 5% with probability 0.953930; expected quantile 60/61.
    const searches = 400
    const best = Array.from({ length: searches }, (_, seed) => {
      const played = playSearch({
        optimizer: randomSearch(cells, RandomSearchSettings.parse({})),
        seed: `quantile ${seed}`,
        trials: 60,
        accuracy: (architecture) => Random.named('quantile', architecture).uniform(),
      })
      return Math.max(...played.map(({ observation }) => observation.valAccuracy ?? 0))
    })
    const inTop = best.filter((value) => value >= 0.95).length
    // False-alarm rate of each: below one in a million (4.9 standard errors, two-sided).
    expect(shareError(inTop, searches, 0.95393)).toBeLessThan(4.9)
    const spread = Math.sqrt(60 / (61 ** 2 * 62) / searches)
    expect(Math.abs(mean(best) - 60 / 61)).toBeLessThan(4.9 * spread)
  })
})

describe('random search with unique', () => {
  it.each([1, 3, 12])('proposes each of twelve once before any twice, window %i', (window) => {
    const proposals = play(twelve, { unique: true }, 12, window)
    expect(new Set(proposals.map(({ architecture }) => architecture)).size).toBe(12)
    expect(proposals.every(({ origin }) => origin === 'random')).toBe(true)
  })

  it('repeats itself, and says so, once the space is used up', () => {
    const proposals = play(twelve, { unique: true, maxDraws: 500 }, 15)
    expect(proposals.slice(12).map(({ origin }) => origin)).toEqual(Array(3).fill('random-repeat'))
  })

  it('counts isomorphic architectures as one', () => {
    const proposals = play(cells, { unique: true }, 3000)
    const keys = proposals.map(({ architecture }) => cells.canonical(cells.parse(architecture)))
    expect(new Set(keys).size).toBe(3000)
    const plain = play(cells, {}, 3000)
    const plainKeys = plain.map(({ architecture }) => cells.canonical(cells.parse(architecture)))
    expect(new Set(plainKeys).size).toBeLessThan(3000)
  })

  it('looks at each observation once, however often it is asked', () => {
    const optimizer = randomSearch(cells, RandomSearchSettings.parse({ unique: true }))
    const growing = growingHistory()
    let lookCount = 0
    const history: History = {
      get length() {
        return growing.length
      },
      at(position) {
        lookCount += 1
        return growing.at(position)
      },
    }
    let state = optimizer.init()
    for (let trial = 0; trial < 50; trial++) {
      const context = {
        trial,
        random: Random.named(8, trial),
        history,
        pending: [],
        fullFidelity: { epochs: 1 },
      }
      const [{ architecture }, next] = optimizer.ask(state, context)
      const observation = observe(trial, architecture, 0.5)
      growing.append(observation)
      state = optimizer.tell(next, observation, history)
    }
    expect(lookCount).toBe(49)
  })
})
