import { describe, expect, it } from 'vitest'
import { type BananasState, bananas } from '#src/optimizer/bananas/bananas.ts'
import { featureEncoder } from '#src/optimizer/bananas/features.ts'
import { BananasSettings } from '#src/optimizer/bananas/settings.ts'
import { surrogate } from '#src/optimizer/bananas/surrogate.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { playSearch } from '#test/fixtures/play-search.ts'

const cells = nasBench201({ cellsPerStage: 1, channels: 4, mutation: 'edge' })
/** Mutants differ in many places, so that one parent has thousands. */
const cells101 = nasBench101(NasBench101Settings.parse({ mutation: 'naszilla' }))
const quick = { epochs: 5 }
const worth = (text: string) => Random.named('worth', text).uniform()

function play(
  settings: unknown,
  options: { trials?: number; window?: number; space?: SearchSpace<never>; fails?: boolean } = {},
) {
  const { trials = 40, window = 1, space = cells, fails = false } = options
  return playSearch({
    optimizer: bananas(
      space as SearchSpace,
      BananasSettings.parse({ ...quick, ...(settings as object) }),
    ),
    seed: 3,
    trials,
    window,
    accuracy: (text, trial) => (fails && trial % 3 === 0 ? null : worth(text)),
  })
}

describe('settings', () => {
  it('default to the published ones', () => {
    expect(BananasSettings.parse({})).toEqual({
      initialTrials: 10,
      roundSize: 10,
      parents: 1,
      candidates: 100,
      maxMutants: 500,
      acquisition: 'its',
      encoding: 'auto',
      truncation: 'usual',
      ensemble: 'standard',
      epochs: 150,
      batchSize: 32,
      learningRate: 0.01,
      loss: 'mae',
      lowerBound: 4.5,
    })
  })
})

describe('the search', () => {
  it('is ten random trials, then fourteen rounds of ten up to 150', () => {
    const played = play({}, { trials: 150 })
    expect(played.map(({ proposal }) => proposal.origin)).toEqual([
      ...Array(10).fill('random'),
      ...Array(140).fill('model'),
    ])
    for (const [trial, { state }] of played.entries()) {
      const left = trial > 10 ? (10 - (trial % 10)) % 10 : 0
      expect((state as BananasState).round).toHaveLength(left)
    }
  })

  it('chooses a round from mutants of the best that was told when it began', () => {
    const played = play({}, { trials: 60, space: cells101 as unknown as SearchSpace<never> })
    for (const [trial, { proposal }] of played.entries()) {
      if (trial < 10) continue
      const told = played.slice(0, trial - (trial % 10)).map(({ observation }) => observation)
      const best = Math.max(...told.map(({ valAccuracy }) => valAccuracy ?? 0))
      expect(told[proposal.parent ?? -1]?.valAccuracy).toBe(best)
    }
  })

  it('goes on to the next best where one change leads to few others', () => {
    const played = play({ acquisition: 'mean' }, { trials: 60 })
    const parentsOf = (round: number) =>
      played.slice(round * 10, round * 10 + 10).map(({ proposal }) => proposal.parent)
    expect(new Set(parentsOf(5)).size).toBeGreaterThan(1)
    for (const { proposal } of played.slice(10)) {
      const parent = played[proposal.parent ?? -1]?.proposal.architecture ?? ''
      const edges = (text: string) => text.split(/[|+]/).filter((edge) => edge !== '')
      const own = edges(proposal.architecture)
      expect(edges(parent).filter((edge, index) => edge !== own[index])).toHaveLength(1)
    }
  })

  it.each([1, 4, 25])('never proposes a network twice, window %i', (window) => {
    const played = play({}, { trials: 100, window })
    const forms = played.map(({ proposal }) => cells.canonical(cells.parse(proposal.architecture)))
    expect(new Set(forms).size).toBe(100)
  })

  it('is random while nothing has completed', () => {
    const optimizer = bananas(cells as SearchSpace, BananasSettings.parse(quick))
    const played = playSearch({ optimizer, seed: 1, trials: 30, accuracy: () => null })
    expect(played.every(({ proposal }) => proposal.origin === 'random')).toBe(true)
  })

  it('goes on beside failures, and does not propose them again', () => {
    const played = play({}, { trials: 80, fails: true })
    expect(played.filter(({ proposal }) => proposal.origin === 'model')).toHaveLength(70)
    expect(new Set(played.map(({ proposal }) => proposal.architecture)).size).toBe(80)
    for (const { proposal } of played) {
      if (proposal.parent !== undefined) expect(proposal.parent % 3).not.toBe(0)
    }
  })

  it('fills a round with random architectures where there are too few mutants', () => {
    // One draw from each parent, ten parents: repeats and known ones are among them.
    const settings = { maxMutants: 1, candidates: 1, roundSize: 6 }
    const played = play(settings, { trials: 40 })
    const origins = played.slice(10).map(({ proposal }) => proposal.origin)
    expect(origins.slice(0, 6)).toEqual(['model', ...Array(5).fill('fallback')])
    for (const { proposal } of played) {
      expect(proposal.parent === undefined).toBe(proposal.origin !== 'model')
    }
  })

  it('repeats itself instead of hanging when the space is used up', () => {
    const twelve = chain(
      ChainSettings.parse({
        maxDepth: 2,
        conv: null,
        pool: { modes: ['max'], kernels: [2, 3, 4] },
      }),
    )
    const played = play({}, { trials: 40, space: twelve as unknown as SearchSpace<never> })
    const texts = played.map(({ proposal }) => proposal.architecture)
    expect(new Set(texts.slice(0, 12)).size).toBe(12)
    expect(played.at(-1)?.proposal.origin).toBe('fallback')
  })

  it('without a predictor takes the mutants as they were drawn', () => {
    const played = play({ acquisition: 'random' }, { trials: 30 })
    expect(played.slice(10).every(({ proposal }) => proposal.origin === 'mutation')).toBe(true)
  })

  it('is led by its predictor, more than by its mutants alone', () => {
    const share = (text: string) => (text.match(/conv3x3/g)?.length ?? 0) / 5
    const late = (settings: object) => {
      const optimizer = bananas(cells101 as SearchSpace, BananasSettings.parse(settings))
      const sums = [1, 2, 3, 4].map((seed) =>
        playSearch({ optimizer, seed, trials: 30, accuracy: share })
          .slice(10)
          .reduce((sum, { observation }) => sum + (observation.valAccuracy ?? 0), 0),
      )
      return sums.reduce((sum, one) => sum + one, 0) / 80
    }
    // The truncated paths do not show every vertex, so that the nets learn a part of it only.
    expect(late({ encoding: 'adjacency' })).toBeGreaterThan(late({ acquisition: 'random' }) + 0.05)
  })

  it('mutates several parents in equal shares', () => {
    const played = play({ parents: 5, candidates: 10, maxMutants: 50 }, { trials: 20 })
    const parents = played.slice(10).map(({ proposal }) => proposal.parent)
    expect(new Set(parents).size).toBe(5)
    for (const parent of parents) {
      expect(parents.filter((other) => other === parent)).toHaveLength(2)
    }
  })
})

describe('what the nets see', () => {
  const features = (space: unknown, settings: object = {}) =>
    featureEncoder(space as SearchSpace, BananasSettings.parse(settings))

  it('is the path encoding, truncated as in the source', () => {
    const cell = cells101.sample(Random.named(1))
    const all = cells101.encodings.path?.encode(cell)
    expect([...features(cells101)(cell)]).toEqual(all?.slice(0, 40))
    expect([...features(cells101, { truncation: 'none' })(cell)]).toEqual(all)
    expect([...features(cells101, { truncation: 13 })(cell)]).toEqual(all?.slice(0, 13))
    expect(features(cells)(cells.sample(Random.named(1)))).toHaveLength(30)
  })

  it('is the adjacency where it is wanted', () => {
    const cell = cells.sample(Random.named(2))
    const all = cells.encodings.adjacency?.encode(cell)
    expect([...features(cells, { encoding: 'adjacency' })(cell)]).toEqual(all)
  })

  it('is one number a value of each active parameter where there is nothing else', () => {
    const space = chain(ChainSettings.parse({ maxDepth: 3 }))
    const encode = features(space)
    const random = Random.named(4)
    const chains = Array.from({ length: 60 }, () => space.sample(random))
    const seen = new Map(chains.map((one) => [space.format(one), encode(one).join()]))
    expect(new Set(seen.values()).size).toBe(seen.size)
    const [short, long] = [1, 3].map((depth) => chains.find((one) => one.length === depth))
    const sum = (one: typeof short) => encode(one).reduce((total, value) => total + value, 0)
    expect(sum(short)).toBeLessThan(sum(long))
  })

  it('cannot be an encoding that the space does not offer', () => {
    const space = chain(ChainSettings.parse({}))
    expect(() => features(space, { encoding: 'path' })).toThrow(
      'The optimizer bananas cannot use the encoding "path" on the space chain, which does not offer it; leave the setting at auto',
    )
  })
})

describe('the surrogate', () => {
  const inputs = Array.from({ length: 20 }, (_, index) =>
    Float64Array.of(index % 2, Number(index > 9), 1),
  )
  const believe = (settings: object, errors: readonly number[]) =>
    surrogate(BananasSettings.parse({ epochs: 60, ...settings }))(
      { inputs, targets: Float64Array.from(errors) },
      inputs.slice(0, 2),
      Random.named(1),
    )

  it('says the mean, the deviation and the members', () => {
    const [first] = believe({}, Array(20).fill(7))
    expect(first?.members).toHaveLength(5)
    expect(first?.mean).toBeGreaterThan(5)
    expect(first?.deviation).toBeGreaterThan(0)
  })

  it('keeps the lower bound of mape below every error', () => {
    for (const errors of [Array(20).fill(5), Array(20).fill(3), Array(20).fill(0)]) {
      const beliefs = believe({ loss: 'mape' }, errors)
      expect(beliefs.every(({ mean }) => Number.isFinite(mean))).toBe(true)
    }
    expect(believe({ loss: 'mape' }, [4.6, ...Array(19).fill(9)])).not.toEqual(
      believe({ loss: 'mae' }, [4.6, ...Array(19).fill(9)]),
    )
  })
})
