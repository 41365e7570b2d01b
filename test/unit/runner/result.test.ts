import { describe, expect, test } from 'vitest'
import { initialState } from '#src/experiment/state.ts'
import { RunResult, runResult } from '#src/runner/result.ts'
import { memoryJournal } from '#test/fixtures/memory-journal.ts'
import { simulateRun, toyPlan, toyResult } from '#test/fixtures/simulated-run.ts'

const { header } = memoryJournal()
const canonical = (text: string) => `canonical ${text}`

describe('the result', () => {
  test('of a run without an event', () => {
    const result = runResult(header, initialState(), canonical)
    expect(result).toMatchObject({ status: 'interrupted', best: null, fingerprints: [] })
    expect(result.createdAt).toBe('1970-01-01T00:00:00.000Z')
  })

  test('of a run under way names the best so far, untested', () => {
    const run = simulateRun(toyPlan)
    run.record({ type: 'trial-finished', trial: 1, attempt: 0, result: toyResult(1, 0.25) })
    const result = runResult(header, run.session.state, canonical)
    expect(RunResult.parse(result)).toEqual(result)
    expect(result).toMatchObject({
      status: 'interrupted',
      trials: { proposed: 3, ended: 1, byOutcome: { completed: 1 } },
      best: {
        trial: 1,
        canonical: expect.stringContaining('canonical a1-'),
        valAccuracy: 0.25,
        valLoss: null,
        testAccuracy: null,
        counts: { parameterCount: 10, multiplyAdds: 0 },
        checkpoint: null,
        fingerprint: 'toy',
      },
    })
  })

  test('of an aborted run says so until it is resumed', () => {
    const run = simulateRun(toyPlan)
    const failure = { kind: 'data', message: 'The file is cut off' } as const
    run.record({ type: 'attempt-failed', trial: 0, attempt: 0, failure, verdict: 'abort-run' })
    expect(runResult(header, run.session.state, canonical).status).toBe('aborted')
    expect(runResult(header, run.kill().session.state, canonical).status).toBe('interrupted')
  })
})
