/** Searches whose workers a cluster's engine starts; the engines really run them, on this machine. */
import { globSync, readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { isRunning, processesWith } from '#test/fixtures/faults/processes.ts'
import { eventsOf, trajectory } from '#test/fixtures/run-events.ts'
import { makeStubSlurm, runningTasks, stubJobs } from '#test/fixtures/stub-slurm.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'
import { rayPython } from '../../scripts/ray-python.ts'

const run = [
  ...['run', join(projectFolder(), 'configs', 'quickstart.yaml')],
  ...['--set', 'budget.trials=4', '--set', 'fidelity.epochs=1'],
  ...['--set', 'optimizer={name: regularized-evolution, populationSize: 3, sampleSize: 2}'],
]
let folder: TemporaryFolder
let keys: string
let undisturbed: ReturnType<typeof trajectory>

beforeAll(async () => {
  await cpuEnvironment()
  folder = await temporaryFolder()
  keys = join(folder.path, 'keys')
  expect(archloom(['env', 'keys', keys]).status).toBe(0)
  const out = join(folder.path, 'local')
  const { status, stderr } = archloom([...run, '--out', out])
  expect(status, stderr).toBe(0)
  undisturbed = trajectory(out)
}, 300_000)
afterAll(() => folder[Symbol.asyncDispose]())

/** The same run, its workers placed by an engine. */
function placed(placement: string, out: string): string[] {
  const remote = `{endpoint: "tcp://127.0.0.1:*", keys: ${keys}, placement: ${placement}}`
  const settings = ['--set', 'evaluator.workers=0', '--set', `evaluator.remote=${remote}`]
  return [...run, ...settings, '--out', out]
}

describe('Slurm', () => {
  const slurm = async (name: string) => {
    const home = join(folder.path, name)
    const PATH = [await makeStubSlurm(home), process.env.PATH].join(delimiter)
    return { home, variables: { PATH }, jobs: () => stubJobs(home) }
  }
  const twoWorkers = '{engine: slurm, workers: 2, setup: ["echo set up"]}'

  test('runs the workers in an array, and nothing is left of it', async () => {
    const { variables, jobs } = await slurm('cluster')
    const out = join(folder.path, 'slurm')
    const { status, stderr } = archloom(placed(twoWorkers, out), variables)
    expect(status, stderr).toBe(0)
    expect(trajectory(out)).toEqual(undisturbed)
    const [job] = jobs()
    expect(job?.pids).toHaveLength(2)
    expect(jobs().flatMap(runningTasks)).toEqual([])
    const kept = join(out, 'placement', 'slurm')
    const { secretKey } = JSON.parse(await readFile(join(keys, 'worker.json'), 'utf8'))
    for (const name of ['workers.sbatch', 'logs/0.log', 'logs/1.log']) {
      expect(await readFile(join(kept, name), 'utf8')).not.toContain(secretKey)
    }
    expect(await readFile(join(kept, 'logs', '0.log'), 'utf8')).toContain('set up')
    await expect(stat(join(kept, 'worker.key'))).rejects.toThrow('ENOENT')
  }, 120_000)

  test('has the job of a killed run cancelled when the run is resumed', async () => {
    const { variables, jobs } = await slurm('killed-cluster')
    const out = join(folder.path, 'killed')
    const { child, ended } = startArchloom(placed(twoWorkers, out), variables)
    child.stderr.on('data', (text: string) => {
      if (text.includes('2 of 4 trials done')) child.kill('SIGKILL')
    })
    await ended
    const record = join(out, 'placement', 'slurm')
    expect(JSON.parse(await readFile(join(record, 'job.json'), 'utf8')).job).toBe('100')
    expect((await stat(join(record, 'worker.key'))).mode & 0o777).toBe(0o600)
    const { status, stderr } = archloom(['resume', out], variables)
    expect(status, stderr).toBe(0)
    expect(jobs().map(({ id }) => id)).toEqual(['100', '101'])
    expect(jobs().flatMap(runningTasks)).toEqual([])
    expect(trajectory(out)).toEqual(undisturbed)
  }, 120_000)

  test('that refuses the job, or is not there, ends the run with its own words', async () => {
    const { variables } = await slurm('closed-cluster')
    const closed = placed('{engine: slurm, workers: 1, partition: closed}', join(folder.path, 'no'))
    const refused = archloom(closed, variables)
    expect(refused.status).toBe(3)
    expect(refused.stderr).toMatch(/sbatch failed: .*invalid partition specified: closed; mend/)
    const nowhere = archloom(placed(twoWorkers, join(folder.path, 'nowhere')))
    expect(nowhere.status).toBe(3)
    expect(nowhere.stderr).toMatch(/sbatch is not on the path/)
    expect(eventsOf(join(folder.path, 'nowhere'), 'trial-proposed')).toEqual([])
  }, 60_000)
})

// Set-up could not install it, and said why.
describe.skipIf(rayPython() === null)('Ray', () => {
  const twoWorkers = `{engine: ray, workers: 2, cpus: 0.5, python: ${rayPython()}}`

  test('runs the workers in actors, starts again what is killed, and is gone at the end', async () => {
    const out = join(folder.path, 'ray')
    const { child, ended } = startArchloom(placed(twoWorkers, out))
    const { secretKey } = JSON.parse(await readFile(join(keys, 'worker.json'), 'utf8'))
    const killed: number[] = []
    const logs: string[] = []
    const leaks: string[] = []
    child.stderr.on('data', (text: string) => {
      if (killed.length > 0 || !/[12] of 4 trials done/.test(text)) return
      const [worker] = processesWith('--name ray-0 ')
      if (worker === undefined) return
      // The actor that it runs in, which takes its worker with it.
      process.kill(worker.parent, 'SIGKILL')
      killed.push(worker.parent, worker.pid)
      leaks.push(...processesWith(secretKey).map(({ command }) => command))
      logs.push(...globSync(join(tmpdir(), 'archloom-ray-*/session_2*/logs/**/*.*')))
      leaks.push(...logs.filter((log) => readFileSync(log, 'utf8').includes(secretKey)))
    })
    const { status, stderr } = await ended
    expect(status, stderr).toBe(0)
    expect(killed).toHaveLength(2)
    expect(killed.filter(isRunning)).toEqual([])
    expect(logs.length).toBeGreaterThan(0)
    expect(leaks).toEqual([])
    expect(trajectory(out)).toEqual(undisturbed)
    expect(processesWith('archloom-ray-')).toEqual([])
    expect(processesWith('ray::WorkerActor')).toEqual([])
  }, 120_000)

  test('is gone with a run that is killed', async () => {
    const { child, ended } = startArchloom(placed(twoWorkers, join(folder.path, 'ray-killed')))
    child.stderr.on('data', (text: string) => {
      if (text.includes('1 of 4 trials done')) child.kill('SIGKILL')
    })
    await ended
    const left = () => [...processesWith('archloom-ray-'), ...processesWith('ray::WorkerActor')]
    await expect.poll(left, { timeout: 40_000 }).toEqual([])
    await expect.poll(() => processesWith('--name ray-'), { timeout: 20_000 }).toEqual([])
  }, 120_000)

  test('that is not there ends the run with what to install', () => {
    const { status, stderr } = archloom(
      placed('{engine: ray, workers: 1, python: python3}', join(folder.path, 'no-ray')),
    )
    expect(status).toBe(3)
    expect(stderr).toMatch(/has no Ray; install it there: pip install ray/)
  }, 60_000)
})
