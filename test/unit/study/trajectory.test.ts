import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { summarizeCell } from '#src/study/summary.ts'
import {
  incumbentAfter,
  incumbentAtSeconds,
  incumbentCurve,
  recordTrajectory,
} from '#src/study/trajectory.ts'

/** Validation accuracies by trial, null for a failure; and the order in which the trials end. */
function record(values: readonly (number | null)[], order = values.map((_, trial) => trial)) {
  const recorder = recordTrajectory()
  for (const trial of values.keys()) {
    recorder.propose(
      {
        architecture: `a${trial}`,
        fidelity: { epochs: trial + 1 },
        origin: trial === 0 ? 'random' : 'mutation',
        ...(trial > 0 && { parent: trial - 1 }),
      },
      0,
      0.25,
    )
    recorder.start(trial, 0)
  }
  for (const [place, trial] of order.entries()) {
    const valAccuracy = values[trial] ?? null
    recorder.end(trial, {
      outcome: valAccuracy === null ? 'diverged' : 'completed',
      valAccuracy,
      parameterCount: null,
      costSeconds: 10,
      atSeconds: 10 * (place + 1),
    })
    recorder.tell(trial, 0.5)
  }
  return recorder.finish()
}

const testOf = (architecture: string) => Number(architecture.slice(1)) / 100

describe('the incumbent curve', () => {
  it('changes where a trial beats all that ended before it', () => {
    const curve = incumbentCurve(record([0.5, 0.4, null, 0.7, 0.7]), testOf)
    expect([...curve.endedCounts]).toEqual([1, 4])
    expect([...curve.trials]).toEqual([0, 3])
    expect([...curve.valAccuracies]).toEqual([0.5, 0.7])
    expect([...curve.testAccuracies]).toEqual([0, 0.03])
    expect([...curve.seconds]).toEqual([10, 40])
  })

  it('follows the order in which trials end, and takes the lower index of equals', () => {
    const curve = incumbentCurve(record([0.7, 0.6, 0.7], [2, 1, 0]), testOf)
    expect([...curve.trials]).toEqual([2, 0])
    expect([...curve.endedCounts]).toEqual([1, 3])
  })

  it('adds what the optimizer took until then', () => {
    const curve = incumbentCurve(record([0.5, 0.6]), testOf)
    // Two asks before anything ended; one tell before the second ended.
    expect([...curve.secondsWithOverhead]).toEqual([10.5, 21])
  })

  it('is empty when everything failed', () => {
    const curve = incumbentCurve(record([null, null]), testOf)
    expect(curve.trials).toHaveLength(0)
    expect(incumbentAfter(curve, 2)).toBeNull()
  })

  it('asks for the test accuracy of incumbents alone', () => {
    const asked: string[] = []
    incumbentCurve(record([0.5, 0.4, 0.9, 0.8]), (architecture) => {
      asked.push(architecture)
      return 0
    })
    expect(asked).toEqual(['a0', 'a2'])
  })

  it('gives at each place the best of what had ended', () => {
    const values = fc.array(fc.option(fc.constantFrom<number>(0.1, 0.2, 0.3, 0.4)), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(values, (accuracies) => {
        const curve = incumbentCurve(record(accuracies), testOf)
        for (let ended = 1; ended <= accuracies.length; ended++) {
          const seen = accuracies.slice(0, ended)
          const best = seen.reduce<number | null>(
            (top, value) => (value !== null && (top === null || value > top) ? value : top),
            null,
          )
          const found = incumbentAfter(curve, ended)
          expect(found?.valAccuracy ?? null).toBe(best)
          expect(found?.trial ?? -1).toBe(best === null ? -1 : seen.indexOf(best))
          expect(incumbentAtSeconds(curve, 10 * ended)).toEqual(found)
        }
        expect(incumbentAtSeconds(curve, 9.9)).toBeNull()
      }),
      { numRuns: 100, seed: 5 },
    )
  })
})

describe('a summary', () => {
  it('counts outcomes and origins and measures the calls', () => {
    const trajectory = record([0.5, null, 0.7])
    const summary = summarizeCell({
      key: { method: 'm', benchmark: 'b', seed: '0' },
      trajectory,
      incumbents: incumbentCurve(trajectory, testOf),
      reason: 'trials',
      fingerprint: 'f',
    })
    expect(summary.outcomeCounts).toEqual({ completed: 2, diverged: 1 })
    expect(summary.originCounts).toEqual({ random: 1, mutation: 2 })
    expect(summary.endedCount).toBe(3)
    expect(summary.seconds).toBe(30)
    expect(summary.ask).toEqual({ total: 0.75, median: 0.25, p95: 0.25, max: 0.25 })
    expect(summary.tell.total).toBe(1.5)
  })
})
