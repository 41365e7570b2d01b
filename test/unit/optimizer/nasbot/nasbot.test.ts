import { describe, expect, it } from 'vitest'
import { drawParents, evolveAcquisition } from '#src/optimizer/nasbot/evolve-acquisition.ts'
import { type NasbotState, nasbot, nasbotEntry } from '#src/optimizer/nasbot/nasbot.ts'
import { likeliestSetting, nasbotModel } from '#src/optimizer/nasbot/nasbot-model.ts'
import {
  networkDistances,
  networkReader,
  otmannLayers,
  pairComparison,
} from '#src/optimizer/nasbot/network-distances.ts'
import { NasbotSettings } from '#src/optimizer/nasbot/settings.ts'
import { expectedImprovement } from '#src/predictor/expected-improvement.ts'
import { gaussianProcess } from '#src/predictor/gaussian-process.ts'
import { otmannComparison, otmannNetwork } from '#src/predictor/otmann.ts'
import {
  noiseVarianceOf,
  otmannKernels,
  pairSize,
  selfKernel,
} from '#src/predictor/otmann-kernel.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { DartsSettings, darts } from '#src/space/darts/darts.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { tableMissing } from '#test/fixtures/nas-bench-201-table.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { mean } from '#test/fixtures/statistics.ts'
import { searchTable201 } from '#test/fixtures/table-201-searches.ts'

const cells = nasBench201({ cellsPerStage: 1, channels: 4, mutation: 'edge' }) as SearchSpace
const chains = chain(ChainSettings.parse({})) as SearchSpace
const worth = (text: string) => Random.named('worth', text).uniform()

function play(
  settings: object,
  options: { space?: SearchSpace; trials?: number; window?: number } = {},
) {
  const { space = cells, trials = 30, window = 1 } = options
  const optimizer = nasbot(space, NasbotSettings.parse(settings))
  return playSearch({ optimizer, seed: 5, trials, window, accuracy: worth })
}

describe('networks', () => {
  it('have a decision layer before the output, and inputs that count as a cell says', () => {
    const cell = cells.parse(
      '|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|avg_pool_3x3~2|',
    )
    const [graph = []] = cells.encodings.layers?.encode(cell) ?? []
    const layers = otmannLayers(graph, 16)
    expect(layers.map(({ kind, inputs }) => `${kind}(${inputs})`)).toEqual([
      'input()',
      'conv(0)',
      'conv(1)',
      'avg-pool(2)',
      'decision(3)',
      'output(4)',
    ])
    // Two convolutions of 16 by 16, a pool of 16; the ends have 100 at least.
    expect([...otmannNetwork(layers).masses]).toEqual([100, 256, 256, 16, 100, 100])
  })

  it('are worked out once for all texts of one network', () => {
    const read = networkReader(cells, pairComparison())
    const distances = networkDistances()
    const dead = (operation: string) =>
      cells.parse(`|${operation}~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|nor_conv_1x1~2|`)
    const first = read(distances, dead('nor_conv_1x1'))
    distances.told.push(first)
    const second = read(distances, dead('avg_pool_3x3'))
    expect(second).toBe(first)
    expect(second.pairs).toEqual(Array(pairSize).fill(0))
  })

  it('of two cells are compared cell by cell, distances and masses added', () => {
    const space = darts(DartsSettings.parse({})) as SearchSpace
    const read = networkReader(space, pairComparison())
    const random = Random.named('pairs')
    const distances = networkDistances()
    const [one, other] = [space.sample(random), space.sample(random)]
    distances.told.push(read(distances, one))
    const { pairs } = read(distances, other)
    const networks = [one, other].map((pair) =>
      (space.encodings.layers?.encode(pair) ?? []).map((graph) =>
        otmannNetwork(otmannLayers(graph, 16)),
      ),
    )
    const compare = otmannComparison()
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    const total = sum(networks.flat().map(({ totalMass }) => totalMass))
    for (const index of [0, 1, 2, 3]) {
      const expected = sum(
        [0, 1].map((cell) => {
          const [first, second] = [networks[1]?.[cell], networks[0]?.[cell]]
          return first && second ? (compare(first, second)[index] ?? 0) : 0
        }),
      )
      expect(pairs[index]).toBeCloseTo(expected, 6)
      expect(pairs[4 + index]).toBeCloseTo((expected / total) ** 2, 9)
    }
  })
})

describe('the model', () => {
  const pairOf = pairComparison()
  const random = Random.named('nasbot model')
  const read = networkReader(cells, pairOf)
  const distances = networkDistances()
  const drawn = Array.from({ length: 14 }, () => cells.sample(random))
  for (const cell of drawn.slice(0, 10)) distances.told.push(read(distances, cell))
  const told = drawn.slice(0, 10).map((cell) => read(distances, cell))
  const probes = drawn.slice(10).map((cell) => read(distances, cell))
  const targets = Float64Array.from({ length: 10 }, (_, index) => Math.sin(index))
  // A kernel of normalised distances that is positive definite without help.
  const logs = [0.05, 0.01, 2, 1e-9, 1e-9, 1e-9, 1e-9, 100, 100, 100, 100].map(Math.log)

  it('is the posterior of a process with this kernel, what is under way held for told', () => {
    const pending = probes.slice(0, 2)
    const all = [...told, ...pending]
    const self = selfKernel(logs)
    const kernel = (one: (typeof all)[number], other: (typeof all)[number]) =>
      one === other ? self : (otmannKernels(logs, pairOf(one, other), 1)[0] ?? 0)
    const crossOf = (items: typeof all, probe: (typeof all)[number]) =>
      Float64Array.from(items, (item) => kernel(probe, item))
    const process = (items: typeof all, values: Float64Array) =>
      gaussianProcess(
        Float64Array.from(items.flatMap((item) => [...crossOf(items, item)])),
        values,
        {
          noiseVariance: noiseVarianceOf(logs),
        },
      )
    const first = process(told, targets)
    const believed = pending.map((probe) => first.predict(crossOf(told, probe), self).mean)
    const costs = Float64Array.of(...targets, ...believed)
    const whole = process(all, costs)
    const conditions = { setting: logs, fittedTrials: 6, targets, pending, pairOf }
    const gains = nasbotModel(told, conditions, { known: null })(probes)
    for (const [index, probe] of probes.entries()) {
      const cross = Float64Array.from(
        all,
        (item) => otmannKernels(logs, pairOf(probe, item), 1)[0] ?? 0,
      )
      const belief = whole.predict(cross, self)
      const expected = expectedImprovement(Math.min(...costs), belief.mean, belief.variance)
      expect(gains[index]).toBeCloseTo(expected, 6)
    }
  })

  it('keeps the factor of the fitted trials, and finds the same without', () => {
    const fitted = { known: null }
    const conditions = { setting: logs, fittedTrials: 6, targets, pending: [], pairOf }
    const gains = nasbotModel(told, conditions, fitted)(probes)
    expect(fitted.known).not.toBeNull()
    expect(nasbotModel(told, conditions, fitted)(probes)).toEqual(gains)
  })

  it('takes a setting that is no less likely than the one so far', () => {
    const likelihood = (setting: readonly number[]) => {
      const gram = told.flatMap((one, i) =>
        told.map((other, j) =>
          i === j ? selfKernel(setting) : (otmannKernels(setting, pairOf(one, other), 1)[0] ?? 0),
        ),
      )
      return gaussianProcess(Float64Array.from(gram), targets, {
        noiseVariance: noiseVarianceOf(setting),
      }).logMarginalLikelihood
    }
    const found = likeliestSetting(told, targets, {
      start: logs,
      draws: 30,
      random: Random.named('draws'),
    })
    expect(likelihood(found)).toBeGreaterThan(likelihood(logs))
  })
})

describe('the evolution', () => {
  const texts = ['nor_conv_1x1', 'avg_pool_3x3', 'skip_connect'].map(
    (name) => `|${name}~0|+|none~0|${name}~1|+|none~0|none~1|${name}~2|`,
  )
  const told = texts.map((architecture, trial) => ({ trial, architecture }))
  const count = (cell: unknown) =>
    (cell as string[]).filter((operation) => operation === 'nor_conv_3x3').length

  it('draws parents by the exponential of what they are worth in deviations', () => {
    const pool = [{ worth: 0 }, { worth: 1 }, { worth: 3 }]
    const drawn = drawParents(pool, 20_000, Random.named('parents'))
    const deviation = Math.sqrt(14 / 9)
    const weights = pool.map(({ worth: value }) => Math.exp((value - 4 / 3) / (2 * deviation)))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    for (const [index, weight] of weights.entries()) {
      const share = drawn.filter((one) => one === pool[index]).length / drawn.length
      const expected = weight / total
      // Four standard errors.
      expect(Math.abs(share - expected)).toBeLessThan(
        4 * Math.sqrt((expected * (1 - expected)) / 20_000),
      )
    }
    expect(drawParents([{ worth: 2 }, { worth: 2 }], 10, Random.named(1))).toHaveLength(10)
  })

  it('looks at no more networks than it may, each once, and climbs', () => {
    const seen: unknown[] = []
    const found = evolveAcquisition(
      cells,
      { epochMutants: 20 },
      {
        told,
        worths: [0, 0, 0],
        worthOf(architectures) {
          seen.push(...architectures.map((one) => cells.format(one)))
          return architectures.map(count)
        },
        evaluations: 130,
        random: Random.named('evolution'),
      },
    )
    expect(seen.length).toBeLessThanOrEqual(130)
    expect(new Set([...seen, ...texts]).size).toBe(seen.length + 3)
    expect(found).toHaveLength(seen.length)
    expect(found.map(({ worth: value }) => value)).toEqual(
      found.map(({ architecture }) => count(architecture)).sort((one, other) => other - one),
    )
    // Started without any.
    expect(found[0]?.worth).toBeGreaterThanOrEqual(3)
    for (const { parent } of found) expect([0, 1, 2]).toContain(parent)
  })
})

describe('the search', () => {
  it('is random at first, then asks the model, and never repeats a network', () => {
    const played = play({ initialTrials: 8 }, { trials: 34, window: 3 })
    const origins = played.map(({ proposal }) => proposal.origin)
    expect(origins).toEqual([...Array(8).fill('random'), ...Array(26).fill('model')])
    const forms = played.map(({ proposal }) => cells.canonical(cells.parse(proposal.architecture)))
    expect(new Set(forms).size).toBe(34)
  })

  it('settles its hyperparameters every seven trials', () => {
    const states = play({ initialTrials: 5, settingDraws: 5 }, { trials: 30 }).map(
      ({ state }) => state as NasbotState,
    )
    expect([...new Set(states.map(({ fittedTrials }) => fittedTrials))]).toEqual([0, 5, 12, 19, 26])
  })

  it('searches spaces without cells by their networks', () => {
    const played = play({ initialTrials: 5, settingDraws: 5 }, { space: chains, trials: 10 })
    expect(played.filter(({ proposal }) => proposal.origin === 'model')).toHaveLength(5)
  })

  it('goes on randomly while everything fails', () => {
    const optimizer = nasbot(cells, NasbotSettings.parse({ initialTrials: 2 }))
    const played = playSearch({ optimizer, seed: 1, trials: 6, accuracy: () => null })
    expect(played.every(({ proposal }) => proposal.origin === 'random')).toBe(true)
  })

  it('does not fit spaces without networks', () => {
    const [without] = spaceCatalog
      .map((entry) => entry.create(entry.settings.parse({})))
      .filter(({ takes }) => takes === null)
    expect(without && nasbotEntry.misfit?.(without)).toMatch(/^needs networks/)
    expect(nasbotEntry.misfit?.(chains)).toBeNull()
  })
})

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-201 (${tableMissing ?? 'table present'})`,
  () => {
    /**
     * After 50 evaluations 72.7 on average (docs/optimizers/nasbot.md), with a standard deviation of 0.8;
     * random search has 71.10. Six searches miss 71.5 by chance once in 10,000 times.
     */
    it('is ahead of random search after 50 evaluations', () => {
      const { searches, bests } = searchTable201(nasbotEntry, { searchCount: 6, trials: 50 })
      for (const played of searches) {
        expect(played.filter(({ proposal }) => proposal.origin === 'model')).toHaveLength(40)
      }
      expect(mean(bests)).toBeGreaterThan(71.5)
    }, 60_000)
  },
)
