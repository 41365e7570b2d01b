import { pino } from 'pino'
import { expect, test } from 'vitest'
import { runExperiment } from '#src/runner/run.ts'
import { readJournal } from '#src/store/journal.ts'
import { startSwarm, swarmExperiment } from '#test/fixtures/swarm-run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { answerTo } from '#test/fixtures/worker-swarm.ts'

const logger = pino({ level: 'silent' })

test('200 workers bring 2000 results, each of its own task, each once', async () => {
  const trials = 2000
  const settings = { workers: 200, processes: 2, taskMs: 5 }
  await using swarm = await startSwarm(settings, logger)
  expect(swarm.pool.slots).toBe(200)
  await using folder = await temporaryFolder()
  const experiment = swarmExperiment(swarm, { trials, window: settings.workers })
  await runExperiment(experiment, { folder: folder.path, logger })
  const reports = await swarm.end()

  using journal = readJournal(folder.path)
  const events = [...journal.entries()].map(({ event }) => event)
  const finished = events.filter((event) => event.type === 'trial-finished')
  const byTrial = new Map(finished.map(({ trial, result }) => [trial, result.metrics.valAccuracy]))
  expect(finished).toHaveLength(trials)
  expect(byTrial.size).toBe(trials)
  for (const [trial, valAccuracy] of byTrial) {
    expect(valAccuracy).toBe(answerTo(`t${String(trial).padStart(6, '0')}`))
  }
  expect(events.filter(({ type }) => type === 'attempt-started')).toHaveLength(trials)
  const sum = (pick: (report: (typeof reports)[number]) => number) =>
    reports.reduce((total, report) => total + pick(report), 0)
  expect(sum(({ runCount }) => runCount)).toBe(trials)
  expect(sum(({ unacknowledged }) => unacknowledged)).toBe(0)
})
