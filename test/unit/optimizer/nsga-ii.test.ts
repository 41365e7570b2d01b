import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import { NsgaIISettings, nsgaII, survivors } from '#src/optimizer/nsga-ii.ts'
import type { PendingTrial } from '#src/optimizer/optimizer.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { hypervolume } from '#src/stats/hypervolume.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import { readTable, tableMissing } from '#test/fixtures/nas-bench-201-table.ts'
import { observe } from '#test/fixtures/observe.ts'

const cells: SearchSpace = nasBench201({ cellsPerStage: 5, channels: 16 })
/** Twelve chains. */
const twelve: SearchSpace = chain(
  ChainSettings.parse({ maxDepth: 2, conv: null, pool: { modes: ['max'], kernels: [2, 3, 4] } }),
)

const observed = (trial: number, valError: number, parameterCount: number | null): Observation => ({
  ...observe(trial, `a${trial}`, 1 - valError),
  parameterCount,
})

interface Played {
  readonly proposal: Proposal
  readonly observation: Observation
}

/** Each its own network. */
const named = (observations: readonly Observation[]) =>
  observations.map((observation) => ({ observation, form: String(observation.trial) }))

/** Plays a search whose results have a size, too. */
function play(
  space: SearchSpace,
  settings: Readonly<Record<string, unknown>>,
  { trials, window = 1, seed = 1, judge = judgeByText }: PlayOptions,
): readonly Played[] {
  const optimizer = nsgaII(space, NsgaIISettings.parse(settings))
  const history = growingHistory()
  const played: Played[] = []
  for (let trial = 0; trial < trials; trial++) {
    while (history.length <= trial - window) {
      history.append((played[history.length] as Played).observation)
    }
    const pending: PendingTrial[] = played
      .slice(history.length)
      .map(({ proposal }, index) => ({ ...proposal, trial: history.length + index }))
    const random = Random.named(seed, 'ask', trial)
    const context = { trial, random, history, pending, fullFidelity: { epochs: 1 } }
    const [proposal] = optimizer.ask(optimizer.init(), context)
    played.push({ proposal, observation: judge(proposal.architecture, trial) })
  }
  return played
}

interface PlayOptions {
  readonly trials: number
  readonly window?: number
  readonly seed?: number
  readonly judge?: (architecture: string, trial: number) => Observation
}

function judgeByText(architecture: string, trial: number): Observation {
  const random = Random.named('worth', architecture)
  return {
    ...observe(trial, architecture, random.uniform()),
    parameterCount: 1 + random.int(1000),
  }
}

describe('settings', () => {
  it('have the published defaults, and name each objective once', () => {
    expect(NsgaIISettings.parse({})).toEqual({
      objectives: ['valError', 'parameterCount'],
      populationSize: 50,
      crossoverProbability: 0.9,
      mutationProbability: 0.632,
      unique: true,
      maxDraws: 100,
    })
    expect(NsgaIISettings.safeParse({ objectives: ['valError', 'valError'] }).success).toBe(false)
    expect(NsgaIISettings.safeParse({ objectives: [] }).success).toBe(false)
  })
})

describe('survival', () => {
  const two = { objectives: ['valError', 'parameterCount'] as const }
  const all = [
    observed(0, 0.1, 50),
    observed(1, 0.2, 30),
    observed(2, 0.3, 25),
    observed(3, 0.5, 10),
    observed(4, 0.4, 40),
  ]
  const survive = (populationSize: number, observations: readonly Observation[] = all) =>
    survivors(named(observations), { objectives: [...two.objectives], populationSize })

  it('is by fronts, and in the last of them by room', () => {
    const kept = survive(5)
    expect(kept.map(({ rank }) => rank)).toEqual([0, 0, 0, 0, 1])
    expect(survive(4).map(({ observation }) => observation.trial)).toEqual([0, 3, 2, 1])
    // Of the inner two, (3, 2.5) has more room: 1.25 against 1.125.
    expect(survive(3).map(({ observation }) => observation.trial)).toEqual([0, 3, 2])
    expect(survive(3).at(-1)?.crowding).toBeCloseTo(1.25)
  })

  it('takes failures, and numbers that are not there, for infinitely bad', () => {
    const failed = { ...observe(5, 'a5', 'diverged'), parameterCount: 1 }
    const kept = survive(7, [failed, observed(6, 0.9, null), ...all])
    expect(kept.slice(-2).map(({ observation }) => observation.trial)).toEqual([6, 5])
    expect(kept.map(({ rank }) => rank)).toEqual([0, 0, 0, 0, 1, 2, 3])
    const onlyFailures = [observe(0, 'a', 'failed'), observe(1, 'b', 'infeasible')]
    expect(survive(2, onlyFailures).map(({ rank }) => rank)).toEqual([0, 0])
  })
})

describe('a child', () => {
  const settings = { populationSize: 10 }
  const played = play(cells, settings, { trials: 120 })

  it('comes after a random generation, with a parent that is told', () => {
    expect(played.slice(0, 10).every(({ proposal }) => proposal.origin === 'random')).toBe(true)
    for (const [trial, { proposal }] of played.slice(10).entries()) {
      expect(['crossover', 'mutation']).toContain(proposal.origin)
      expect(proposal.parent).toBeLessThan(10 * Math.floor((trial + 10) / 10))
    }
  })

  it('is crossed and mutated as often as asked', () => {
    const only = (probabilities: object) =>
      play(cells, { ...settings, ...probabilities }, { trials: 60 }).slice(10)
    const mutants = only({ crossoverProbability: 0, mutationProbability: 1 })
    for (const { proposal } of mutants) expect(proposal.origin).toBe('mutation')
    const crossed = only({ crossoverProbability: 1, mutationProbability: 0 })
    const share = crossed.filter(({ proposal }) => proposal.origin === 'crossover').length
    expect(share / crossed.length).toBeGreaterThan(0.9)
    // Each edge of a child that was only crossed is one of some member's.
    for (const { proposal } of crossed) {
      expect(cells.problems(cells.parse(proposal.architecture))).toEqual([])
    }
  })

  it.each([1, 5])('is a network that was not proposed before, window %i', (window) => {
    const trials = 300
    const forms = play(cells, settings, { trials, window }).map(({ proposal }) =>
      cells.canonical(cells.parse(proposal.architecture)),
    )
    expect(new Set(forms).size).toBe(trials)
  })

  it('repeats a network, and says so, when the space is used up', () => {
    const small = play(twelve, { populationSize: 4 }, { trials: 40 })
    const seen = new Set<string>()
    for (const { proposal } of small) {
      expect(seen.has(proposal.architecture)).toBe(proposal.origin === 'fallback')
      seen.add(proposal.architecture)
    }
    expect(seen.size).toBeGreaterThan(8)
    expect(small.slice(0, 8).every(({ proposal }) => proposal.origin !== 'fallback')).toBe(true)
    expect(small.at(-1)?.proposal.origin).toBe('fallback')
  })

  it('may be any network where repeats are allowed, of which one survives', () => {
    const repeating = play(twelve, { populationSize: 4, unique: false }, { trials: 60 })
    expect(repeating.every(({ proposal }) => proposal.origin !== 'fallback')).toBe(true)
    const parents = repeating.slice(56).map(({ proposal }) => proposal.parent ?? -1)
    const texts = new Map<string, Set<number>>()
    for (const parent of parents) {
      const text = repeating[parent]?.proposal.architecture ?? ''
      texts.set(text, (texts.get(text) ?? new Set()).add(parent))
    }
    for (const trials of texts.values()) expect(trials.size).toBe(1)
  })

  it('is of a parent from a front before another more often', () => {
    const told = play(cells, settings, { trials: 10 }).map(({ observation }) => observation)
    const ranks = new Map(
      survivors(named(told), NsgaIISettings.parse(settings)).map(({ observation, rank }) => [
        observation.trial,
        rank,
      ]),
    )
    const history = growingHistory()
    for (const observation of told) history.append(observation)
    const optimizer = nsgaII(cells, NsgaIISettings.parse(settings))
    const asks = 4000
    const first = Array.from({ length: asks }, (_, ask) => {
      const random = Random.named('parents', ask)
      const context = { trial: 10, random, history, pending: [], fullFidelity: { epochs: 1 } }
      const [{ parent = -1 }] = optimizer.ask(optimizer.init(), context)
      return ranks.get(parent)
    }).filter((rank) => rank === 0).length
    const size = [...ranks.values()].filter((rank) => rank === 0).length
    // The better of two with replacement is of the first front unless both are not.
    const share = 1 - ((10 - size) / 10) ** 2
    const spread = Math.sqrt((share * (1 - share)) / asks)
    expect(size).toBeLessThan(10)
    expect(Math.abs(first / asks - share)).toBeLessThan(4.9 * spread)
  })
})

describe('generations', () => {
  it('do not depend on the order in which their trials are told', () => {
    const played = play(cells, { populationSize: 8 }, { trials: 24 })
    const asked = (order: readonly Played[]) => {
      const history = growingHistory()
      for (const { observation } of order) history.append(observation)
      const optimizer = nsgaII(cells, NsgaIISettings.parse({ populationSize: 8 }))
      const random = Random.named('next')
      const context = { trial: 24, random, history, pending: [], fullFidelity: { epochs: 1 } }
      return optimizer.ask(optimizer.init(), context)
    }
    expect(asked(Random.named(2).shuffle(played))).toEqual(asked(played))
  })

  it('never lose volume between the front and a reference', () => {
    const played = play(cells, { populationSize: 12 }, { trials: 240 })
    const reference = [1, 1001]
    let population: readonly Observation[] = []
    let before = 0
    for (let from = 0; from < 240; from += 12) {
      const children = played.slice(from, from + 12).map(({ observation }) => observation)
      const kept = survivors(named([...population, ...children]), {
        objectives: ['valError', 'parameterCount'],
        populationSize: 12,
      })
      population = kept.map(({ observation }) => observation)
      const volume = hypervolume(
        population.map(({ valAccuracy, parameterCount }) => [
          1 - (valAccuracy ?? 0),
          parameterCount ?? 1001,
        ]),
        reference,
      )
      // A first front larger than the population is thinned, which can cost volume; here none is.
      if (kept.some(({ rank }) => rank > 0)) expect(volume).toBeGreaterThanOrEqual(before - 1e-9)
      before = volume
    }
  })
})

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-201 (${tableMissing ?? 'table present'})`,
  () => {
    it('covers more of the trade-off of error and size than random search does', () => {
      const rows = new Map(readTable().map((row) => [row.architecture, row]))
      const judge = (architecture: string, trial: number): Observation => {
        const row = rows.get(architecture)
        return {
          ...observe(trial, architecture, (row?.testAccuracyC10 ?? Number.NaN) / 100),
          parameterCount: row?.parameterCountC10 ?? null,
        }
      }
      const volumeOf = (played: readonly Played[]) =>
        hypervolume(
          played.map(({ observation: { valAccuracy, parameterCount } }) => [
            1 - (valAccuracy ?? 0),
            (parameterCount ?? 0) / 1_531_546,
          ]),
          [0.2, 1],
        )
      const seeds = Array.from({ length: 20 }, (_, seed) => seed)
      const wins = seeds.filter((seed) => {
        const evolved = play(cells, { populationSize: 20 }, { trials: 200, seed, judge })
        // As long as there is no population, trials are random.
        const random = play(cells, { populationSize: 200 }, { trials: 200, seed, judge })
        return volumeOf(evolved) > volumeOf(random)
      })
      // By a fair coin, 18 of 20 would be won once in 5,000 times.
      expect(wins.length).toBeGreaterThanOrEqual(18)
    })
  },
)
