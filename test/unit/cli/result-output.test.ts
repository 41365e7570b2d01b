import { describe, expect, it } from 'vitest'
import { resultLines } from '#src/cli/result-output.ts'
import type { RunSummary } from '#src/report/run-summary.ts'
import type { RunResult } from '#src/runner/result.ts'

const result = { best: null, trials: { ended: 2 } } as unknown as RunResult

function linesWith(failures: object): readonly string[] {
  return resultLines(result, { failures } as unknown as RunSummary, 'r.html')
}

describe('the end of a run without a result', () => {
  it('says what the first failure was, in one line', () => {
    const failures = {
      total: 2,
      kept: [3, 4].map((trial) => ({ trial, failure: { message: `no result of ${trial}\nmore` } })),
    }
    expect(linesWith(failures)).toEqual([
      'No trial of 2 completed; 2 attempts failed, see the report',
      'First       trial 3: no result of 3',
      'Report      r.html',
    ])
  })

  it('has none where nothing failed', () => {
    expect(linesWith({ total: 0, kept: [] })).toHaveLength(2)
  })
})
