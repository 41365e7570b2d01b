import { describe, expect, it } from 'vitest'
import { SmacSettings, smacRules } from '#src/optimizer/smac/settings.ts'
import { type SmacState, smac, smacEntry } from '#src/optimizer/smac/smac.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { tableMissing } from '#test/fixtures/nas-bench-201-table.ts'
import { type PlayedTrial, playSearch } from '#test/fixtures/play-search.ts'
import { mean } from '#test/fixtures/statistics.ts'
import { searchTable201 } from '#test/fixtures/table-201-searches.ts'

function spaceNamed(name: string): SearchSpace {
  const entry = spaceCatalog.find((candidate) => candidate.name === name)
  if (entry === undefined) throw new Error(`No space ${name}`)
  return entry.create(entry.settings.parse({}))
}

const nb201 = spaceNamed('nas-bench-201')
const worth = (architecture: string) => Random.named('worth', architecture).uniform()
const fast = { challengers: 200, localSearches: 3, initialTrialsMax: 8 }

interface Play {
  readonly trials?: number
  readonly window?: number
  readonly seed?: number
  readonly accuracy?: (architecture: string, trial: number) => number | null
}

function play(space: SearchSpace, settings: object, options: Play = {}) {
  const optimizer = smac(space, SmacSettings.parse(settings))
  return playSearch({ optimizer, seed: 3, trials: 40, accuracy: worth, ...options })
}

const origins = (played: readonly PlayedTrial[]) => played.map(({ proposal }) => proposal.origin)
const texts = (played: readonly PlayedTrial[]) =>
  played.map(({ proposal }) => proposal.architecture)
const states = (played: readonly PlayedTrial[]) => played.map(({ state }) => state as SmacState)

describe('settings', () => {
  it('are those of a facade, one by one replaceable', () => {
    expect(smacRules(SmacSettings.parse({}))).toEqual({
      randomProbability: 0.2,
      forest: {
        treeCount: 10,
        bootstrap: true,
        splitter: 'random',
        featureRatio: 1,
        minSplit: 2,
        minLeaf: 1,
        maxDepth: 2 ** 20,
        logTargets: true,
      },
    })
    const other = smacRules(SmacSettings.parse({ facade: 'algorithms', minLeaf: 2 }))
    expect(other).toMatchObject({
      randomProbability: 0.5,
      forest: { featureRatio: 5 / 6, minSplit: 3, minLeaf: 2, maxDepth: 20, logTargets: false },
    })
  })
})

describe('a search', () => {
  it('begins with its design, then mixes challengers with random ones', () => {
    const played = play(nb201, { ...fast, randomProbability: 0.3 }, { trials: 200 })
    expect(origins(played).slice(0, 8)).toEqual(Array(8).fill('random'))
    const later = origins(played).slice(8)
    expect(new Set(later)).toEqual(new Set(['random', 'model']))
    const share = later.filter((origin) => origin === 'random').length / later.length
    // False-alarm rate of 5 standard errors: below one in a million.
    expect(Math.abs(share - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / later.length))
  })

  it('fits anew after as many proposals as asked for', () => {
    const lengths = states(play(nb201, { ...fast, retrainAfter: 5 })).map(
      ({ queue }) => queue.length,
    )
    expect(lengths.slice(8, 20)).toEqual([0, 4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 4])
  })

  it('never proposes one twice, however many are under way', () => {
    for (const window of [1, 6]) {
      const played = play(nb201, fast, { trials: 120, window })
      expect(new Set(texts(played)).size).toBe(120)
    }
  })

  it('repeats itself only when the space is used up, and says so', () => {
    const macro = spaceNamed('nas-bench-macro')
    const small = { ...fast, maxDraws: 5, randomProbability: 0, challengers: 3 }
    const played = play(macro, small, { trials: 30 })
    expect(new Set(texts(played)).size).toBeGreaterThan(25)
  })

  it.each(['nas-bench-201', 'nas-bench-101', 'joint', 'chain'])(
    'has nearly all challengers from the model on %s',
    (name) => {
      const settings = { ...fast, randomProbability: 0 }
      const late = origins(play(spaceNamed(name), settings)).slice(8)
      expect(late.filter((origin) => origin === 'model')).toHaveLength(32)
    },
  )

  it('takes a failure for the highest cost', () => {
    const accuracy = (architecture: string) =>
      architecture.startsWith('|none') ? null : worth(architecture) / 2
    const trials = { trials: 90, accuracy }
    const share = (settings: object) => {
      const late = play(nb201, { ...fast, randomProbability: 0, ...settings }, trials).slice(40)
      return mean(late.map(({ observation }) => (observation.valAccuracy === null ? 1 : 0)))
    }
    expect(share({})).toBeLessThan(0.1)
  })

  it('remembers what was no cell, or passes it over', () => {
    const nb101 = spaceNamed('nas-bench-101')
    expect(states(play(nb101, fast)).at(-1)?.refused).not.toBe('')
    expect(states(play(nb101, { ...fast, invalid: 'redraw' })).at(-1)?.refused).toBe('')
  })

  it('finds the best of a simple landscape, which random search does not', () => {
    const goal = nb201.format(nb201.sample(Random.named(9, 'goal')))
    const words = (architecture: string) => architecture.split(/[|+]+/)
    const accuracy = (architecture: string) =>
      mean(words(architecture).map((word, place) => Number(word === words(goal)[place])))
    const best = (settings: object) =>
      mean(
        [1, 2, 3, 4].map((seed) =>
          Math.max(
            ...play(nb201, settings, { seed, trials: 60, accuracy }).map(
              ({ observation }) => observation.valAccuracy ?? 0,
            ),
          ),
        ),
      )
    expect(best({ initialTrialsMax: 20, challengers: 2000 })).toBeGreaterThan(
      best({ initialTrialsMax: 60 }) + 0.1,
    )
  })
})

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-201 (${tableMissing ?? 'table present'})`,
  () => {
    it('is ahead of the exact expectation of random search after 100 queries', () => {
      const { bests } = searchTable201(smacEntry, { searchCount: 12, trials: 100 })
      // 71.55 with a deviation of 0.77 for one search; four standard errors above it.
      expect(mean(bests)).toBeGreaterThan(71.55 + (4 * 0.77) / Math.sqrt(bests.length))
    })
  },
)
