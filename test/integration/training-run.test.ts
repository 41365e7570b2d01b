/** Real searches with real training: killed, resumed, served from elsewhere, all the same. */
import { execFileSync } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { Random } from '#src/random/random.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { eventsOf, trajectory } from '#test/fixtures/run-events.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const trialCount = 8
const settings = [
  `budget.trials=${trialCount}`,
  'fidelity.epochs=2',
  'optimizer={name: regularized-evolution, populationSize: 3, sampleSize: 2}',
].flatMap((setting) => ['--set', setting])
const run = ['run', join(projectFolder(), 'configs', 'quickstart.yaml'), ...settings]

function workersOf(pid: number): number[] {
  try {
    const text = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    return text.trim().split('\n').map(Number)
  } catch {
    return []
  }
}

/** As every user of the machine can read them. */
function commandLinesOf(pids: readonly number[]): string {
  return execFileSync('ps', ['-ww', '-o', 'args=', '-p', pids.join(',')], { encoding: 'utf8' })
}

async function secretsOf(folder: string): Promise<string[]> {
  const files = ['orchestrator.json', 'worker.json'].map((name) => join(folder, name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return texts.map((text) => String(JSON.parse(text).secretKey))
}

describe('a search that trains in PyTorch', () => {
  let folder: TemporaryFolder
  let undisturbed: ReturnType<typeof trajectory>

  beforeAll(async () => {
    await cpuEnvironment()
    folder = await temporaryFolder()
    const out = join(folder.path, 'undisturbed')
    const { status, stderr } = archloom([...run, '--out', out])
    expect(status, stderr).toBe(0)
    undisturbed = trajectory(out)
    return () => folder[Symbol.asyncDispose]()
  })

  it('measures the test split once, after the selection, and never in a trial', () => {
    expect(undisturbed.results).toHaveLength(trialCount)
    expect(undisturbed.selected).toHaveLength(1)
    expect(undisturbed.test).toHaveLength(1)
    expect(JSON.stringify(undisturbed.results)).not.toContain('testAccuracy')
    const best = Math.max(...undisturbed.results.map(({ metrics }) => metrics.valAccuracy))
    const [selected] = undisturbed.selected
    expect(undisturbed.results[selected?.trial ?? -1]?.metrics.valAccuracy).toBe(best)
  })

  it('keeps the weights of the best trial alone, and can do without them', async () => {
    const out = join(folder.path, 'undisturbed')
    const result = JSON.parse(await readFile(join(out, 'result.json'), 'utf8')) as {
      best: { checkpoint: { path: string }; testAccuracy: number }
    }
    await readFile(join(out, result.best.checkpoint.path))
    expect(execFileSync('ls', [join(out, 'artifacts')], { encoding: 'utf8' }).trim()).toBe(
      result.best.checkpoint.path.replace('artifacts/', ''),
    )
  })

  it('is the same with one worker, whatever the window lets run at once', async () => {
    const out = join(folder.path, 'one-worker')
    expect(archloom([...run, '--out', out, '--set', 'evaluator.workers=1']).status).toBe(0)
    expect(trajectory(out)).toEqual(undisturbed)
  })

  it('is the same after the orchestrator, its workers or both were killed again and again', async () => {
    const out = join(folder.path, 'killed')
    const random = Random.named(1, 'kill-training')
    let lastStatus: number | null = null
    for (let round = 0; round < 12 && lastStatus !== 0; round++) {
      const args = round === 0 ? [...run, '--out', out] : ['resume', out]
      const { child, ended } = startArchloom(args)
      const victims = random.pick(['orchestrator', 'worker', 'both'] as const)
      let remaining = 1 + random.int(2)
      child.stderr.on('data', (text: string) => {
        // The last rounds are left alone, so that the run comes to its end.
        if (!text.includes('trials done') || --remaining !== 0 || round >= 6) return
        const workers = workersOf(child.pid ?? 0)
        if (victims !== 'orchestrator') for (const pid of workers) process.kill(pid, 'SIGKILL')
        if (victims !== 'worker') child.kill('SIGKILL')
      })
      lastStatus = (await ended).status
    }
    expect(lastStatus).toBe(0)
    expect(trajectory(out)).toEqual(undisturbed)
    expect(eventsOf(out, 'run-resumed').length).toBeGreaterThan(0)
    expect(archloom(['replay', out]).status).toBe(0)
  }, 300_000)

  it('trains the winner again when its weights are gone before the test split is measured', async () => {
    const out = join(folder.path, 'weightless')
    const { child, ended } = startArchloom([...run, '--out', out])
    // Killed with the last trial told: what is left to do is the test split.
    child.stderr.on('data', (text: string) => {
      if (text.includes(`${trialCount} of ${trialCount} trials done`)) child.kill('SIGKILL')
    })
    await ended
    await rm(join(out, 'artifacts'), { recursive: true, force: true })
    expect(archloom(['resume', out]).status).toBe(0)
    expect(trajectory(out)).toEqual(undisturbed)
  }, 120_000)

  it('is the same when workers serve it over an encrypted connection, and no secret is left anywhere', async () => {
    const keys = join(folder.path, 'keys')
    const out = join(folder.path, 'remote')
    expect(archloom(['env', 'keys', keys]).status).toBe(0)
    const endpoint = 'tcp://127.0.0.1:47611'
    const remote = `evaluator.remote={endpoint: "${endpoint}", keys: ${keys}, minWorkers: 2}`
    const orchestrator = startArchloom([
      ...[...run, '--out', out, '--set', 'evaluator.workers=0', '--set', remote],
    ])
    const serve = [
      'worker',
      '--connect',
      endpoint,
      '--keys',
      join(keys, 'worker.json'),
      '--root',
      out,
    ]
    const workers = [startArchloom([...serve, '--dataset', 'digits', '--workers', '2'])]
    const pids = () =>
      workers.flatMap(({ child }) => [child.pid ?? 0, ...workersOf(child.pid ?? 0)])
    let commandLines = ''
    orchestrator.child.stderr.on('data', (text: string) => {
      if (text.includes('trials done')) commandLines ||= commandLinesOf(pids())
    })
    const { status, stdout, stderr } = await orchestrator.ended
    expect(status, stderr).toBe(0)
    let said = stdout + stderr + commandLines
    for (const worker of workers) {
      const ended = await worker.ended
      expect(ended.status).toBe(0)
      said += ended.stdout + ended.stderr
    }
    expect(commandLines).toContain('archloom_worker')
    for (const key of await secretsOf(keys)) {
      expect(said).not.toContain(key)
      for (const file of await readdir(out, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue
        const content = await readFile(join(file.parentPath, file.name), 'latin1')
        expect(content.includes(key), `${file.name} holds a secret key`).toBe(false)
      }
    }
    expect(trajectory(out)).toEqual(undisturbed)
  }, 120_000)
})
