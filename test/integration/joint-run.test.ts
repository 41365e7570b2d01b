/** Searches over networks and their training on tables: what an architecture asks for is done. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import { joint, jointEntry } from '#src/space/joint/joint.ts'
import { readJournal } from '#src/store/journal.ts'
import { archloom } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

function eventsOf(folder: string): readonly ExperimentEvent[] {
  using journal = readJournal(folder)
  return [...journal.entries()].map(({ event }) => event)
}

/** Architectures by trial. */
function architecturesOf(events: readonly ExperimentEvent[]): ReadonlyMap<number, string> {
  return new Map(
    events.flatMap((event) =>
      event.type === 'trial-proposed' ? [[event.trial, event.proposal.architecture]] : [],
    ),
  )
}

describe('a joint search on tables', () => {
  let folder: TemporaryFolder

  beforeAll(async () => {
    await cpuEnvironment()
    folder = await temporaryFolder()
    return () => folder[Symbol.asyncDispose]()
  })

  it('trains each network at the rate that its architecture says', () => {
    const out = join(folder.path, 'joint')
    const changes = ['space.maxUnits=32', 'space.schedules=[constant]', 'fidelity.epochs=2']
    const { status, stderr } = archloom([
      ...['run', join(projectFolder(), 'configs', 'experiments', 'joint-tabular.yaml')],
      ...[...changes, 'budget.trials=8'].flatMap((change) => ['--set', change]),
      ...['--out', out],
    ])
    expect(status, stderr).toBe(0)
    const events = eventsOf(out)
    const architectures = architecturesOf(events)
    const space = joint(jointEntry.settings.parse({}))
    const results = events.filter((event) => event.type === 'trial-finished')
    expect(results).toHaveLength(8)
    const rates = results.map(({ trial, result }) => {
      const architecture = space.parse(architectures.get(trial) ?? '')
      const expected = architecture[`${String(architecture.optimizer)}.learningRate`]
      expect(result.curve.map(({ learningRate }) => learningRate)).toEqual([expected, expected])
      expect(result.counts?.parameterCount).toBeGreaterThan(0)
      return expected
    })
    expect(new Set(rates).size).toBeGreaterThan(1)
    expect(events.some(({ type }) => type === 'test-measured')).toBe(true)
  })

  it('goes on where an architecture asks for a training that cannot be', () => {
    const out = join(folder.path, 'asking')
    const script = join(projectFolder(), 'test', 'fixtures', 'asked-training.ts')
    const { status, stderr } = archloom(['run', script, '--out', out])
    expect(status, stderr).toBe(0)
    const events = eventsOf(out)
    const isRefused = (text: string) => text.includes('backbone=plain-mlp')
    const architectures = architecturesOf(events)
    const refused = [...architectures].filter(([, text]) => isRefused(text)).map(([trial]) => trial)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(architectures.size)
    const failed = events.filter((event) => event.type === 'attempt-failed')
    expect(failed.map(({ trial }) => trial)).toEqual(refused)
    for (const { failure } of failed) {
      expect(failure).toMatchObject({
        kind: 'invalid_task',
        message:
          'The training that the architecture asks for is invalid at recipe.optimizer.momentum: expected at most 1, found 2',
      })
    }
    for (const event of events) {
      if (event.type !== 'trial-finished') continue
      expect(event.result.curve.map(({ learningRate }) => learningRate)).toEqual([0.0625, 0.0625])
    }
  })
})
