import { afterAll, describe, test } from 'vitest'
import { Arena } from '#test/fixtures/faults/arena.ts'
import { faultScenarios } from '#test/fixtures/faults/catalog.ts'

const arena = new Arena('short')
afterAll(() => arena.end())

// The short form; `npm run bench -- faults` plays the long one.
describe('a pool survives', () => {
  for (const scenario of faultScenarios) {
    const reason = scenario.missing?.() ?? null
    test(`${scenario.name}: ${scenario.holds}`, { timeout: 120_000 }, async (context) => {
      if (reason !== null) context.skip(reason)
      await scenario.play(arena)
    })
  }
})
