import { describe, expect, it } from 'vitest'
import { resultLines } from '#src/cli/result-output.ts'
import type { Json } from '#src/encoding/json.ts'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import { objectiveOf, rangeWords, valueWords } from '#src/report/objective.ts'
import { renderReport } from '#src/report/report.ts'
import type { RunSummary } from '#src/report/run-summary.ts'
import { summarizeRun } from '#src/report/summary.ts'
import type { RunResult } from '#src/runner/result.ts'
import { syntheticHeader } from '#test/fixtures/synthetic-run.ts'

const rmse: Json = { metric: 'rmse', goal: 'minimize', range: [0, 4] }
const f1: Json = { metric: 'f1', goal: 'maximize', range: [0, 1] }

const documentOf = (objective: Json) => ({
  name: 'regress',
  evaluator: { name: 'pipeline', objective },
})

function events(): ExperimentEvent[] {
  const plan = {
    seed: '1',
    budget: { trials: 1 },
    visibility: { order: 'arrival' as const, window: 1 },
    fidelity: { epochs: 1 },
    maxAttempts: 1,
    hasTest: true,
  }
  const proposal = { architecture: 'depth=2', fidelity: { epochs: 1 }, origin: 'random' }
  const result = {
    metrics: { valAccuracy: 0.75 },
    cost: { seconds: 1, epochs: 1 },
    curve: [1, 2].map((epoch) => ({ epoch, valAccuracy: epoch * 0.375, seconds: epoch })),
    fingerprint: 'f',
  }
  return [
    { type: 'run-started', plan },
    { type: 'environment-seen', hash: 'f', fingerprint: { python: '3' } },
    { type: 'trial-proposed', trial: 0, told: 0, proposal },
    { type: 'attempt-started', trial: 0, attempt: 0 },
    { type: 'trial-finished', trial: 0, attempt: 0, result },
    { type: 'trial-selected', trial: 0 },
    { type: 'test-measured', trial: 0, metrics: { testAccuracy: 0.7 } },
    { type: 'run-finished', reason: 'trials' },
  ]
}

function summaryOf(objective: Json): RunSummary {
  const entries = events().map((event, index) => ({ sequence: index + 1, timeMs: index, event }))
  const header = { ...syntheticHeader(1, 1, 1), document: documentOf(objective) }
  return summarizeRun({ header, entries: () => entries.values() })
}

const page = (summary: RunSummary) =>
  renderReport(summary, { runFolder: 'run', pictureSvg: null, configYaml: '' })

/** What the terminal shows of the best trial. */
function terminal(summary: RunSummary): string {
  const best = {
    trial: 0,
    architecture: 'depth=2',
    counts: null,
    valAccuracy: 0.75,
    testAccuracy: 0.7,
  }
  const result = { best, trials: { ended: 1 }, budget: { spent: { seconds: 1, epochs: 1 } } }
  return resultLines(result as unknown as RunResult, summary, 'report.html').join('\n')
}

describe('the objective of a pipeline', () => {
  it('is read from the document, with its ends by its goal', () => {
    expect(objectiveOf(documentOf(rmse))).toEqual({ metric: 'rmse', worst: 4, best: 0 })
    expect(objectiveOf(documentOf({ metric: 'rmse', goal: 'maximize', range: [4, 1] }))).toEqual({
      metric: 'rmse',
      worst: 1,
      best: 4,
    })
    expect(objectiveOf({ name: 'x', evaluator: { name: 'train' } })).toBeNull()
    expect(objectiveOf(null)).toBeNull()
  })

  it('is written on its own scale, and as percent where that is its scale', () => {
    const error = objectiveOf(documentOf(rmse))
    expect(valueWords(0.95767, error)).toBe('0.1693')
    expect(error && rangeWords(error)).toBe(' from 4 to 0')
    const share = objectiveOf(documentOf(f1))
    expect(valueWords(0.95767, share)).toBe('95.77%')
    expect(share && rangeWords(share)).toBe('')
    expect(valueWords(0.95767, null)).toBe('95.77%')
  })
})

describe('a run of a pipeline', () => {
  it('is reported by the name and the value of its objective', () => {
    const text = page(summaryOf(rmse))
    expect(text).toContain('reaches <strong>1</strong> rmse and <strong>1.2</strong> on the test')
    // Over trials, over time, and the learning curves.
    expect(text.match(/rmse from 4 to 0 \(%\)/g)).toHaveLength(3)
    expect(text).toContain('The bold one ends at 1 on validation data')
    expect(text).not.toMatch(/validation accuracy|test accuracy/i)
  })

  it('ends in the terminal with the name and the value of its objective', () => {
    const text = terminal(summaryOf(rmse))
    expect(text).toContain('Validation  rmse 1, 75.00% of the way from 4 to 0')
    expect(text).toContain('Test        1.2, measured once')
    expect(terminal(summaryOf(f1))).toContain('Validation  f1 75.00%, ')
    expect(terminal(summaryOf(f1))).toContain('Test        70.00%, measured once')
  })
})
