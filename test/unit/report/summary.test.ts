import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import type { ExperimentEvent, JournalEntry } from '#src/experiment/experiment.ts'
import type { RunSummary } from '#src/report/run-summary.ts'
import { runFold, summarizeRun } from '#src/report/summary.ts'
import { median } from '#src/stats/quantile.ts'
import {
  cpuFingerprintHash,
  type SyntheticRun,
  syntheticHeader,
  syntheticRun,
} from '#test/fixtures/synthetic-run.ts'

function read(run: SyntheticRun, limits?: Parameters<typeof summarizeRun>[1]): RunSummary {
  return summarizeRun({ header: run.header, entries: () => run.entries.values() }, limits)
}

/** Entries a second apart. */
function entriesOf(events: readonly ExperimentEvent[]): JournalEntry[] {
  return events.map((event, index) => ({ sequence: index + 1, timeMs: 1000 * index, event }))
}

function readEvents(events: readonly ExperimentEvent[]): RunSummary {
  return read({ header: syntheticHeader(3, 1, 1), entries: entriesOf(events) })
}

const started: ExperimentEvent = {
  type: 'run-started',
  plan: {
    seed: '1',
    budget: { trials: 3, epochs: 30, seconds: 60 },
    visibility: { order: 'arrival', window: 2 },
    fidelity: { epochs: 4 },
    maxAttempts: 3,
    hasTest: true,
  },
}

function proposed(trial: number): ExperimentEvent {
  const proposal = { architecture: `a${trial}`, fidelity: { epochs: 4 }, origin: 'random' }
  return { type: 'trial-proposed', trial, told: 0, proposal }
}

function finished(trial: number, valAccuracy: number, fingerprint = 'f'): ExperimentEvent {
  const result = {
    metrics: { valAccuracy },
    cost: { seconds: 2, epochs: 4 },
    curve: [],
    fingerprint,
  }
  return { type: 'trial-finished', trial, attempt: 0, result }
}

function failed(trial: number, verdict: 'retry' | 'abort-run' | 'diverged'): ExperimentEvent {
  const failure = { kind: 'data' as const, message: 'Broken', cost: { seconds: 1, epochs: 1 } }
  return { type: 'attempt-failed', trial, attempt: 0, failure, verdict }
}

describe('summary of a finished run', () => {
  const run = syntheticRun()
  const summary = read(run)

  it('names the run and its end', () => {
    expect(summary.name).toBe('digits-cells')
    expect(summary.status).toBe('finished')
    expect(summary.stopReason).toBe('trials')
    expect(summary.budget).toEqual([{ limit: 'trials', allowed: 60, used: 60 }])
    expect(summary.test).toEqual({ testAccuracy: 350 / 360, testLoss: 0.118 })
  })

  it('counts every state once', () => {
    expect(summary.stateCounts).toEqual({
      completed: 56,
      diverged: 1,
      infeasible: 1,
      failed: 1,
      'timed-out': 1,
    })
  })

  it('keeps the failures with their kinds and verdicts', () => {
    expect(summary.failures.byKind).toEqual({
      diverged: 1,
      out_of_memory: 1,
      crashed: 1,
      internal: 3,
      timeout: 1,
    })
    const verdicts = summary.failures.kept.map(({ trial, verdict }) => `${trial} ${verdict}`)
    expect(verdicts).toEqual([
      '7 diverged',
      '13 infeasible',
      '18 retry',
      '26 retry',
      '26 retry',
      '26 failed',
      '33 timed-out',
    ])
  })

  it('has the selected trial lead, and both curves of the best end there', () => {
    expect(summary.selected).toBe(summary.leader)
    expect(summary.best.overTrials.at(-1)?.trial).toBe(summary.leader)
    expect(summary.best.overTime.at(-1)?.valAccuracy).toBe(
      summary.trials[summary.leader ?? -1]?.metrics?.valAccuracy,
    )
  })

  it('takes the median over completed random trials only', () => {
    const random = summary.trials.filter(
      ({ origin, state }) => origin === 'random' && state === 'completed',
    )
    expect(summary.random).toEqual({
      count: random.length,
      medianValAccuracy: median(random.map(({ metrics }) => metrics?.valAccuracy ?? -1)),
    })
  })

  it('cuts interruptions out of the searching time, requested or not', () => {
    const { durations, interruptions } = summary
    expect(interruptions.map(({ requested }) => requested)).toEqual([false, true])
    expect(durations.interruptedSeconds).toBeGreaterThan(31_700)
    expect(durations.searchSeconds).toBeLessThan(200)
    expect(durations.testSeconds).toBeCloseTo(0.4, 2)
    const wallSeconds = ((summary.lastMs ?? 0) - (summary.startedMs ?? 0)) / 1000
    const parts = durations.searchSeconds + durations.testSeconds + durations.interruptedSeconds
    expect(parts).toBeCloseTo(wallSeconds, 6)
    for (const { endedSeconds } of summary.trials) {
      expect(endedSeconds).toBeLessThanOrEqual(durations.searchSeconds)
    }
  })

  it('counts results by environment', () => {
    expect(summary.environments.map(({ hash, resultCount }) => [hash, resultCount])).toEqual([
      [cpuFingerprintHash, 56],
    ])
  })

  it('counts results by data split', () => {
    expect(
      summary.datasets.map(({ use, resultCount }) => [use.validationCount, resultCount]),
    ).toEqual([[287, 56]])
  })

  it('survives JSON unchanged', () => {
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
  })
})

describe('summary of an unfinished run', () => {
  it('is readable after every single entry', () => {
    const run = syntheticRun({ trials: 30, epochs: 2 })
    const fold = runFold(run.header)
    let ended = 0
    for (const entry of run.entries) {
      fold.add(entry)
      if (entry.event.type === 'trial-finished') ended += 1
      const summary = fold.summary()
      expect(summary.stateCounts.completed ?? 0).toBe(ended)
      expect(summary.leader === null).toBe(ended === 0)
    }
  })

  it('shows trials under way, with the curve so far, and the leader without a selection', () => {
    const point = {
      epoch: 1,
      trainLoss: 1,
      trainAccuracy: 0.5,
      valLoss: 1,
      valAccuracy: 0.5,
      learningRate: 0.1,
      seconds: 1,
    }
    const summary = readEvents([
      started,
      proposed(0),
      finished(0, 0.5),
      proposed(1),
      { type: 'attempt-started', trial: 1, attempt: 0 },
      { type: 'trial-progressed', trial: 1, attempt: 0, point },
      proposed(2),
    ])
    expect(summary.status).toBe('running')
    expect(summary.trials.map(({ state }) => state)).toEqual(['completed', 'running', 'waiting'])
    expect(summary.trials[1]?.curve).toEqual([point])
    expect([summary.leader, summary.selected, summary.test]).toEqual([0, null, null])
    expect(summary.budget).toEqual([
      { limit: 'trials', allowed: 3, used: 3 },
      { limit: 'epochs', allowed: 30, used: 12 },
      { limit: 'seconds', allowed: 60, used: 6 },
    ])
  })

  it('leaves a late point of an attempt that was given up out of the curve', () => {
    const point = {
      epoch: 3,
      trainLoss: 1,
      trainAccuracy: 0.5,
      valLoss: 1,
      valAccuracy: 0.5,
      learningRate: 0.1,
      seconds: 1,
    }
    const summary = readEvents([
      started,
      proposed(0),
      { type: 'attempt-started', trial: 0, attempt: 0 },
      { type: 'attempt-started', trial: 0, attempt: 1 },
      { type: 'trial-progressed', trial: 0, attempt: 0, point },
      { type: 'trial-progressed', trial: 0, attempt: 1, point: { ...point, epoch: 1 } },
    ])
    expect(summary.trials[0]?.curve.map(({ epoch }) => epoch)).toEqual([1])
  })

  it('is interrupted until it is resumed, and what was under way waits', () => {
    const events: ExperimentEvent[] = [
      started,
      proposed(0),
      { type: 'attempt-started', trial: 0, attempt: 0 },
      { type: 'run-interrupted' },
    ]
    expect(readEvents(events).status).toBe('interrupted')
    expect(readEvents(events).trials[0]?.state).toBe('waiting')
    const resumed = readEvents([...events, { type: 'run-resumed' }])
    expect(resumed.status).toBe('running')
    expect(resumed.interruptions).toEqual([{ atSeconds: 3, gapSeconds: 1, requested: true }])
  })

  it('is aborted with its cause until it is resumed', () => {
    const events = [started, proposed(0), failed(0, 'abort-run')]
    expect(readEvents(events).status).toBe('aborted')
    expect(readEvents(events).abortCause?.message).toBe('Broken')
    expect(readEvents([...events, { type: 'run-resumed' }]).abortCause).toBeNull()
  })

  it('has nothing to say of an empty journal, and says it', () => {
    const summary = readEvents([])
    expect(summary.trials).toEqual([])
    expect([summary.plan, summary.leader, summary.random, summary.startedMs]).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})

describe('the test split', () => {
  const selected: ExperimentEvent[] = [
    started,
    proposed(0),
    finished(0, 0.5),
    { type: 'trial-selected', trial: 0 },
  ]
  const failure = { kind: 'crashed' as const, message: 'Gone' }

  it('may fail without touching the trial that was selected', () => {
    const summary = readEvents([
      ...selected,
      { type: 'test-failed', trial: 0, attempt: 0, failure, verdict: 'failed' },
      { type: 'run-finished', reason: 'trials' },
    ])
    expect([summary.status, summary.test, summary.selected]).toEqual(['finished', null, 0])
    expect(summary.trials[0]?.state).toBe('completed')
    expect(summary.failures.kept.map(({ phase }) => phase)).toEqual(['test'])
  })

  it('keeps its failure, however many there were before', () => {
    const many = syntheticRun({ trials: 40 })
    const entries = [
      ...many.entries.map(({ event }) => event).filter(({ type }) => type !== 'test-measured'),
      { type: 'test-failed', trial: 0, attempt: 0, failure, verdict: 'failed' } as const,
    ]
    const { failures } = read({ ...many, entries: entriesOf(entries) }, { curves: 5, failures: 0 })
    expect(failures.total).toBeGreaterThan(1)
    expect(failures.kept.map(({ phase }) => phase)).toEqual(['test'])
  })

  it('aborts the run when a person must mend something first', () => {
    const event: ExperimentEvent = {
      type: 'test-failed',
      trial: 0,
      attempt: 0,
      failure,
      verdict: 'abort-run',
    }
    const summary = readEvents([...selected, event])
    expect([summary.status, summary.abortCause]).toEqual(['aborted', failure])
  })
})

describe('best so far', () => {
  it('goes by index over trials and by arrival over time', () => {
    const summary = readEvents([
      started,
      proposed(0),
      proposed(1),
      proposed(2),
      finished(2, 0.9),
      finished(0, 0.5),
      finished(1, 0.7),
    ])
    expect(summary.best.overTrials.map(({ trial }) => trial)).toEqual([0, 1, 2])
    expect(summary.best.overTime.map(({ trial }) => trial)).toEqual([2])
    expect(summary.best.overTime[0]?.seconds).toBe(4)
  })

  it('lets the earliest of equals lead', () => {
    const summary = readEvents([
      started,
      proposed(0),
      proposed(1),
      finished(1, 0.8),
      finished(0, 0.8),
    ])
    expect(summary.leader).toBe(0)
  })
})

describe('costs and limits', () => {
  it('adds what failed attempts cost to what results cost', () => {
    const summary = readEvents([started, proposed(0), failed(0, 'retry'), finished(0, 0.5)])
    expect(summary.epochsRun).toBe(5)
    expect(summary.durations.evaluationSeconds).toBe(3)
    expect(summary.trials[0]?.cost).toEqual({ seconds: 2, epochs: 4 })
  })

  it('keeps the curves of the best trials and lets the others go', () => {
    const run = syntheticRun({ trials: 120, epochs: 2, trouble: false })
    const summary = read(run, { curves: 10, failures: 5 })
    const kept = summary.trials.filter(({ curve }) => curve.length > 0)
    expect(kept.length).toBeLessThan(20)
    const accuracies = summary.trials
      .map(({ metrics }) => metrics?.valAccuracy ?? 0)
      .sort((a, b) => b - a)
    const keptTrials = new Set(kept.map(({ trial }) => trial))
    expect(keptTrials.has(summary.leader ?? -1)).toBe(true)
    for (const { trial, metrics } of summary.trials) {
      if ((metrics?.valAccuracy ?? 0) > (accuracies[9] ?? 1)) expect(keptTrials).toContain(trial)
    }
  })

  it('counts all failures but keeps only the first ones', () => {
    const summary = read(syntheticRun(), { curves: 10, failures: 2 })
    expect(summary.failures.total).toBe(7)
    expect(summary.failures.kept.map(({ trial }) => trial)).toEqual([7, 13])
  })

  it('lets no clock that was set back shorten a duration', () => {
    const entries = entriesOf([started, proposed(0), finished(0, 0.5)])
    const jumped = entries.map((entry, index) =>
      index === 2 ? { ...entry, timeMs: -5000 } : entry,
    )
    const summary = read({ header: syntheticHeader(3, 1, 1), entries: jumped })
    expect(summary.durations.searchSeconds).toBe(1)
  })

  it('keeps results of different environments apart', () => {
    const summary = readEvents([
      started,
      proposed(0),
      proposed(1),
      finished(0, 0.5, 'one'),
      finished(1, 0.6, 'two'),
    ])
    expect(summary.environments.map(({ hash }) => hash)).toEqual(['one', 'two'])
    expect(summary.allowMixed).toBe(false)
    expect(readEvents([started, { type: 'run-resumed', allowMixed: true }]).allowMixed).toBe(true)
  })
})

it('refuses an entry about a trial that nothing proposes', () => {
  const broken = () => readEvents([started, finished(4, 0.5)])
  expect(broken).toThrow(ArchloomError)
  expect(broken).toThrow('Journal entry 2 is about trial 4, which no earlier entry proposes')
})
