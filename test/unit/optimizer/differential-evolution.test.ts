import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import {
  DifferentialEvolutionSettings,
  type DifferentialEvolutionState,
  differentialEvolution,
} from '#src/optimizer/differential-evolution/differential-evolution.ts'
import {
  assign,
  type GenerationRules,
  type Lag,
  startGenerations,
  survivors,
  toldAt,
  withLag,
} from '#src/optimizer/differential-evolution/generations.ts'
import {
  crossBinomially,
  mutant,
  trialVector,
  type UnitVector,
} from '#src/optimizer/differential-evolution/variation.ts'
import { categorical, parameterSpace } from '#src/parameter/define.ts'
import { decodeUnitVector } from '#src/parameter/unit-vector.ts'
import { Random } from '#src/random/random.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { observe } from '#test/fixtures/observe.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { deviation, mean } from '#test/fixtures/statistics.ts'

const rules = { scale: 0.5, crossoverRate: 0.5, boundary: 'redraw' } as const
const cells = nasBench201({ cellsPerStage: 1, channels: 4 })

const worth = (architecture: string) => Random.named('worth', architecture).uniform()

function play(space: SearchSpace, settings: unknown, trials: number, window = 1, failing = 0) {
  return playSearch({
    optimizer: differentialEvolution(space, DifferentialEvolutionSettings.parse(settings)),
    seed: 3,
    trials,
    window,
    accuracy: (architecture, trial) =>
      Random.named('fails', trial).bernoulli(failing) ? null : worth(architecture),
  })
}

describe('settings', () => {
  it('default to the published ones', () => {
    expect(DifferentialEvolutionSettings.parse({})).toEqual({
      populationSize: 20,
      ...rules,
    })
  })
})

describe('variation', () => {
  it('adds half a difference', () => {
    const made = mutant(
      [
        [0.2, 0.9, 0.5],
        [0.8, 0.4, 0.1],
        [0.3, 0.1, 0.9],
      ],
      0.5,
    )
    expect(made.map((entry) => Number(entry.toFixed(12)))).toEqual([0.45, 1.05, 0.1])
  })

  it.each([
    [26, 0.5],
    [6, 0.5],
    [2, 0.1],
    [3, 0],
  ])('takes as many of %i entries at a rate of %d as reckoned', (size, crossoverRate) => {
    const random = Random.named(1, 'crossover', size)
    const [target, donor] = [Array<number>(size).fill(0), Array<number>(size).fill(1)]
    const counts = Array.from({ length: 20_000 }, () =>
      crossBinomially(target, donor, { ...rules, crossoverRate }, random).reduce(
        (sum, entry) => sum + entry,
      ),
    )
    const expected = size * crossoverRate + (1 - crossoverRate) ** size
    // False-alarm rate: one in a million (4.9 standard errors, two-sided).
    const spread = deviation(counts) / Math.sqrt(counts.length)
    expect(Math.abs(mean(counts) - expected)).toBeLessThanOrEqual(4.9 * spread + 1e-12)
    expect(Math.min(...counts), 'at least one').toBeGreaterThanOrEqual(1)
  })

  it('keeps entries in bounds: fresh ones, or the nearest end', () => {
    const random = Random.named(2, 'bounds')
    const all = { ...rules, crossoverRate: 1 }
    const redrawn = Array.from({ length: 4000 }, () =>
      crossBinomially([0.5, 0.5], [1.7, 0.25], all, random),
    )
    expect(redrawn.every(([, inside]) => inside === 0.25)).toBe(true)
    const first = redrawn.map(([entry = Number.NaN]) => entry)
    expect(Math.abs(mean(first) - 0.5)).toBeLessThan((4.9 * Math.sqrt(1 / 12)) / Math.sqrt(4000))
    expect(crossBinomially([0.5, 0.5], [1.7, -0.2], { ...all, boundary: 'clip' }, random)).toEqual([
      1, 0,
    ])
  })

  it('draws three different vectors, the target among them at times', () => {
    const random = Random.named(3, 'three')
    const population = [0, 0.1, 0.3].map((entry) => [entry])
    const all = { ...rules, crossoverRate: 1, scale: 1, boundary: 'clip' as const }
    const made = new Set(
      Array.from({ length: 500 }, () => trialVector(population, 0, all, random)[0]?.toFixed(3)),
    )
    // The six orders of three: a + (b - c).
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]
    const values = [0, 0.1, 0.3]
    const reckoned = orders.map(([a = 0, b = 0, c = 0]) => {
      const sum = (values[a] ?? 0) + (values[b] ?? 0) - (values[c] ?? 0)
      return Math.min(Math.max(sum, 0), 1).toFixed(3)
    })
    expect(made).toEqual(new Set(reckoned))
  })

  it('bins an entry of five values as the sheet has it', () => {
    const choices = ['a', 'b', 'c', 'd', 'e']
    const space = parameterSpace({ name: 'five', parameters: [categorical('p', choices)] })
    const bins = [0, 0.19, 0.2, 0.39999, 0.6, 0.99, 1].map((entry) =>
      choices.indexOf(String(decodeUnitVector(space, [entry]).p)),
    )
    expect(bins).toEqual([0, 0, 1, 1, 3, 4, 4])
  })
})

describe('selection', () => {
  it('keeps the fitter, of equals the trial vector', () => {
    const target = (fitness: number) => ({ vector: [0], fitness, trial: 1 })
    const slot = (fitness: number | null) => ({ vector: [1], fitness, trial: 2 })
    const kept = survivors(
      [target(0.5), target(0.5), target(0.5), target(Number.NEGATIVE_INFINITY)],
      [slot(0.6), slot(0.5), slot(0.4), slot(Number.NEGATIVE_INFINITY)],
    )
    expect(kept.map(({ trial }) => trial)).toEqual([2, 2, 1, 2])
  })

  it('never lets a slot become worse, failures and vectors outside the space included', () => {
    const cells101 = nasBench101(NasBench101Settings.parse({ vertices: 5 }))
    for (const space of [cells, cells101]) {
      const encoding = space.encodings.parameters
      if (encoding === undefined) throw new Error('no encoding')
      const generations = startGenerations('9', rulesOf(space, 8))
      const history = growingHistory()
      let before = generations.population
      for (let trial = 0; trial < 300; trial++) {
        const { text } = assign(generations, history, history.length)
        const fails = Random.named('fails', trial).bernoulli(0.2)
        history.append(observe(trial, text, fails ? 'failed' : worth(text)))
        for (const [index, { fitness }] of before.entries()) {
          expect(generations.population[index]?.fitness).toBeGreaterThanOrEqual(fitness)
        }
        before = generations.population
      }
    }
  })
})

/** The rules that the optimizer makes for a space. */
function rulesOf(space: SearchSpace, populationSize: number): GenerationRules {
  const encoding = space.encodings.parameters
  if (encoding === undefined) throw new Error('no encoding')
  return {
    ...rules,
    populationSize,
    size: encoding.space.parameters.length,
    decode(vector) {
      const decoded = encoding.decode(decodeUnitVector(encoding.space, vector))
      return 'architecture' in decoded ? space.format(decoded.architecture) : null
    },
    anyVector: () => {
      throw new Error('there are valid vectors')
    },
  }
}

/** Minimizes a function of vectors; a text form is the vector as JSON. */
function minimize(
  seed: number,
  size: number,
  generationCount: number,
  f: (v: UnitVector) => number,
) {
  const generations = startGenerations(String(seed), {
    ...rules,
    populationSize: 20,
    size,
    decode: (vector) => JSON.stringify(vector),
    anyVector: () => [],
  })
  const history = growingHistory()
  let best = Number.POSITIVE_INFINITY
  for (let trial = 0; trial < 20 * generationCount; trial++) {
    const { text } = assign(generations, history, history.length)
    const value = f(JSON.parse(text))
    best = Math.min(best, value)
    history.append(observe(trial, text, -value))
  }
  return best
}

describe('on a sphere', () => {
  it('comes as near the optimum in 100 and 200 generations as reckoned', () => {
    const sphere = (vector: UnitVector) =>
      vector.reduce((sum, entry) => sum + (entry - 0.3) ** 2, 0)
    const seeds = Array.from({ length: 12 }, (_, seed) => seed)
    const early = seeds.map((seed) => minimize(seed, 10, 100, sphere)).sort((a, b) => a - b)
    // The median of 200 runs is 8.2e-6, the 95 % quantile 2.0e-5.
    expect(early[6]).toBeGreaterThan(2e-6)
    expect(early[6]).toBeLessThan(2e-5)
    const late = seeds.slice(0, 4).map((seed) => minimize(seed, 10, 200, sphere))
    expect(Math.max(...late)).toBeLessThan(1e-8)
  })
})

describe('generations', () => {
  it('begin with uniform vectors, and then mutate those of the generation before', () => {
    const played = play(cells, { populationSize: 5 }, 40)
    for (const [trial, { proposal }] of played.entries()) {
      if (trial < 5) {
        expect(proposal.origin).toBe('random')
        continue
      }
      expect(proposal.origin).toBe('mutation')
      const generation = Math.floor(trial / 5)
      expect(proposal.parent, 'its target').toBeLessThan(5 * generation)
      // The target stands in the same slot.
      expect((proposal.parent ?? -1) % 5).toBe(trial % 5)
    }
  })

  it.each([2, 3, 5])('use no trial of an incomplete generation, window %i', (window) => {
    const played = play(cells, { populationSize: 5 }, 60, window)
    for (const [trial, { proposal }] of played.entries()) {
      const told = Math.max(0, trial - window + 1)
      const completeCount = Math.floor(told / 5)
      expect(proposal.origin).toBe(completeCount === 0 ? 'random' : 'mutation')
      if (proposal.parent !== undefined) expect(proposal.parent).toBeLessThan(5 * completeCount)
    }
  })

  it('pay nothing for vectors outside the space', () => {
    const cells101 = nasBench101(NasBench101Settings.parse({}))
    const played = play(cells101, {}, 200)
    for (const { proposal } of played) {
      expect(cells101.problems(cells101.parse(proposal.architecture))).toEqual([])
    }
    // Of uniform vectors 26.7 % stand for no cell, so that the first generation has fewer trials.
    const starts = played.filter(({ proposal }) => proposal.origin === 'random')
    expect(starts.length).toBeLessThan(20)
    expect(starts.length).toBeGreaterThan(7)
  })

  it('draw from the space where hardly any vector stands for something', () => {
    const encoding = cells.encodings.parameters
    if (encoding === undefined) throw new Error('no encoding')
    const one = cells.sample(Random.named(1))
    const rare: SearchSpace<typeof one> = {
      ...cells,
      encodings: {
        parameters: {
          ...encoding,
          decode: (configuration) => {
            const decoded = encoding.decode(configuration)
            const isOne =
              'architecture' in decoded && cells.format(decoded.architecture) === cells.format(one)
            return isOne ? decoded : { problems: ['not the one'] }
          },
        },
      },
      sample: () => one,
    }
    const played = play(rare as SearchSpace, {}, 3)
    expect(played.map(({ proposal }) => proposal.architecture)).toEqual(
      Array(3).fill(cells.format(one)),
    )
    expect(played[0]?.proposal.origin).toBe('fallback')
  })

  it('mostly come from differences, not from fallbacks', () => {
    const cells101 = nasBench101(NasBench101Settings.parse({}))
    const origins = play(cells101, {}, 400).map(({ proposal }) => proposal.origin)
    expect(origins.filter((origin) => origin === 'mutation').length).toBeGreaterThan(380)
  })
})

describe('the state', () => {
  it('does not grow with the vectors or the trials', () => {
    const lengthAfter = (trials: number, window: number) => {
      const played = play(cells, {}, trials, window)
      return JSON.stringify(played.at(-1)?.state).length
    }
    expect(lengthAfter(600, 7)).toBeLessThan(80)
    expect(lengthAfter(300, 7)).toBe(lengthAfter(600, 7))
  })

  it('tells how much was told at each ask, whatever the lags were', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (given) => {
        // Between two asks, some of what is pending is told.
        let told = 0
        let lags: readonly Lag[] = []
        const truth = given.map((step, trial) => {
          told = Math.min(trial, told + step)
          lags = withLag(lags, trial, told)
          return told
        })
        expect(truth.map((_, trial) => toldAt(lags, trial))).toEqual(truth)
      }),
      { seed: 5 },
    )
  })

  it('makes the same search again from any point, in a fresh optimizer', () => {
    for (const window of [1, 6]) {
      const played = play(cells, { populationSize: 5 }, 60, window, 0.1)
      const history = growingHistory()
      for (const { observation } of played.slice(0, 50 - window + 1)) history.append(observation)
      const fresh = differentialEvolution(
        cells,
        DifferentialEvolutionSettings.parse({ populationSize: 5 }),
      )
      const context = {
        trial: 50,
        random: Random.named('another stream'),
        history,
        pending: [],
        fullFidelity: { epochs: 1 },
      }
      const state = played[50]?.state as DifferentialEvolutionState
      expect(fresh.ask(state, context)[0]).toEqual(played[50]?.proposal)
      expect(fresh.ask(state, context)[0], 'asked twice').toEqual(played[50]?.proposal)
    }
  })
})
