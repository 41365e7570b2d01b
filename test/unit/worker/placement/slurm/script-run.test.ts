/** The script as bash runs it, with small programs in the worker's place. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { namePlaceholder, slurmScript } from '#src/worker/placement/slurm/script.ts'
import { SlurmSettings } from '#src/worker/placement/slurm/settings.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await temporaryFolder()
  await writeFile(join(folder.path, 'worker.key'), 'secret\n')
})
afterEach(() => folder[Symbol.asyncDispose]())

/** Starts the script of a worker that does this in the shell; its name is `$1`. */
async function startScript(worker: string) {
  const settings = SlurmSettings.parse({
    engine: 'slurm',
    workers: 8,
    // Restarts need no pauses here.
    setup: ['sleep() { :; }'],
    maxRestarts: 2,
  })
  const text = slurmScript(settings, {
    jobName: 'job',
    command: {
      file: 'bash',
      parameters: ['-c', worker, 'worker', namePlaceholder],
      variables: { RUNS: join(folder.path, 'runs') },
    },
    keyFile: join(folder.path, 'worker.key'),
    logFolder: folder.path,
  })
  const script = join(folder.path, 'workers.sbatch')
  await writeFile(script, text)
  const child = spawn('bash', [script], {
    env: { PATH: process.env.PATH, SLURM_ARRAY_TASK_ID: '5' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, exited: once(child, 'exit') }
}

const runs = async () =>
  (await readFile(join(folder.path, 'runs'), 'utf8')).split('\n').slice(0, -1)

test('a worker gets its key, the name of its task, and a new start when it crashes', async () => {
  const { exited } = await startScript(
    'echo "$1 $ARCHLOOM_CURVE_SECRET" >> $RUNS; [ $(wc -l < $RUNS) = 3 ]',
  )
  expect(await exited).toEqual([0, null])
  expect(await runs()).toEqual(Array.from({ length: 3 }, () => 'slurm-5 secret'))
})

test('a worker that crashes again and again is given up with its status', async () => {
  const { exited } = await startScript('echo again >> $RUNS; exit 7')
  expect(await exited).toEqual([7, null])
  expect(await runs()).toHaveLength(3)
})

test('a worker that is sent away is not started again', async () => {
  const { exited } = await startScript('echo once >> $RUNS')
  expect(await exited).toEqual([0, null])
  expect(await runs()).toHaveLength(1)
})

test('a notice before the time is over reaches the worker, whose leaving is the end', async () => {
  const { child, exited } = await startScript(
    'trap "echo told >> $RUNS; exit 3" TERM; echo up; while :; do read -t 0.05 <> <(:); done',
  )
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await exited).toEqual([3, null])
  expect(await runs()).toEqual(['told'])
})
