import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { replayRun, runExperiment } from '#src/runner/run.ts'
import { readJournal } from '#src/store/journal.ts'
import { cellExperiment, cellExtensions } from '#test/fixtures/cell-experiment.ts'
import { cheapRun, killCampaign } from '#test/fixtures/faults/kill-campaign.ts'
import { pooledDocument } from '#test/fixtures/faults/pooled-run.ts'
import { trajectory } from '#test/fixtures/simulated-run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

/** Twenty here; `npm run bench -- faults` kills five hundred times. */
const kills = 20
/** Enough that the run outlives the kills. */
const trials = 10 * kills

test(`${kills} kills of workers and orchestrator change nothing but the time it takes`, {
  timeout: 300_000,
}, async () => {
  await using calm = await temporaryFolder()
  await runExperiment(cellExperiment(pooledDocument(trials)), {
    folder: join(calm.path, 'run'),
    logger: pino({ level: 'silent' }),
  })
  using undisturbed = readJournal(join(calm.path, 'run'))

  await using stormy = await temporaryFolder()
  const report = await killCampaign({ folder: stormy.path, kills, seed: 5, ...cheapRun(trials) })
  expect(report.lastOutput).toBe('going\nend finished\n')
  expect(report.orchestratorKills + report.workerKills).toBe(kills)
  expect(report.workerKills).toBeGreaterThan(0)
  expect(report.orchestratorKills).toBeGreaterThan(0)
  expect(report).toMatchObject({ repeated: [], keptAll: true, processesLeft: [], filesLeft: [] })
  expect(trajectory(report.entries)).toBe(trajectory(undisturbed.entries()))
  expect(replayRun(join(stormy.path, 'run'), cellExtensions()).proposalCount).toBe(trials)
})
