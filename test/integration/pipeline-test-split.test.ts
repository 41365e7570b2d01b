/** The test split of a pipeline whose test function goes on from what the winner saved. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import type { EvaluatorContext } from '#src/evaluator/evaluator.ts'
import { pipelineEntry } from '#src/evaluator/pipeline.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { evaluatorContext } from '#test/fixtures/evaluator-context.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const settings = pipelineEntry.settings.parse({
  function: 'toy_pipelines:climb',
  pythonPath: [join(projectFolder(), 'test', 'fixtures', 'pipelines')],
  configuration: { steps: 4, keep: true },
  objective: 'score',
  test: { metric: 'test_score', function: 'toy_pipelines:recall' },
})

function contextIn(runFolder: string): EvaluatorContext {
  const entry = spaceCatalog.find(({ name }) => name === 'hyperparameters')
  const parameters = [{ kind: 'float', name: 'rate', lower: 0.1, upper: 0.9 }]
  const space = entry?.create(entry.settings.parse({ parameters }))
  if (space === undefined) throw new Error('The space hyperparameters is gone')
  return evaluatorContext(space, runFolder)
}

test('is measured by what the winner saved, and by what it saves again where that is gone', async () => {
  await cpuEnvironment()
  await using folder = await temporaryFolder()
  const context = contextIn(folder.path)
  await using pipeline = await pipelineEntry.start(settings, context)
  const winner = {
    trial: 3,
    attempt: 0,
    architecture: 'rate=0.5',
    fidelity: { epochs: 1 },
    seed: '5',
    signal: context.signal,
  }
  const result = await pipeline.evaluate({ ...winner, onProgress: () => {} })
  const kept = await pipeline.test?.({ ...winner, result })
  // Three steps of a half leave an eighth.
  expect(kept?.testAccuracy).toBe((1 - 1 / 8) / 2)
  if (result.checkpoint === undefined) throw new Error('The winner saved nothing')
  await rm(join(folder.path, result.checkpoint.path))
  expect(await pipeline.test?.({ ...winner, attempt: 1, result })).toEqual(kept)
}, 120_000)
