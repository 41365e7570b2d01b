/** Searches over functions of users, as the command line runs them. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import type { RunResult } from '#src/runner/result.ts'
import { readJournal } from '#src/store/journal.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import {
  makeOwnEnvironment,
  sklearnPackages,
  workerPackages,
} from '#test/fixtures/own-environment.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const configs = join(projectFolder(), 'configs', 'pipelines')
const toys = join(projectFolder(), 'test', 'fixtures', 'pipelines')

let folder: TemporaryFolder
/** An environment without PyTorch, in which a worker starts in a moment. */
let own: string

beforeAll(async () => {
  folder = await temporaryFolder()
  own = join(folder.path, 'own')
  await makeOwnEnvironment(own, [...workerPackages, ...sklearnPackages])
  return () => folder[Symbol.asyncDispose]()
})

function eventsOf(out: string): ExperimentEvent[] {
  using journal = readJournal(out)
  return [...journal.entries()].map(({ event }) => event)
}

/** All that must not depend on what happened to processes. */
function trajectory(out: string) {
  const events = eventsOf(out)
  const results = events.flatMap((event) => (event.type === 'trial-finished' ? [event] : []))
  return {
    proposals: events.filter(({ type }) => type === 'trial-proposed'),
    results: results
      .toSorted((a, b) => a.trial - b.trial)
      .map(({ trial, result: { metrics, fingerprint, counts } }) => ({
        ...{ trial, metrics, fingerprint, counts },
      })),
    test: events.filter(({ type }) => type === 'test-measured'),
  }
}

async function resultOf(out: string): Promise<RunResult> {
  return JSON.parse(await readFile(join(out, 'result.json'), 'utf8')) as RunResult
}

const set = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting])

describe('a scikit-learn pipeline in an environment without PyTorch', () => {
  let run: readonly string[]
  let out: string

  beforeAll(() => {
    out = join(folder.path, 'svm')
    run = [
      ...['run', join(configs, 'scikit-learn', 'search.yaml'), '--environment', own],
      ...set('budget.trials=8'),
    ]
    const { status, stderr } = archloom([...run, '--out', out])
    expect(status, stderr).toBe(0)
  }, 120_000)

  it('is searched as it is, and its hold-out measured once, at the end', async () => {
    const { best, trials } = await resultOf(out)
    expect(trials.byOutcome).toEqual({ completed: 8 })
    expect(best?.valAccuracy).toBeGreaterThan(0.9)
    expect(best?.testAccuracy).toBeGreaterThan(0.9)
    expect(trajectory(out).test).toHaveLength(1)
    expect(archloom(['replay', out]).status).toBe(0)
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('scikit-learn')
  })

  it('stands under a fingerprint that knows its packages and its code', async () => {
    const environments = JSON.parse(await readFile(join(out, 'environment.json'), 'utf8'))
    const text = JSON.stringify(environments)
    expect(text).toContain('"scikit-learn"')
    expect(text).toContain('"lockHash":null')
    expect(text).toMatch(/"modules":\[\{"name":"digits_svm","contentHash":"[0-9a-f]{64}"\}\]/)
  })

  it('comes out the same with one worker, killed in the middle and resumed', async () => {
    const killed = join(folder.path, 'svm-killed')
    const { child, ended } = startArchloom([...run, '--out', killed, ...set('evaluator.workers=1')])
    child.stderr.on('data', (text: string) => {
      if (text.includes('1 of 8 trials done')) child.kill('SIGKILL')
    })
    await ended
    const { status, stderr } = archloom(['resume', killed])
    expect(status, stderr).toBe(0)
    expect(trajectory(killed)).toEqual(trajectory(out))
  }, 120_000)
})

describe('a PyTorch pipeline', () => {
  it('is searched as it is; its own test metric is seen by nobody until the end', async () => {
    const out = join(folder.path, 'images')
    const { status, stderr } = archloom([
      ...['run', join(configs, 'pytorch-images', 'search.yaml'), '--out', out],
      ...set('budget.trials=3', 'fidelity.epochs=2', 'evaluator.workers=1'),
    ])
    expect(status, stderr).toBe(0)
    const { best } = await resultOf(out)
    expect(best?.testAccuracy).toBeGreaterThan(0.2)
    const events = eventsOf(out)
    const before = events.slice(
      0,
      events.findIndex(({ type }) => type === 'test-measured'),
    )
    expect(JSON.stringify(before)).not.toMatch(/test_accuracy|testAccuracy/)
    const { results } = trajectory(out)
    expect(results.every(({ metrics }) => metrics.valLoss !== undefined)).toBe(true)
    expect(stderr).not.toContain('another validation metric')
  }, 120_000)
})

describe('a pipeline', () => {
  const rate = { kind: 'float', name: 'rate', lower: 0.1, upper: 0.9 }
  const climb = {
    name: 'pipeline',
    function: 'toy_pipelines:climb',
    pythonPath: [toys],
    configuration: { steps: 6 },
    objective: 'score',
    metrics: { valLoss: 'loss' },
  }

  async function running(name: string, evaluator: object, over: object = {}) {
    const path = join(folder.path, `${name}.yaml`)
    const document = {
      version: 1,
      name,
      space: { name: 'hyperparameters', parameters: [rate] },
      optimizer: { name: 'random-search' },
      evaluator: { ...climb, environment: './own', ...evaluator },
      budget: { trials: 2 },
      ...over,
    }
    // JSON is YAML, too.
    await writeFile(path, JSON.stringify(document))
    const out = join(folder.path, name)
    return { out, ...archloom(['run', path, '--out', out]) }
  }

  it('draws its curve by reports, and hands its checkpoint to the test', async () => {
    const test = { function: 'toy_pipelines:recall', metric: 'test_score' }
    const { out, status, stderr } = await running('curves', {
      ...{ test, environment: 'cpu', configuration: { steps: 6, keep: true } },
    })
    expect(status, stderr).toBe(0)
    const { best } = await resultOf(out)
    expect(best?.testAccuracy).toBeCloseTo((best?.valAccuracy ?? 0) / 2, 12)
    const points = eventsOf(out).flatMap((event) =>
      event.type === 'trial-progressed' && event.trial === best?.trial ? [event.point] : [],
    )
    expect(points.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6])
    expect(points.at(-1)).toMatchObject({ valAccuracy: best?.valAccuracy, valLoss: best?.valLoss })
    const { path, sha256 } = best?.checkpoint ?? expect.fail('no checkpoint')
    expect((await readFile(join(out, path))).length).toBeGreaterThan(0)
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    const page = await readFile(join(out, 'report.html'), 'utf8')
    expect(page).toContain('Learning curves')
    // What it says of its test was dropped as it came: the journal holds its events as text.
    expect(page).not.toContain('0.123456')
    expect(await readFile(join(out, 'journal.sqlite'), 'latin1')).not.toContain('0.123456')
    expect(await readFile(join(out, 'journal.sqlite'), 'latin1')).toContain('"valAccuracy":')
  }, 120_000)

  it('says why its test was not measured, and does not end as a success', async () => {
    const misspelt = await running('misspelt', { test: 'tset_score' })
    expect(misspelt.status, misspelt.stderr).toBe(2)
    expect(misspelt.stdout).toMatch(/^Test {8}not measured: .*tset_score.*returned.*test_score/m)
    expect((await resultOf(misspelt.out)).best?.testAccuracy).toBeNull()
  }, 120_000)

  it('finishes early by a rule that depends on its reports alone', async () => {
    const { out, status, stderr } = await running('early', { earlyStop: { patience: 2 } })
    expect(status, stderr).toBe(0)
    for (const event of eventsOf(out)) {
      if (event.type !== 'trial-finished') continue
      // It rises for three steps; two more without a gain end it.
      expect(event.result.curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5])
      expect(event.result.cost.epochs).toBe(5)
    }
  }, 120_000)

  it('may take a ready model, and its graph, of any space of networks', async () => {
    const { out, status, stderr } = await running(
      'networks',
      {
        ...{ function: 'toy_pipelines:network', configuration: {}, metrics: {} },
        environment: 'cpu',
        network: { inputShape: [1, 8, 8], classCount: 10 },
      },
      { space: { name: 'nas-bench-201', cellsPerStage: 1, channels: 4 } },
    )
    expect(status, stderr).toBe(0)
    const { results } = trajectory(out)
    expect(results.map(({ metrics }) => metrics.valAccuracy)).toEqual([1, 1])
    expect(results[0]?.counts?.parameterCount).toBeGreaterThan(0)
  }, 120_000)

  it('that crashes is called again, and one that raises fails its trial with its own words', async () => {
    const marker = join(folder.path, 'crashed')
    const crash = { function: 'toy_pipelines:crash_once', configuration: { marker }, metrics: {} }
    const crashed = await running('crash', crash)
    expect(crashed.status, crashed.stderr).toBe(0)
    expect((await resultOf(crashed.out)).trials.byOutcome).toEqual({ completed: 2 })
    const wrong = await running('wrong', {
      ...{ function: 'toy_pipelines:wrong', configuration: {}, metrics: {} },
    })
    const failures = eventsOf(wrong.out).flatMap((event) =>
      event.type === 'attempt-failed' ? [event.failure] : [],
    )
    expect(failures[0]?.message).toMatch(/does not suit me/)
    expect(failures[0]?.traceback).toContain('toy_pipelines.py')
  }, 120_000)

  it('that takes too long is ended', async () => {
    const { out, status, stderr } = await running('endless', {
      ...{ function: 'toy_pipelines:endless', configuration: {}, metrics: {} },
      trialTimeoutSeconds: 0.5,
    })
    // Nothing was measured, and not for what was asked.
    expect(status, stderr).toBe(3)
    expect((await resultOf(out)).trials.byOutcome).toEqual({ 'timed-out': 2 })
  }, 120_000)

  it('is refused with one sentence where it cannot be what is meant', async () => {
    const unnamed = await running('unnamed', { objective: 'accuracy' })
    expect(unnamed.status).toBe(2)
    expect(unnamed.stderr).toMatch(
      /under "accuracy", but returned "score", "loss", "test_score"; return it/,
    )
    const leaky = await running('leaky', { objective: 'test_score' })
    expect(leaky.status).toBe(2)
    expect(leaky.stderr).toMatch(
      /evaluator\.objective.*a metric of validation data.*under evaluator\.test/,
    )
    const lost = await running('lost', { function: 'no_such_module:climb' })
    expect(lost.status).toBe(3)
    expect(lost.stderr).toMatch(/The module no_such_module was not found, neither in .*pipelines/)
  }, 120_000)

  it('that cannot be called stops the run at once, to be mended and resumed', async () => {
    const code = join(folder.path, 'mended')
    await mkdir(code)
    await writeFile(join(code, 'late.py'), 'import no_such_package\ndef f(rate): return rate\n')
    const evaluator = { function: 'late:f', pythonPath: ['mended'], configuration: {}, metrics: {} }
    const broken = await running('late', evaluator, { budget: { trials: 5 } })
    expect(broken.status).toBe(3)
    expect(broken.stderr).toMatch(
      /late:f cannot be used as it is: The module late cannot be imported: ModuleNotFoundError: No module named 'no_such_package' \(late\.py, line 1\); mend it and/,
    )
    expect(eventsOf(broken.out).some(({ type }) => type === 'attempt-failed')).toBe(false)
    await writeFile(join(code, 'late.py'), 'def f(rate): return rate\n')
    const { status, stderr } = archloom(['resume', broken.out])
    expect(status, stderr).toBe(0)
    const { trials } = await resultOf(broken.out)
    expect(trials.byOutcome).toEqual({ completed: 5 })
  }, 120_000)

  it('of another version does not go on with a run', async () => {
    const code = join(folder.path, 'code')
    await mkdir(code)
    await cp(join(toys, 'toy_pipelines.py'), join(code, 'toy_pipelines.py'))
    const evaluator = { ...climb, environment: './own', pythonPath: ['code'] }
    const path = join(folder.path, 'versions.yaml')
    const document = {
      version: 1,
      name: 'versions',
      space: { name: 'hyperparameters', parameters: [rate] },
      optimizer: { name: 'random-search' },
      evaluator,
      // More than it gets to before it is interrupted, however slow this machine is.
      budget: { trials: 100_000 },
    }
    await writeFile(path, JSON.stringify(document))
    const out = join(folder.path, 'versions')
    const { child, ended } = startArchloom(['run', path, '--out', out])
    child.stderr.on('data', (text: string) => {
      if (/[1-9]\d* of 100000 trials done/.test(text)) child.kill('SIGINT')
    })
    expect((await ended).status).toBe(130)
    await writeFile(join(code, 'toy_pipelines.py'), 'def climb(rate, steps): return 0.5\n')
    const resumed = archloom(['resume', out])
    expect(resumed.status).toBe(4)
    expect(resumed.stderr).toMatch(/--allow-mixed/)
  }, 120_000)
})
