import { describe, expect, it } from 'vitest'
import { type ArcGpState, arcGp, arcGpEntry } from '#src/optimizer/arc-gp/arc-gp.ts'
import { addArcVector, arcData, useArcModel } from '#src/optimizer/arc-gp/arc-model.ts'
import { arcVectors } from '#src/optimizer/arc-gp/arc-vectors.ts'
import { ArcGpSettings } from '#src/optimizer/arc-gp/settings.ts'
import { addArcPoint, arcCross, arcPoints } from '#src/predictor/arc-points.ts'
import { hyperparametersOf } from '#src/predictor/arc-posterior.ts'
import { expectedImprovement } from '#src/predictor/expected-improvement.ts'
import { gaussianProcess } from '#src/predictor/gaussian-process.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { ParameterEncoding, SearchSpace } from '#src/space/space.ts'
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
  const optimizer = arcGp(space, ArcGpSettings.parse(settings))
  return playSearch({ optimizer, seed: 5, trials, window, accuracy: worth })
}

describe('vectors', () => {
  it('of chains have one number for each parameter, -1 while it is inactive', () => {
    const { dimensions, vectorOf } = arcVectors(
      chains.encodings.parameters as ParameterEncoding<unknown>,
    )
    const random = Random.named('chains')
    for (let draw = 0; draw < 50; draw++) {
      const architecture = chains.sample(random)
      const vector = vectorOf(architecture)
      expect(vector).toHaveLength(dimensions.length)
      const depth = (architecture as unknown[]).length
      expect(vector[0]).toBeGreaterThanOrEqual(0)
      for (const [index, entry] of vector.entries()) {
        if (dimensions[index] === 'numeric') expect(entry).toBeLessThanOrEqual(1)
        else expect(Number.isInteger(entry)).toBe(true)
      }
      // Of each layer that is there its kind, at least.
      expect(vector.filter((entry) => entry >= 0).length).toBeGreaterThanOrEqual(1 + depth)
    }
  })
})

describe('the model', () => {
  const dimensions = ['numeric', 'categorical'] as const
  const settings = [
    [0.1, -4, 0.3, -0.2, 0.6],
    [-0.2, -3, 0, 0.4, 0.3],
  ]
  const random = Random.named('arc model')
  const draw = () => Float64Array.of(random.uniform(), random.int(4) - 1)
  const vectors = Array.from({ length: 14 }, draw)
  const targets = Float64Array.from(vectors, ([x = 0, choice = 0]) => x + Math.sin(choice))
  const candidates = Array.from({ length: 7 }, draw)

  it('averages the expected improvement over the settings', () => {
    const data = arcData(dimensions, 'matern-5/2')
    for (const vector of vectors) addArcVector(data, vector)
    const found = useArcModel(data, { settings, targets, pending: [] }, (worthOf) =>
      worthOf(candidates),
    )
    const single = settings.map((setting) =>
      useArcModel(data, { settings: [setting], targets, pending: [] }, (worthOf) =>
        worthOf(candidates),
      ),
    )
    for (const [index, gain] of found.entries()) {
      expect(gain).toBeCloseTo(mean(single.map((gains) => gains[index] ?? 0)), 12)
    }
  })

  it('grows with what is told to what it is from scratch, bit by bit', () => {
    const growing = arcData(dimensions, 'matern-5/2')
    for (const [index, vector] of vectors.entries()) {
      addArcVector(growing, vector)
      const told = { settings, targets: targets.slice(0, index + 1), pending: [draw()] }
      const fresh = arcData(dimensions, 'matern-5/2')
      for (const one of vectors.slice(0, index + 1)) addArcVector(fresh, one)
      const gains = useArcModel(growing, told, (worthOf) => worthOf(candidates))
      expect(gains).toEqual(useArcModel(fresh, told, (worthOf) => worthOf(candidates)))
    }
  })

  it('holds what is under way for told, at the cost that it expects', () => {
    const data = arcData(dimensions, 'matern-5/2')
    for (const vector of vectors) addArcVector(data, vector)
    const setting = settings[0] as number[]
    const pending = candidates.slice(0, 2)
    const gains = useArcModel(data, { settings: [setting], targets, pending }, (worthOf) =>
      worthOf(candidates),
    )
    const hyperparameters = hyperparametersOf(setting)
    const { variance } = hyperparameters
    const all = [...vectors, ...pending]
    const points = arcPoints(dimensions, 'matern-5/2')
    for (const vector of all) addArcPoint(points, vector)
    const cross = arcCross(points, hyperparameters)
    const process = (count: number, values: Float64Array) => {
      const gram = all.slice(0, count).flatMap((vector) => [...cross(vector, count)])
      return gaussianProcess(Float64Array.from(gram), values, hyperparameters)
    }
    const told = process(vectors.length, targets)
    const believed = pending.map((x) => told.predict(cross(x, vectors.length), variance).mean)
    const whole = process(all.length, Float64Array.of(...targets, ...believed))
    const least = Math.min(...targets, ...believed)
    for (const [index, candidate] of candidates.entries()) {
      const belief = whole.predict(cross(candidate, all.length), variance)
      expect(gains[index]).toBeCloseTo(expectedImprovement(least, belief.mean, belief.variance), 9)
    }
    expect(data.points.length).toBe(vectors.length)
  })
})

describe('the search', () => {
  it('is random at first, then asks the model, and never repeats a network', () => {
    const played = play({ initialTrials: 8 }, { trials: 40 })
    const origins = played.map(({ proposal }) => proposal.origin)
    expect(origins).toEqual([...Array(8).fill('random'), ...Array(32).fill('model')])
    const forms = played.map(({ proposal }) => cells.canonical(cells.parse(proposal.architecture)))
    expect(new Set(forms).size).toBe(40)
  })

  it('does not propose what is under way', () => {
    const played = play({ initialTrials: 6 }, { trials: 30, window: 5 })
    const forms = played.map(({ proposal }) => cells.canonical(cells.parse(proposal.architecture)))
    expect(new Set(forms).size).toBe(30)
  })

  it('settles its hyperparameters when the told trials have grown by a quarter', () => {
    const played = play({ initialTrials: 10, hyperparameters: 'slice', samples: 3 }, { trials: 40 })
    const states = played.map(({ state }) => state as ArcGpState)
    // A state is what the ask before left behind.
    expect([...new Set(states.map(({ fittedTrials }) => fittedTrials))]).toEqual([
      0, 10, 13, 17, 22, 28, 35,
    ])
    for (const { fittedTrials, settings } of states) {
      expect(settings).toHaveLength(fittedTrials === 0 ? 0 : 3)
    }
  })

  it('searches conditional spaces by the model', () => {
    const played = play({ initialTrials: 10 }, { space: chains, trials: 25 })
    expect(played.filter(({ proposal }) => proposal.origin === 'model')).toHaveLength(15)
  })

  it('goes on randomly while everything fails', () => {
    const optimizer = arcGp(cells, ArcGpSettings.parse({ initialTrials: 2 }))
    const played = playSearch({ optimizer, seed: 1, trials: 6, accuracy: () => null })
    expect(played.every(({ proposal }) => proposal.origin === 'random')).toBe(true)
  })
})

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-201 (${tableMissing ?? 'table present'})`,
  () => {
    /**
     * After 50 evaluations 73.3 on average over 30 searches (docs/optimizers/arc-gp.md), with a standard
     * deviation of 0.5; random search has 71.10. Six searches miss 72.5 by chance once in 10,000 times.
     */
    it('is far ahead of random search after 50 evaluations', () => {
      const { searches, bests } = searchTable201(arcGpEntry, { searchCount: 6, trials: 50 })
      for (const played of searches) {
        expect(played.filter(({ proposal }) => proposal.origin === 'model')).toHaveLength(40)
      }
      expect(mean(bests)).toBeGreaterThan(72.5)
    }, 60_000)
  },
)
