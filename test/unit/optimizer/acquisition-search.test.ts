import { describe, expect, it } from 'vitest'
import { searchAcquisition } from '#src/optimizer/acquisition-search.ts'
import { costOf, standardizedCosts } from '#src/optimizer/surrogate-costs.ts'
import { Random } from '#src/random/random.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'

const space = nasBench201({ cellsPerStage: 1, channels: 4, mutation: 'edge' }) as SearchSpace
const all = [...(space.support?.() ?? [])].map(({ architecture }) => architecture)
const told = [7, 1000].map((index, trial) => ({
  trial,
  architecture: space.format(all[index]),
}))
const settings = { randomCandidates: 30, mutantCandidates: 20, parents: 2, climbSteps: 0 }

/** How often an operation stands in a cell: single changes lead up from everywhere. */
const worthOf = (architectures: readonly unknown[]) =>
  architectures.map((cell) => (cell as string[]).filter((name) => name === 'nor_conv_3x3').length)

function search(changed: object, isNew = (_form: string) => true) {
  return searchAcquisition(
    space,
    { ...settings, ...changed },
    { best: told, worthOf, isNew, random: Random.named('search') },
  )
}

describe('the search for the largest acquisition', () => {
  it('climbs to the top by single changes', () => {
    const chosen = search({ climbSteps: 10 })
    expect(worthOf([chosen?.architecture])).toEqual([6])
    expect(worthOf([search({})?.architecture])[0]).toBeLessThan(6)
  })

  it('looks at draws and mutants, each text once', () => {
    const seen: string[] = []
    const found = searchAcquisition(space, settings, {
      best: told,
      worthOf(architectures) {
        seen.push(...architectures.map((architecture) => space.format(architecture)))
        return worthOf(architectures)
      },
      isNew: () => true,
      random: Random.named('search'),
    })
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThan(35)
    expect(seen.length).toBeLessThanOrEqual(50)
    expect(seen).toContain(found?.text)
  })

  it('names the trial that a mutant descends from, through a climb', () => {
    const chosen = search({ randomCandidates: 0, climbSteps: 10 })
    expect([0, 1]).toContain(chosen?.parent)
    const parent = told[0]?.architecture ?? ''
    const only = search({ randomCandidates: 0, parents: 1 })
    const cell = (text: string) => space.parse(text) as string[]
    const changes = cell(only?.text ?? '').filter((name, edge) => name !== cell(parent)[edge])
    expect(only?.parent).toBe(0)
    expect(changes).toHaveLength(1)
  })

  it('takes the best that is new, and nothing where nothing is', () => {
    const best = search({})
    const without = search({}, (form) => form !== space.canonical(best?.architecture))
    expect(without?.text).not.toBe(best?.text)
    const [most = 0, next = 0] = [best, without].map((one) => worthOf([one?.architecture])[0])
    expect(next).toBeLessThanOrEqual(most)
    expect(search({}, () => false)).toBeNull()
  })
})

describe('costs', () => {
  it('are errors, or their logarithms', () => {
    expect(costOf(0.9, 'error')).toBeCloseTo(0.1, 12)
    expect(costOf(0.9, 'log-error')).toBeCloseTo(Math.log(0.1), 12)
    expect(costOf(1, 'log-error')).toBeCloseTo(Math.log(1e-6), 12)
  })

  it('are standardised, those that failed as the worst', () => {
    const costs = [...(standardizedCosts([1, null, 3]) ?? [])]
    expect(costs[1]).toBe(costs[2])
    expect(costs.reduce((sum, cost) => sum + cost, 0)).toBeCloseTo(0, 12)
    expect(costs.reduce((sum, cost) => sum + cost ** 2, 0) / 3).toBeCloseTo(1, 12)
    expect(standardizedCosts([null])).toBeNull()
    expect(standardizedCosts([])).toBeNull()
    expect(standardizedCosts([2, 2])).toEqual(Float64Array.of(0, 0))
  })
})
