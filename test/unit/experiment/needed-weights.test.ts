import { describe, expect, it } from 'vitest'
import { neededWeights } from '#src/experiment/needed-weights.ts'
import { type ExperimentState, initialState } from '#src/experiment/state.ts'
import { observe } from '#test/fixtures/observe.ts'
import { toyPlan, toyResult } from '#test/fixtures/simulated-run.ts'

const proposal = { architecture: 'a', fidelity: { epochs: 1 }, origin: 'toy' }
const active = (trial: number, weightsFrom?: number) => ({
  trial,
  proposal: { ...proposal, ...(weightsFrom !== undefined && { weightsFrom }) },
  attempts: 1,
  running: true,
  crashes: 0,
})
const searching: ExperimentState = {
  ...initialState(),
  phase: 'searching',
  plan: { ...toyPlan, inheritsWeights: true },
  active: [active(11, 2), active(12)],
  held: [observe(10, 'a', 0.4)],
  best: { trial: 5, proposal, result: toyResult(5, 0.9) },
}
const needed = (state: ExperimentState, sources: readonly number[] = [7, 8]) =>
  [...neededWeights(state, sources)].sort((one, two) => one - two)

describe('the weights that may still be asked for', () => {
  it('are those of the best, of what is under way and its parents, of what is not told, and of sources', () => {
    expect(needed(searching)).toEqual([2, 5, 7, 8, 10, 11, 12])
  })

  it('are those of the best and of what is under way where nobody inherits', () => {
    expect(needed({ ...searching, plan: toyPlan, active: [active(11)] })).toEqual([5, 11])
  })

  it('are those of the best alone once nothing is proposed any more', () => {
    for (const phase of ['selecting', 'testing', 'finishing', 'finished'] as const) {
      expect(needed({ ...searching, phase, active: [], held: [] })).toEqual([5])
    }
  })

  it('are none before the first trial', () => {
    expect(needed(initialState(), [])).toEqual([])
  })
})
