import { describe, expect, test } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import type { Observation } from '#src/trial/observation.ts'
import { outcomes } from '#src/trial/outcome.ts'

function observation(trial: number): Observation {
  return {
    trial,
    architecture: `a${trial}`,
    fidelity: { epochs: 1 + (trial % 3) },
    outcome: outcomes[trial % outcomes.length] ?? 'completed',
    valAccuracy: trial % 2 === 0 ? trial / 1_000 : null,
    parameterCount: trial % 5 === 0 ? null : trial * 1_000_000,
    costSeconds: trial / 7,
  }
}

describe('history', () => {
  test('gives back what was appended, past every doubling', () => {
    const history = growingHistory()
    const all = Array.from({ length: 300 }, (_, trial) => observation(trial))
    for (const item of all) history.append(item)
    expect(history.length).toBe(300)
    expect(all.map((_, position) => history.at(position))).toEqual(all)
  })

  test('shares fidelities', () => {
    const history = growingHistory()
    for (const trial of [0, 3]) history.append(observation(trial))
    expect(history.at(0).fidelity).toBe(history.at(1).fidelity)
  })

  test.each([-1, 1, 0.5])('refuses position %d of one', (position) => {
    const history = growingHistory()
    history.append(observation(0))
    expect(() => history.at(position)).toThrow(`no position ${position}: it holds 1`)
  })
})
