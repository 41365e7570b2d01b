import { describe, expect, it } from 'vitest'
import { resultLines } from '#src/cli/result-output.ts'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import { renderReport } from '#src/report/report.ts'
import type { RunSummary } from '#src/report/run-summary.ts'
import { summarizeRun } from '#src/report/summary.ts'
import type { RunResult } from '#src/runner/result.ts'
import type { Simulation } from '#src/trial/simulation.ts'
import { syntheticHeader } from '#test/fixtures/synthetic-run.ts'

const simulation: Simulation = {
  description: 'table: told validation accuracy after 12 epochs',
  workers: 2,
  hasSeconds: true,
  mark: null,
}

interface Told {
  readonly cost: number
  readonly accuracy: number | null
}

/** Trial 1 ends first on the simulated clock, though all results came at once. */
const told: readonly Told[] = [
  { cost: 100, accuracy: 0.9 },
  { cost: 10, accuracy: 0.7 },
  { cost: 50, accuracy: 0.8 },
  { cost: 5, accuracy: null },
]

function events(of: Simulation | null, trials = told): ExperimentEvent[] {
  const fingerprint = of === null ? { python: '3' } : { benchmark: 'table', simulation: { ...of } }
  const plan = {
    seed: '1',
    budget: { trials: 4 },
    visibility: { order: 'arrival' as const, window: 2 },
    fidelity: { epochs: 12 },
    maxAttempts: 1,
    hasTest: true,
  }
  return [
    { type: 'run-started', plan },
    { type: 'environment-seen', hash: 'f', fingerprint },
    ...trials.flatMap(({ cost, accuracy }, trial): ExperimentEvent[] => {
      const proposal = {
        architecture: `a${trial}`,
        fidelity: { epochs: 12 },
        origin: 'random',
      }
      const failure = { kind: 'invalid_task' as const, message: 'The table has no such row' }
      const result = {
        metrics: { valAccuracy: accuracy ?? 0 },
        cost: { seconds: cost, epochs: 12 },
        counts: { parameterCount: 1000 + trial },
        curve: [],
        fingerprint: 'f',
      }
      return [
        { type: 'trial-proposed', trial, told: 0, proposal },
        { type: 'attempt-started', trial, attempt: 0 },
        accuracy === null
          ? { type: 'attempt-failed', trial, attempt: 0, failure, verdict: 'infeasible' }
          : { type: 'trial-finished', trial, attempt: 0, result },
      ]
    }),
    { type: 'trial-selected', trial: 0 },
    { type: 'test-measured', trial: 0, metrics: { testAccuracy: 0.88 } },
    { type: 'run-finished', reason: 'trials' },
  ]
}

function summaryOf(list: readonly ExperimentEvent[]): RunSummary {
  const entries = list.map((event, index) => ({ sequence: index + 1, timeMs: 10 * index, event }))
  const header = syntheticHeader(4, 12, 1)
  return summarizeRun({ header, entries: () => entries.values() })
}

const page = (summary: RunSummary) =>
  renderReport(summary, { runFolder: 'run', pictureSvg: null, configYaml: '' })

describe('the simulated clock of a run', () => {
  it('is driven by the costs: two workers, as they would have been', () => {
    const { simulation: found } = summaryOf(events(simulation))
    // Worker 0 takes trial 0 for 100 s; worker 1 takes 1, then 2, then 3, which cost nothing.
    expect(found?.endSeconds).toEqual([100, 10, 60, 60])
    expect(found?.seconds).toBe(100)
    expect(found?.best).toEqual([
      { trial: 1, seconds: 10, valAccuracy: 0.7 },
      { trial: 2, seconds: 60, valAccuracy: 0.8 },
      { trial: 0, seconds: 100, valAccuracy: 0.9 },
    ])
  })

  it('stops at the first trial that has not ended', () => {
    const running = events(simulation).filter(
      (event) => !(event.type === 'trial-finished' && event.trial === 2),
    )
    const under = running.slice(
      0,
      running.findIndex(({ type }) => type === 'trial-selected'),
    )
    expect(summaryOf(under).simulation?.endSeconds).toEqual([100, 10])
  })

  it('is there for simulated runs alone', () => {
    expect(summaryOf(events(null)).simulation).toBeNull()
    expect(page(summaryOf(events(null)))).not.toMatch(/simulated/i)
  })
})

describe('the report of a simulated run', () => {
  it('says what was told, and shows simulated beside real time', () => {
    const text = page(summaryOf(events(simulation)))
    expect(text).toContain('Results of a benchmark, nothing was trained here')
    expect(text).toContain('table: told validation accuracy after 12 epochs')
    expect(text).toContain('Simulated time')
    expect(text).toContain('Searching time')
    expect(text).toContain('Best so far, over simulated time')
    expect(text).toContain('Validation accuracy')
    expect(text).not.toContain('test-only')
    expect(text).not.toMatch(/NaN|undefined/)
  })

  it('says that a table has test accuracies alone: on top, in the sentence, at the plots', () => {
    const text = page(summaryOf(events({ ...simulation, mark: 'test-only table' })))
    expect(text).toContain('Test-only table')
    expect(text).toContain('test accuracy (test-only table)')
    // The axes of three plots over trials, times and sizes.
    expect(text.match(/Test accuracy, test-only table \(%\)/g)?.length).toBeGreaterThanOrEqual(3)
    expect(text).not.toContain('Validation accuracy')
  })

  it('has no simulated clock where the benchmark has no seconds', () => {
    const untimed = { ...simulation, hasSeconds: false }
    const text = page(
      summaryOf(
        events(
          untimed,
          told.map((one) => ({ ...one, cost: 0 })),
        ),
      ),
    )
    expect(text).not.toMatch(/simulated time/i)
    expect(text).toContain('nothing was trained here')
  })
})

describe('the lines at the end of a simulated run', () => {
  const result = {
    best: { trial: 0, architecture: 'a0', valAccuracy: 0.9, testAccuracy: 0.88, counts: null },
    trials: { ended: 4 },
    budget: { spent: { seconds: 0.12, epochs: 48 } },
  } as unknown as RunResult

  it('have both clocks', () => {
    const lines = resultLines(result, summaryOf(events(simulation)), 'report.html').join('\n')
    expect(lines).toMatch(/^Validation {2}90\.00%/m)
    expect(lines).toMatch(/^Searched.*0\.12 s.*simulated on 2 workers/m)
  })

  it('have the mark', () => {
    const marked = summaryOf(events({ ...simulation, mark: 'test-only table' }))
    const lines = resultLines(result, marked, 'report.html').join('\n')
    expect(lines).toMatch(/^Told {8}90\.00%.*, test-only table$/m)
  })
})
