import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import { generationOf, populationAfter } from '#src/optimizer/trial-generations.ts'
import { Random } from '#src/random/random.ts'
import { observe } from '#test/fixtures/observe.ts'

const sizes = { first: 4, later: 3 }

/** The trials of each generation, in the order in which the population got them. */
const trialsByGeneration = populationAfter<readonly (readonly number[])[]>(
  sizes,
  (before, children) => [...(before ?? []), children.map(({ trial }) => trial)],
)

describe('generations by trial number', () => {
  it('have the first size, then the later one', () => {
    expect(Array.from({ length: 11 }, (_, trial) => generationOf(trial, sizes))).toEqual([
      0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3,
    ])
  })

  it('make a population once all of their trials are told', () => {
    const history = growingHistory()
    const counts = Array.from({ length: 11 }, (_, trial) => {
      history.append(observe(trial, 'a', 0.5))
      return trialsByGeneration(history)?.length ?? 0
    })
    expect(counts).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3])
    expect(trialsByGeneration(history)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ])
  })

  it('take trials by number, in whatever order they are told', () => {
    const straight = growingHistory()
    for (let trial = 0; trial < 22; trial++) straight.append(observe(trial, 'a', 0.5))
    for (let seed = 0; seed < 30; seed++) {
      const history = growingHistory()
      const order = Random.named(seed).shuffle([...Array(22).keys()])
      for (const trial of order) {
        history.append(observe(trial, 'a', 0.5))
        // Asked in between, it is the same in the end.
        if (Random.named(seed, trial).bernoulli(0.3)) trialsByGeneration(history)
      }
      expect(trialsByGeneration(history)).toEqual(trialsByGeneration(straight))
    }
  })

  it('wait for a generation before one that is told already', () => {
    const history = growingHistory()
    for (const trial of [4, 5, 6, 7, 0, 1, 2]) history.append(observe(trial, 'a', 0.5))
    expect(trialsByGeneration(history)).toBe(null)
    history.append(observe(3, 'a', 0.5))
    expect(trialsByGeneration(history)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6],
    ])
  })
})
