/** The test split, where workers of other machines share no folder with the run or with each other. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import { trainEntry } from '#src/evaluator/train.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { evaluatorContext } from '#test/fixtures/evaluator-context.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const endpoint = 'tcp://127.0.0.1:47637'
const entry = spaceCatalog.find(({ name }) => name === 'nas-bench-201')
const space = entry?.create(entry.settings.parse({ cellsPerStage: 1, channels: 4 }))

/** Where it meets its workers, and each worker's own folder. */
async function meeting(folder: string) {
  const keys = join(folder, 'keys')
  expect(archloom(['env', 'keys', keys]).status).toBe(0)
  return {
    keys,
    serve: async (name: string, root = join(folder, name)) => {
      await mkdir(root, { recursive: true })
      return startArchloom([
        ...['worker', '--connect', endpoint, '--keys', join(keys, 'worker.json')],
        ...['--dataset', 'digits', '--name', name, '--root', root],
      ])
    },
  }
}

function startTraining(runFolder: string, keys: string, minWorkers: number): Promise<Evaluator> {
  if (space === undefined) throw new Error('The space nas-bench-201 is gone')
  const settings = trainEntry.settings.parse({
    workers: 0,
    remote: { endpoint, keys, minWorkers, waitSeconds: 90 },
    dataset: { name: 'digits', validationShare: 0.25, testShare: 0.25 },
  })
  return trainEntry.start(settings, evaluatorContext(space, runFolder))
}

function asked(trial: number, epochs: number) {
  const architecture = space?.format(space.sample(Random.named(1, 'separate-folders'))) ?? ''
  const signal = new AbortController().signal
  return { trial, attempt: 0, architecture, fidelity: { epochs }, seed: '5', signal }
}

test('is measured by the worker that trained the winner again, though another is free first', async () => {
  await cpuEnvironment()
  await using folder = await temporaryFolder()
  const { keys, serve } = await meeting(folder.path)
  const workers = [await serve('a'), await serve('b')]
  {
    await using training = await startTraining(join(folder.path, 'run'), keys, 2)
    const winner = asked(1, 6)
    const result = await training.evaluate({ ...winner, onProgress: () => {} })
    // The first worker would write the same file once more, and so could read it whoever wrote it.
    for (const name of ['a', 'b'])
      await rm(join(folder.path, name, 'artifacts'), { recursive: true, force: true })
    const begun = Promise.withResolvers<void>()
    // Takes the first worker, so that the winner is trained on the second; ends before it.
    const other = training.evaluate({ ...asked(2, 2), onProgress: () => begun.resolve() })
    await begun.promise
    const measured = await training.test?.({ ...winner, result })
    expect(measured?.testAccuracy).toBeGreaterThan(0.2)
    await other
  }
  for (const { ended } of workers) expect((await ended).status).toBe(0)
}, 180_000)

test('is measured on weights trained again by a worker that cannot read those of the run', async () => {
  await cpuEnvironment()
  await using folder = await temporaryFolder()
  const { keys, serve } = await meeting(folder.path)
  const run = join(folder.path, 'run')
  const near = await serve('near', run)
  await using training = await startTraining(run, keys, 1)
  const winner = asked(1, 3)
  const result = await training.evaluate({ ...winner, onProgress: () => {} })
  const here = await training.test?.({ ...winner, result })
  near.child.kill('SIGTERM')
  await near.ended
  const far = await serve('far')
  const there = await training.test?.({ ...winner, attempt: 1, result })
  expect(there).toEqual(here)
  far.child.kill('SIGTERM')
  expect((await far.ended).status).toBe(0)
}, 180_000)
