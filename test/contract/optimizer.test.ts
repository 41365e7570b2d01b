import { describe, expect, it } from 'vitest'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { optimizerContract } from './optimizer.contract.ts'

interface Case {
  /** Those that change what it does, start-up short. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Enough to pass its start-up; 40 by default. */
  readonly trials?: number
  /** By name; all by default. Where models make a search dear: one of each kind that it treats apart. */
  readonly spaces?: readonly string[]
}

const cases: Readonly<Record<string, readonly Case[]>> = {
  'random-search': [
    { settings: {} },
    { settings: { unique: true } },
    { settings: { unique: true, maxDraws: 1 } },
  ],
  'regularized-evolution': [
    { settings: { populationSize: 10, sampleSize: 3 } },
    { settings: { populationSize: 10, sampleSize: 3, replacement: false } },
    { settings: { populationSize: 10, sampleSize: 10, removal: 'worst' } },
    { settings: { populationSize: 1, sampleSize: 1 } },
    // The defaults: these few trials only see the random ones.
    { settings: {} },
  ],
  reinforce: [
    { settings: {} },
    {
      settings: { updateRule: 'adam', baselineOrder: 'advantage-first', failureReward: null },
      spaces: ['nas-bench-101', 'nas-bench-201', 'chain', 'joint'],
    },
  ],
  'local-search': [
    { settings: { initialCount: 3, restartCount: 1 } },
    {
      settings: { initialCount: 1, improvement: 'full', order: 'listed', known: 'nothing' },
      spaces: ['nas-bench-201', 'chain', 'nas-bench-macro'],
    },
    {
      settings: { initialCount: 2, known: 'architecture', afterOptimum: 'continue' },
      spaces: ['nas-bench-101', 'nas-bench-201', 'joint'],
    },
  ],
  'differential-evolution': [
    { settings: { populationSize: 8 } },
    {
      settings: { populationSize: 3, boundary: 'clip', crossoverRate: 0.9 },
      spaces: ['nas-bench-101', 'nas-bench-201', 'joint'],
    },
  ],
  // A space of each kind: choices, conditional numbers and choices, forbidden combinations.
  'arc-gp': [
    {
      settings: { initialTrials: 5, randomCandidates: 20, mutantCandidates: 20 },
      trials: 14,
      spaces: ['nas-bench-201', 'chain'],
    },
    {
      settings: {
        initialTrials: 4,
        hyperparameters: 'slice',
        samples: 2,
        target: 'error',
        mutantCandidates: 20,
      },
      trials: 7,
      spaces: ['nas-bench-101', 'joint'],
    },
    {
      settings: { initialTrials: 3, kernel: 'squared-exponential', climbSteps: 0 },
      trials: 6,
      spaces: ['recurrent', 'multigraph'],
    },
  ],
  // A space whose cells are graphs, one of two cells, one of whole networks.
  'nas-bowl': [
    {
      settings: { initialTrials: 5, randomCandidates: 20, mutantCandidates: 20 },
      trials: 14,
      spaces: ['nas-bench-101', 'nas-bench-201', 'hyperparameters'],
    },
    {
      settings: {
        initialTrials: 4,
        variant: 'optimal-assignment',
        target: 'error',
        randomCandidates: 5,
        mutantCandidates: 5,
        climbSteps: 0,
      },
      trials: 8,
      spaces: ['darts', 'chain'],
    },
  ],
  // A space whose cells are graphs, one of two cells, one of whole networks.
  nasbot: [
    {
      settings: { initialTrials: 5, settingDraws: 10, evaluationsMin: 20, evaluationsMax: 20 },
      trials: 14,
      spaces: ['nas-bench-101', 'nas-bench-201', 'hyperparameters'],
    },
    {
      settings: {
        initialTrials: 4,
        settingDraws: 5,
        target: 'error',
        evaluationsMin: 6,
        evaluationsMax: 6,
        epochMutants: 3,
      },
      trials: 8,
      spaces: ['darts', 'chain'],
    },
  ],
  tpe: [
    {
      settings: { startupTrials: 8, rules: 'hyperopt' },
      spaces: ['nas-bench-101', 'nas-bench-201', 'chain', 'joint'],
    },
    {
      settings: { startupTrials: 8, rules: 'optuna', joint: 'group', unique: true },
      trials: 30,
      spaces: ['nas-bench-201', 'chain', 'joint'],
    },
    {
      settings: { startupTrials: 8, invalid: 'redraw', pending: 'ignore', bandwidth: 'scott' },
      trials: 25,
      spaces: ['nas-bench-101', 'joint'],
    },
    // Every other space, most of it the start.
    { settings: { startupTrials: 8, candidates: 4 }, trials: 12 },
  ],
  // A fit costs: a space of each encoding, small nets trained briefly.
  bananas: [
    {
      settings: { initialTrials: 5, roundSize: 4, candidates: 8, epochs: 2 },
      trials: 14,
      spaces: ['nas-bench-101', 'chain', 'joint'],
    },
    {
      settings: {
        initialTrials: 3,
        roundSize: 3,
        parents: 2,
        acquisition: 'ei',
        loss: 'mape',
        epochs: 2,
      },
      trials: 12,
      spaces: ['nas-bench-201'],
    },
    {
      settings: { acquisition: 'random', initialTrials: 5, roundSize: 5, candidates: 10 },
      trials: 20,
      spaces: ['nas-bench-201', 'amoebanet'],
    },
  ],
  neuroevolution: [
    { settings: { populationSize: 6, eliteCount: 2 } },
    { settings: { populationSize: 4, start: 'smallest' }, spaces: ['chain', 'multi-branch'] },
  ],
  'nsga-ii': [
    { settings: { populationSize: 6 } },
    {
      settings: { populationSize: 4, objectives: ['valError', 'costSeconds'], unique: false },
      spaces: ['nas-bench-201', 'chain', 'joint'],
    },
  ],
  'large-scale-evolution': [
    { settings: { populationSize: 8 } },
    {
      settings: { populationSize: 2, start: 'random', mutations: ['filter-size'] },
      spaces: ['chain', 'multi-branch'],
    },
  ],
  smac: [
    {
      settings: { initialTrialsMax: 8, challengers: 60, localSearches: 2, retrainAfter: 3 },
      trials: 24,
      spaces: ['nas-bench-101', 'nas-bench-201', 'chain', 'joint'],
    },
    {
      settings: {
        facade: 'algorithms',
        initialDesign: 'random',
        initialTrialsMax: 6,
        challengers: 40,
        localSearches: 1,
        invalid: 'redraw',
      },
      trials: 20,
      spaces: ['nas-bench-101', 'joint'],
    },
    // Every other space, most of it the start.
    { settings: { initialTrialsMax: 6, challengers: 20, localSearches: 1 }, trials: 10 },
  ],
  'cma-es': [
    {
      settings: { populationSize: 5 },
      spaces: ['nas-bench-101', 'nas-bench-201', 'chain', 'joint'],
    },
    {
      settings: { populationSize: 4, encoding: 'one-hot', keepMoving: false, maxDraws: 2 },
      trials: 20,
      spaces: ['nas-bench-101', 'nas-bench-201', 'joint'],
    },
    // Every other space.
    { settings: { populationSize: 4 }, trials: 10 },
  ],
  // A fresh controller for every call: small ones, on a space of each kind of encoding.
  'rnn-controller': [
    {
      settings: { hidden: 6, batchSize: 4 },
      trials: 15,
      spaces: ['nas-bench-101', 'nas-bench-201', 'chain', 'joint', 'multi-branch'],
    },
    { settings: { hidden: 4, failureReward: null }, trials: 12, spaces: ['nas-bench-201'] },
  ],
  'ppo-controller': [
    {
      settings: { hidden: 6, batchSize: 4, epochs: 2 },
      trials: 15,
      spaces: ['nas-bench-101', 'nas-bench-201', 'nasnet', 'chain'],
    },
  ],
}

for (const entry of optimizerCatalog) {
  for (const { settings, trials = 40, spaces } of cases[entry.name] ?? []) {
    for (const spaceEntry of spaceCatalog) {
      if (spaces && !spaces.includes(spaceEntry.name)) continue
      const space = spaceEntry.create(spaceEntry.settings.parse({}))
      const name = `${entry.name} ${JSON.stringify(settings)} on ${space.name}`
      const misfit = entry.misfit?.(space)
      if (misfit) {
        it(`${name} says why it cannot search it`, () => {
          expect(misfit).toMatch(/^(needs|takes) .*[^.]$/)
        })
        continue
      }
      const make = () => entry.create(space, entry.settings.parse(settings))
      optimizerContract({ name, space, make, trials })
    }
  }
}

describe('optimizer catalog', () => {
  it('has cases for every optimizer, so that each is tested', () => {
    expect(Object.keys(cases).sort()).toEqual(optimizerCatalog.map(({ name }) => name).sort())
    const known = new Set(spaceCatalog.map(({ name }) => name))
    for (const { spaces } of Object.values(cases).flat()) {
      for (const space of spaces ?? []) expect(known).toContain(space)
    }
  })

  it('names every optimizer once, as the optimizer names itself', () => {
    expect(new Set(optimizerCatalog.map(({ name }) => name)).size).toBe(optimizerCatalog.length)
    for (const entry of optimizerCatalog) {
      const spaces = spaceCatalog.map((space) => space.create(space.settings.parse({})))
      const space = spaces.find((candidate) => !entry.misfit?.(candidate))
      if (space === undefined) throw new Error(`${entry.name} searches no space that ships`)
      expect(entry.create(space, entry.settings.parse({})).name).toBe(entry.name)
      expect(entry.summary).toMatch(/^[A-Z].*[^.]$/)
      expect(entry.source).toMatch(/\d{4}/)
    }
  })

  it('refuses unknown settings', () => {
    for (const entry of optimizerCatalog) {
      expect(entry.settings.safeParse({ nonsense: 1 }).success).toBe(false)
    }
  })
})
