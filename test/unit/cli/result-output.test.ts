import { describe, expect, it } from 'vitest'
import { exitStatus } from '#src/cli/exit-status.ts'
import { resultLines } from '#src/cli/result-output.ts'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import { initialState } from '#src/experiment/state.ts'
import { step } from '#src/experiment/step.ts'
import { summarizeRun } from '#src/report/summary.ts'
import { runResult } from '#src/runner/result.ts'
import { syntheticHeader } from '#test/fixtures/synthetic-run.ts'

/** A finished run of trials that each failed, with a message or, where that is null, by diverging. */
function runOf(...messages: readonly (string | null)[]) {
  const plan = {
    seed: '1',
    budget: { trials: messages.length },
    visibility: { order: 'arrival' as const, window: 1 },
    fidelity: { epochs: 1 },
    maxAttempts: 1,
    hasTest: true,
  }
  const events: ExperimentEvent[] = [
    { type: 'run-started', plan },
    ...messages.flatMap((message, trial): ExperimentEvent[] => [
      {
        type: 'trial-proposed',
        trial,
        told: trial,
        proposal: { architecture: 'a', fidelity: { epochs: 1 }, origin: 'random' },
      },
      { type: 'attempt-started', trial, attempt: 0 },
      {
        type: 'attempt-failed',
        trial,
        attempt: 0,
        failure:
          message === null
            ? { kind: 'diverged', message: 'The loss is not finite' }
            : { kind: 'invalid_task', message },
        verdict: message === null ? 'diverged' : 'infeasible',
      },
    ]),
    { type: 'run-finished', reason: 'trials' },
  ]
  const entries = events.map((event, index) => ({ sequence: index + 1, timeMs: index, event }))
  const header = syntheticHeader(messages.length, 1, 1)
  const state = entries.reduce((before, entry) => step(before, entry)[0], initialState())
  const result = runResult(header, state, (text) => text)
  return { result, summary: summarizeRun({ header, entries: () => entries.values() }) }
}

function linesAfter(...messages: readonly string[]): readonly string[] {
  const { result, summary } = runOf(...messages)
  return resultLines(result, summary, 'r.html')
}

describe('the end of a run without a result', () => {
  it('says what the first failure was, in one line', () => {
    expect(linesAfter('no result of a\nmore', 'another')).toEqual([
      'No trial of 2 completed; 2 attempts failed, see the report',
      'First       trial 0: no result of a',
      'Report      r.html',
    ])
  })

  it('has none where nothing failed', () => {
    expect(linesAfter()).toHaveLength(2)
  })

  it('has an exit status that tells wrong input from bad luck, and neither from nothing to do', () => {
    expect(exitStatus(runOf('no result of a', 'another').summary)).toBe(2)
    expect(exitStatus(runOf('no result of a', null).summary)).toBe(3)
    expect(exitStatus(runOf().summary)).toBe(0)
  })
})
