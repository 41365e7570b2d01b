import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import {
  LargeScaleEvolutionSettings,
  type LargeScaleEvolutionState,
  largeScaleEvolution,
} from '#src/optimizer/large-scale-evolution.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { multiBranch } from '#src/space/multi-branch/multi-branch.ts'
import { MultiBranchSettings } from '#src/space/multi-branch/settings.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { observe } from '#test/fixtures/observe.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { chiSquare, chiSquareLimit } from '#test/fixtures/statistics.ts'

const chains: SearchSpace = chain(
  ChainSettings.parse({
    conv: { kernels: [1, 3, 5], strides: [1, 2], activations: ['relu', 'elu'] },
  }),
)
const cells: SearchSpace = nasBench201({ cellsPerStage: 1, channels: 4 })
const worth = (architecture: string) => Random.named('worth', architecture).uniform()

interface Options {
  readonly window?: number
  readonly space?: SearchSpace
  readonly failing?: number
  readonly inheritsWeights?: boolean
}

function play(settings: unknown, trials: number, options: Options = {}) {
  const { window = 1, space = chains, failing = 0, inheritsWeights = false } = options
  return playSearch({
    inheritsWeights,
    optimizer: largeScaleEvolution(space, LargeScaleEvolutionSettings.parse(settings)),
    seed: 6,
    trials,
    window,
    accuracy: (architecture, trial) =>
      Random.named('fails', trial).bernoulli(failing) ? null : worth(architecture),
  })
}

/** Asks once for a child of a population of these accuracies, many times over. */
function steps(accuracies: readonly (number | null)[], asks: number) {
  const optimizer = largeScaleEvolution(
    chains,
    LargeScaleEvolutionSettings.parse({ populationSize: accuracies.length }),
  )
  const history = growingHistory()
  let state = optimizer.init()
  for (const [trial, accuracy] of accuracies.entries()) {
    const text = chains.format(chains.sample(Random.named('member', trial)))
    history.append(observe(trial, text, accuracy ?? 'failed'))
    state = optimizer.tell(state, history.at(trial), history)
  }
  return Array.from({ length: asks }, (_, ask) => {
    const context = {
      trial: accuracies.length,
      random: Random.named(2, 'ask', ask),
      history,
      pending: [],
      fullFidelity: { epochs: 1 },
    }
    const [{ parent = -1 }, { population }] = optimizer.ask(state, context)
    const killed = [...accuracies.keys()].filter((position) => !population.includes(position))
    return { parent, killed }
  })
}

describe('settings', () => {
  it('have defaults', () => {
    expect(LargeScaleEvolutionSettings.parse({})).toEqual({
      populationSize: 100,
      start: 'smallest',
      mutations: null,
      inheritWeights: true,
    })
  })
})

describe('a pair', () => {
  it('kills by rank as reckoned: the best never, the worst most often', () => {
    const asks = 9000
    const ranked = [0.9, 0.7, 0.5, 0.3]
    const made = steps(ranked, asks)
    const counts = ranked.map((_, rank) => made.filter(({ killed }) => killed[0] === rank).length)
    expect(counts[0]).toBe(0)
    // (r - 1) / C(4, 2): 0, 1/6, 2/6, 3/6.
    const expected = [1, 2, 3].map((share) => (share * asks) / 6)
    expect(chiSquare(counts.slice(1), expected)).toBeLessThan(chiSquareLimit(2))
    for (const { parent, killed } of made) {
      expect(killed).toHaveLength(1)
      expect(parent, 'the better of the two').toBeLessThan(killed[0] ?? -1)
    }
  })

  it('takes a failed trial for worse than any accuracy', () => {
    const made = steps([null, 0.1], 50)
    expect(made.every(({ parent, killed }) => parent === 1 && killed[0] === 0)).toBe(true)
  })

  it('of equals lets either live', () => {
    const made = steps([0.5, 0.5], 400).filter(({ parent }) => parent === 0).length
    // 4.9 standard errors: a false alarm in a million.
    expect(Math.abs(made - 200)).toBeLessThan(49)
  })
})

describe('the population', () => {
  it.each([1, 2, 5])('is short by the trials under way, window %i', (window) => {
    const populationSize = 12
    const played = play({ populationSize }, 120, { window, failing: 0.1 })
    for (const [trial, { state, proposal }] of played.entries()) {
      const { population } = state as LargeScaleEvolutionState
      const told = Math.max(0, trial - window + 1)
      // Each of the trials that are not told stands for one that its ask killed, or is of the start.
      const expected = trial <= populationSize ? told : populationSize - (window - 1)
      expect(population).toHaveLength(expected)
      if (trial < populationSize) expect(proposal.origin).toBe('smallest')
      else expect(proposal.origin).toBe('mutation')
      if (proposal.parent !== undefined) expect(proposal.parent).toBeLessThan(told)
    }
  })

  it('always holds the best that was told', () => {
    const played = play({ populationSize: 8 }, 150)
    const worths = played.map(({ observation }) => observation.valAccuracy ?? -1)
    for (const [trial, { state }] of played.entries()) {
      if (trial === 0) continue
      const told = worths.slice(0, trial)
      const { population } = state as LargeScaleEvolutionState
      expect(population.map((position) => worths[position])).toContain(Math.max(...told))
    }
  })

  it('goes on as at the start where nearly all are under way', () => {
    const played = play({ populationSize: 3 }, 30, { window: 10 })
    expect(played.slice(0, 10).every(({ proposal }) => proposal.origin === 'smallest')).toBe(true)
    expect(played.some(({ proposal }) => proposal.origin === 'mutation')).toBe(true)
  })
})

describe('the start', () => {
  it('is at the smallest networks, from which the search grows', () => {
    const depthOf = (architecture: string) => architecture.split('|').length
    const played = play({ populationSize: 10 }, 250)
    const depths = played.map(({ proposal }) => depthOf(proposal.architecture))
    expect(new Set(depths.slice(0, 10))).toEqual(new Set([1]))
    expect(Math.max(...depths)).toBeGreaterThan(3)
  })

  it('is random where it is asked to be, or where a space has no smallest', () => {
    expect(play({ start: 'random' }, 5)[0]?.proposal.origin).toBe('random')
    const elsewhere = play({ populationSize: 5 }, 20, { space: cells })
    expect(elsewhere.map(({ proposal }) => proposal.origin)).toEqual([
      ...Array(5).fill('random'),
      ...Array(15).fill('mutation'),
    ])
  })
})

describe('weights', () => {
  const heirs = { populationSize: 10 }
  const inheritsWeights = true

  it('come from the parent, where it has any and the run hands them on', () => {
    const played = play(heirs, 200, { inheritsWeights, failing: 0.3 })
    const children = played.slice(10).map(({ proposal }) => proposal)
    expect(children.some(({ weightsFrom }) => weightsFrom !== undefined)).toBe(true)
    for (const { origin, parent, weightsFrom } of children) {
      const { valAccuracy } = played[parent ?? -1]?.observation ?? {}
      const expected = valAccuracy === null || origin === 'reset-weights' ? undefined : parent
      expect(weightsFrom).toBe(expected)
    }
    for (const { proposal } of play(heirs, 100)) expect(proposal.weightsFrom).toBeUndefined()
  })

  it('stay as they are in a child of its own parent, and are none in a reset one', () => {
    const played = play(heirs, 600, { inheritsWeights })
    const counts = { identity: 0, 'reset-weights': 0, mutation: 0 }
    for (const { proposal } of played.slice(10)) {
      const { architecture, origin, parent, weightsFrom } = proposal
      counts[origin as keyof typeof counts] += 1
      const isSame = architecture === played[parent ?? -1]?.proposal.architecture
      expect(isSame).toBe(origin !== 'mutation')
      expect(weightsFrom).toBe(origin === 'reset-weights' ? undefined : parent)
    }
    // Two of seven kinds, always possible, and five that not always are: at least 1/7 each; 590
    // draws of 1/7 have a standard deviation of 8.5, so 40 below is a false alarm in a million.
    expect(counts.identity).toBeGreaterThan(590 / 7 - 40)
    expect(counts['reset-weights']).toBeGreaterThan(590 / 7 - 40)
    expect(counts.mutation).toBeGreaterThan(200)
  })

  it('are not inherited where the settings say so, and then nothing is kept for it', () => {
    const settings = { ...heirs, inheritWeights: false }
    expect(play(settings, 100, { inheritsWeights })).toEqual(play(settings, 100))
    const optimizer = largeScaleEvolution(chains, LargeScaleEvolutionSettings.parse(settings))
    expect(optimizer.weightSources).toBeUndefined()
  })

  it('may be those of the living that did not fail', () => {
    const optimizer = largeScaleEvolution(chains, LargeScaleEvolutionSettings.parse(heirs))
    const history = growingHistory()
    for (const [trial, result] of [0.5, 'failed', 0.7, 0.1].entries()) {
      history.append(observe(trial + 5, 'conv3-16-relu', result as number))
    }
    expect(optimizer.weightSources?.({ population: [0, 1, 3] }, history)).toEqual([5, 8])
  })

  it('change only by mutation where the space names no kinds', () => {
    const played = play({ populationSize: 4 }, 60, { space: cells, inheritsWeights })
    const children = played.slice(4).map(({ proposal }) => proposal)
    expect(children.every(({ origin }) => origin === 'mutation')).toBe(true)
    expect(children.every(({ parent, weightsFrom }) => weightsFrom === parent)).toBe(true)
  })

  it('are a kind of change to name, which makes none where none are handed on', () => {
    const settings = { populationSize: 4, mutations: ['identity', 'filter-size'] }
    const origins = (hands: boolean) =>
      new Set(play(settings, 60, { inheritsWeights: hands }).map(({ proposal }) => proposal.origin))
    expect(origins(true)).toEqual(new Set(['smallest', 'identity', 'mutation']))
    expect(origins(false)).toEqual(new Set(['smallest', 'mutation']))
  })
})

describe('mutations', () => {
  it('are of the kinds named', () => {
    const settings = { populationSize: 4, start: 'random', mutations: ['filter-size'] }
    const played = play(settings, 80)
    const shape = (architecture: string) => architecture.replace(/conv\d/g, 'conv')
    for (const { proposal } of played.slice(4)) {
      const parent = played[proposal.parent ?? -1]?.proposal.architecture ?? ''
      // A network without convolutions has no filter: then the space's own mutation makes the child.
      if (!parent.includes('conv')) continue
      expect(shape(proposal.architecture)).toBe(shape(parent))
    }
  })

  it('are each made about equally often, and none that is not possible', () => {
    const branches: SearchSpace = multiBranch(MultiBranchSettings.parse({}))
    const played = play({ populationSize: 20, start: 'random' }, 500, { space: branches })
    const depth = (architecture: string) => architecture.split('|').length
    const grown = played.slice(20).map(({ proposal }) => {
      const parent = played[proposal.parent ?? -1]?.proposal.architecture ?? ''
      return depth(proposal.architecture) - depth(parent)
    })
    for (const change of [-1, 0, 1]) expect(grown).toContain(change)
    expect(Math.max(...grown.map(Math.abs))).toBe(1)
  })

  it('are the space\u2019s own where it names none', () => {
    const played = play({ populationSize: 4 }, 30, { space: cells })
    for (const { proposal } of played.slice(4)) {
      const parent = played[proposal.parent ?? -1]?.proposal.architecture ?? ''
      const around = [...cells.neighbours(cells.parse(parent))].map((other) => cells.format(other))
      expect(around).toContain(proposal.architecture)
    }
  })

  it('that a space does not have are refused, with those that it has', () => {
    const settings = LargeScaleEvolutionSettings.parse({ mutations: ['add-skip'] })
    expect(() => largeScaleEvolution(chains, settings)).toThrow(
      /"add-skip", but the space chain has the kinds insert-convolution, .*filter-size; name one/,
    )
    expect(() => largeScaleEvolution(cells, settings)).toThrow(/has no kinds of change; name one/)
  })
})
