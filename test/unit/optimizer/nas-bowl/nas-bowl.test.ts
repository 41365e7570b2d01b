import { describe, expect, it } from 'vitest'
import { nasBowl, nasBowlEntry } from '#src/optimizer/nas-bowl/nas-bowl.ts'
import { NasBowlSettings } from '#src/optimizer/nas-bowl/settings.ts'
import { likeliestSetting, useWlModel, wlData } from '#src/optimizer/nas-bowl/wl-model.ts'
import { expectedImprovement } from '#src/predictor/expected-improvement.ts'
import { gaussianProcess } from '#src/predictor/gaussian-process.ts'
import { addWlItem, wlItem } from '#src/predictor/wl-graphs.ts'
import { wlKernel } from '#src/predictor/wl-kernel.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
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
  const optimizer = nasBowl(space, NasBowlSettings.parse(settings))
  return playSearch({ optimizer, seed: 5, trials, window, accuracy: worth })
}

/** Cells and a made-up cost of each: how many 3x3 convolutions are missing. */
function problem(count: number) {
  const random = Random.named('wl model')
  const data = wlData(2, 'sum')
  const items = Array.from({ length: count }, () => {
    const layers = cells.encodings.layers?.encode(cells.sample(random)) ?? []
    return { layers, item: wlItem(data.graphs, layers) }
  })
  const targets = Float64Array.from(
    items,
    ({ layers }) => 2 - (layers[0] ?? []).filter(({ kernel }) => kernel === 3).length,
  )
  return { data, items: items.map(({ item }) => item), targets }
}

describe('the model', () => {
  it('chooses rounds and noise by marginal likelihood, with the best scale', () => {
    const { data, items, targets } = problem(25)
    for (const item of items) addWlItem(data.graphs, item)
    const likelihood = (rounds: number, noise: number) => {
      const kernels = items.flatMap(({ counts }) =>
        items.map((other) =>
          wlKernel(
            (counts[0] ?? []).slice(0, rounds + 1),
            (other.counts[0] ?? []).slice(0, rounds + 1),
          ),
        ),
      )
      const at = (scale: number) =>
        gaussianProcess(
          Float64Array.from(kernels, (value) => scale * value),
          targets,
          {
            noiseVariance: scale * noise,
          },
        )
      const { scale, profileLogLikelihood } = at(1)
      expect(at(scale).logMarginalLikelihood).toBeCloseTo(profileLogLikelihood, 6)
      for (const other of [0.8, 1.25]) {
        expect(at(other * scale).logMarginalLikelihood).toBeLessThan(profileLogLikelihood)
      }
      return profileLogLikelihood
    }
    const { rounds, noise } = likeliestSetting(data, targets)
    const best = likelihood(rounds, noise)
    for (const otherRounds of [0, 1, 2]) {
      for (const otherNoise of [1e-4, 1e-2, 1e-1]) {
        expect(likelihood(otherRounds, otherNoise)).toBeLessThanOrEqual(best + 1e-9)
      }
    }
    // The cost is a count of labels: no neighbourhood helps.
    expect(rounds).toBe(0)
  })

  it('grows with what is told to what it is from scratch, and holds what is under way for told', () => {
    const { items, targets } = problem(12)
    const setting = { rounds: 1, noise: 0.01 }
    const probes = items.slice(8)
    const [growing, fresh] = [problem(12), problem(12)]
    for (let count = 1; count <= 8; count++) {
      addWlItem(growing.data.graphs, growing.items[count - 1] as (typeof items)[number])
      const conditions = { setting, targets: targets.slice(0, count), pending: items.slice(8, 9) }
      const gains = useWlModel(growing.data, conditions, (worthOf) => worthOf(probes))
      if (count < 8) continue
      for (const item of fresh.items.slice(0, 8)) addWlItem(fresh.data.graphs, item)
      expect(gains).toEqual(useWlModel(fresh.data, conditions, (worthOf) => worthOf(probes)))
      // What is under way hardly promises anything any more.
      const alone = useWlModel(fresh.data, { ...conditions, pending: [] }, (worthOf) =>
        worthOf(probes),
      )
      expect(gains[0]).toBeLessThan((alone[0] ?? 0) / 2)
    }
  })

  it('is the posterior of a process with this kernel', () => {
    const { data, items, targets } = problem(10)
    const told = items.slice(0, 8)
    for (const item of told) addWlItem(data.graphs, item)
    const first = targets.slice(0, 8)
    const setting = { rounds: 2, noise: 0.03 }
    const gram = told.flatMap((one) =>
      told.map((other) => wlKernel(one.counts[0] ?? [], other.counts[0] ?? [])),
    )
    const process = gaussianProcess(Float64Array.from(gram), first, { noiseVariance: 0.03 })
    const probe = items.slice(8)
    const conditions = { setting, targets: first, pending: [] }
    const gains = useWlModel(data, conditions, (worthOf) => worthOf(probe))
    for (const [index, item] of probe.entries()) {
      const cross = told.map((one) => wlKernel(item.counts[0] ?? [], one.counts[0] ?? []))
      const belief = process.predict(Float64Array.from(cross), 1)
      const expected = expectedImprovement(
        Math.min(...first),
        belief.mean,
        process.scale * belief.variance,
      )
      expect(gains[index]).toBeCloseTo(expected, 9)
    }
  })
})

describe('the search', () => {
  it('is random at first, then asks the model, and never repeats a network', () => {
    const played = play({ initialTrials: 8 }, { trials: 40, window: 3 })
    const origins = played.map(({ proposal }) => proposal.origin)
    expect(origins).toEqual([...Array(8).fill('random'), ...Array(32).fill('model')])
    const forms = played.map(({ proposal }) => cells.canonical(cells.parse(proposal.architecture)))
    expect(new Set(forms).size).toBe(40)
  })

  it('searches spaces without cells by their networks', () => {
    const played = play({ initialTrials: 6, randomCandidates: 20 }, { space: chains, trials: 16 })
    expect(played.filter(({ proposal }) => proposal.origin === 'model')).toHaveLength(10)
  })

  it('goes on randomly while everything fails', () => {
    const optimizer = nasBowl(cells, NasBowlSettings.parse({ initialTrials: 2 }))
    const played = playSearch({ optimizer, seed: 1, trials: 6, accuracy: () => null })
    expect(played.every(({ proposal }) => proposal.origin === 'random')).toBe(true)
  })

  it('does not fit spaces without networks', () => {
    for (const entry of spaceCatalog) {
      const space = entry.create(entry.settings.parse({}))
      const misfit = nasBowlEntry.misfit?.(space)
      if (space.takes === null) expect(misfit).toMatch(/^needs networks/)
      else expect(misfit).toBeNull()
    }
  })
})

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-201 (${tableMissing ?? 'table present'})`,
  () => {
    /**
     * After 50 evaluations about 73 on average (docs/optimizers/nas-bowl.md), with a standard deviation
     * of 0.6; random search has 71.10. Six searches miss 72 by chance less than once in 10,000 times.
     */
    it('is far ahead of random search after 50 evaluations', () => {
      const { searches, bests } = searchTable201(nasBowlEntry, { searchCount: 6, trials: 50 })
      for (const played of searches) {
        expect(played.filter(({ proposal }) => proposal.origin === 'model')).toHaveLength(40)
      }
      expect(mean(bests)).toBeGreaterThan(72)
    }, 60_000)
  },
)
