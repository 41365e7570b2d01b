import { describe, expect, test } from 'vitest'
import { startMethod } from '#src/experiment/method.ts'
import { trialSeed } from '#src/experiment/trial-seed.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import { sensitiveOptimizer } from '#test/fixtures/simulated-run.ts'

const plan = { seed: '3', fidelity: { epochs: 2 } }
const observation = {
  trial: 0,
  architecture: 'a',
  fidelity: { epochs: 1 },
  outcome: 'completed',
  valAccuracy: 0.5,
  parameterCount: null,
  costSeconds: 1,
} as const

/** Proposes whatever it is given. */
function proposing(proposal: Proposal): Optimizer {
  return { name: 'fixed', init: () => null, ask: () => [proposal, null], tell: () => null }
}

describe('method', () => {
  test('equal calls give equal proposals', () => {
    const run = () => {
      const method = startMethod(sensitiveOptimizer(), plan)
      const first = method.ask(0)
      method.tell(observation)
      return [first, method.ask(1)]
    }
    expect(run()).toEqual(run())
  })

  test('each trial has a stream of its own, whatever was asked before', () => {
    const asked = startMethod(sensitiveOptimizer(), plan)
    asked.ask(0)
    const fresh = startMethod(sensitiveOptimizer(), plan)
    const draw = ({ architecture }: Proposal) => architecture.split('-')[2]
    expect(draw(asked.ask(1))).toBe(draw(fresh.ask(1)))
  })

  test('the history already ends with the observation when the optimizer is told', () => {
    const lengths: number[] = []
    const method = startMethod(
      {
        ...proposing({ architecture: 'a', fidelity: { epochs: 1 }, origin: 'x' }),
        tell: (_, told, history) => {
          lengths.push(history.length)
          expect(history.at(history.length - 1)).toEqual(told)
          return null
        },
      },
      plan,
    )
    method.tell(observation)
    expect(lengths).toEqual([1])
  })

  test('shows what was proposed and is not told, by rising trial', () => {
    const seen: (readonly number[])[] = []
    const optimizer: Optimizer = {
      ...proposing({ architecture: 'a', fidelity: { epochs: 1 }, origin: 'x' }),
      ask: (_, { pending, trial }) => {
        seen.push(pending.map((waiting) => waiting.trial))
        return [{ architecture: `a${trial}`, fidelity: { epochs: 1 }, origin: 'x' }, null]
      },
    }
    const method = startMethod(optimizer, plan)
    method.ask(0)
    method.ask(1)
    method.tell({ ...observation, trial: 1 })
    method.ask(2)
    method.tell(observation)
    method.ask(3)
    expect(seen).toEqual([[], [0], [0], [2]])
  })

  test('puts keys in one order', () => {
    const scrambled = { origin: 'x', fidelity: { epochs: 1 }, parent: 0, architecture: 'a' }
    expect(JSON.stringify(startMethod(proposing(scrambled), plan).ask(1))).toBe(
      '{"architecture":"a","fidelity":{"epochs":1},"origin":"x","parent":0}',
    )
  })

  test.each([
    [{ architecture: '', fidelity: { epochs: 1 }, origin: 'x' }, 'for trial 5: architecture: '],
    [
      { architecture: 'a', fidelity: { epochs: 3 }, origin: 'x' },
      'Optimizer fixed proposed 3 epochs for trial 5, expected at most 2',
    ],
  ])('refuses the broken proposal %j', (proposal, message) => {
    expect(() => startMethod(proposing(proposal), plan).ask(5)).toThrow(message)
  })
})

describe('trial seed', () => {
  test('is a decimal string of at most 53 bits, recorded here', () => {
    const seeds = [0, 1, 2].map((trial) => trialSeed('7', trial))
    expect(seeds).toMatchInlineSnapshot(`
      [
        "3416816603016107",
        "3432630606166343",
        "5315186941732369",
      ]
    `)
    for (const seed of seeds) {
      expect(seed).toMatch(/^[0-9]+$/)
      expect(Number(seed)).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
    }
  })

  test('differs between runs and trials', () => {
    const seeds = ['7', '8'].flatMap((run) => [0, 1, 2].map((trial) => trialSeed(run, trial)))
    expect(new Set(seeds).size).toBe(6)
  })
})
