/** `archloom …` as a person meets it: what works, and what each kind of mistake gets. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { archloom, type Ended, startArchloom } from '#test/fixtures/command-line.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const quick = join(projectFolder(), 'test', 'fixtures', 'quick-experiment.ts')

/** One sentence on stderr, no stack, the exit status of its kind. */
function expectSentence({ status, stderr }: Ended, exit: number, ...mentions: readonly string[]) {
  const sentence = stderr.split('\n').find((line) => line.startsWith('archloom: ')) ?? stderr
  for (const mention of mentions) expect(sentence).toContain(mention)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(sentence).not.toMatch(/\.$/)
  expect(status).toBe(exit)
}

describe('archloom --help', () => {
  it('names every command and gives examples', () => {
    const { status, stdout } = archloom(['--help'])
    expect(status).toBe(0)
    for (const name of ['run', 'resume', 'replay', 'report', 'space', 'env', 'worker', 'init']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
      const help = archloom([name, '--help'])
      expect(help.status).toBe(0)
      expect(help.stdout).toContain('Examples:')
    }
  })

  it('suggests the command that was meant', () => {
    const { status, stderr } = archloom(['rum'])
    expect(status).toBe(2)
    expect(stderr).toContain('Did you mean run?')
  })
})

describe('archloom run', () => {
  it('runs, reports and can be replayed', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'run')
    const run = archloom(['run', quick, '--out', out])
    expect(run.stderr).toContain('12 of 12 trials done')
    expect(run.status).toBe(0)
    expect(run.stdout).toMatch(/^Best +\|/m)
    expect(run.stdout).toMatch(/^Test +.*measured once/m)
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('<!doctype html>')
    const replay = archloom(['replay', out])
    expect(replay.stdout).toMatch(/^Verified: 12 proposals follow from \d+ journal entries/)
    expect(archloom(['resume', out]).status).toBe(0)
    expectSentence(archloom(['run', quick, '--out', out]), 2, out, 'archloom resume')
  })

  it('prints one JSON document, and nothing else, on stdout', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'run')
    const { stdout } = archloom(['run', quick, '--out', out, '--json', '--seed', '8'])
    const result = JSON.parse(stdout) as {
      folder: string
      report: string
      result: { seed: string }
    }
    expect(result).toMatchObject({ folder: out, report: join(out, 'report.html') })
    expect(result.result).toMatchObject({ status: 'finished', seed: '8' })
    expect(JSON.parse(await readFile(join(out, 'result.json'), 'utf8'))).toEqual(result.result)
  })

  it('gives the same trials again from the resolved configuration of a run', async () => {
    await using folder = await temporaryFolder()
    const seen = []
    for (const name of ['a', 'b']) {
      const out = join(folder.path, name)
      const { stdout } = archloom(['run', quick, '--out', out, '--json'])
      seen.push((JSON.parse(stdout) as { result: { best: unknown } }).result.best)
    }
    expect(seen[1]).toEqual(seen[0])
  })

  it('stops in good order on Ctrl-C, says how to go on, and goes on', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'run')
    const { child, ended } = startArchloom([
      'run',
      quick,
      '--out',
      out,
      '--set',
      'budget.trials=400',
    ])
    let isAsked = false
    child.stderr.on('data', (text: string) => {
      if (isAsked || !text.includes('trials done')) return
      isAsked = true
      child.kill('SIGINT')
    })
    const stopped = await ended
    expectSentence(stopped, 130, `archloom resume ${out}`)
    const summary = archloom(['report', out, '--json'])
    expect(JSON.parse(summary.stdout)).toMatchObject([{ summary: { status: 'interrupted' } }])
    expect(archloom(['resume', out, '--quiet']).status).toBe(0)
    const whole = archloom(['replay', out, '--json'])
    expect(JSON.parse(whole.stdout)).toMatchObject({ verified: true, proposalCount: 400 })
  }, 60_000)

  it('gives an error as JSON where JSON was asked for', () => {
    const { status, stdout } = archloom(['run', 'nowhere.yaml', '--json'])
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'config/not-found' } })
  })

  it('shows a stack only when it is asked to', () => {
    expect(archloom(['run', 'nowhere.yaml', '--verbose']).stderr).toMatch(/^\s+at /m)
  })
})

describe('a mistake in the experiment', () => {
  const base = ['run', join(projectFolder(), 'configs', 'quickstart.yaml')]

  it.each([
    [
      'an unknown key',
      ['--set', 'budget.trails=3'],
      ['budget', 'trails', 'did you mean "trials"?'],
    ],
    [
      'a wrong type',
      ['--set', 'fidelity.epochs=many'],
      ['fidelity.epochs', 'expected a number', '"many"'],
    ],
    ['a negative budget', ['--set', 'budget.trials=-1'], ['budget.trials', 'at least 1', '-1']],
    [
      'an unknown data set',
      ['--set', 'evaluator.dataset.name=imagenet'],
      ['evaluator.dataset.name', 'imagenet'],
    ],
    [
      'an empty space',
      ['--set', 'space={name: chain, conv: null, separable: null, pool: null}'],
      ['chain', 'conv'],
    ],
    ['a seed that is none', ['--seed', 'x'], ['--seed', 'non-negative integer']],
  ])('gets a sentence and exit status 2: %s', async (_, args, mentions) => {
    await using folder = await temporaryFolder()
    const ended = archloom([...base, '--out', join(folder.path, 'run'), ...args])
    for (const mention of mentions) expect(ended.stderr).toContain(mention)
    expect(ended.stderr).not.toMatch(/^\s+at /m)
    expect(ended.status).toBe(2)
  })

  it('refuses a data set that is nowhere, and says where to put it', async () => {
    await cpuEnvironment()
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'run')
    const empty = { ARCHLOOM_DATA: folder.path }
    const ended = archloom(
      [...base, '--out', out, '--set', 'evaluator.dataset.name=cifar10'],
      empty,
    )
    expectSentence(ended, 2, 'cifar10', folder.path)
    expect(archloom(['resume', out]).status).toBe(2)
  })

  it('refuses a data file that is damaged, naming it', async () => {
    await cpuEnvironment()
    await using folder = await temporaryFolder()
    const files = join(folder.path, 'fashion-mnist')
    await mkdir(files)
    for (const name of [
      'train-images-idx3',
      'train-labels-idx1',
      't10k-images-idx3',
      't10k-labels-idx1',
    ]) {
      await writeFile(join(files, `${name}-ubyte`), 'not an idx file')
    }
    const ended = archloom(
      [...base, '--out', join(folder.path, 'run'), '--set', 'evaluator.dataset.name=fashion-mnist'],
      { ARCHLOOM_DATA: folder.path },
    )
    expectSentence(ended, 2, files, 'ubyte')
  })
})

describe('trouble with the environment', () => {
  it('exits 3 and says how to create one that is missing', async () => {
    await using folder = await temporaryFolder()
    const ended = archloom(
      [
        'run',
        join(projectFolder(), 'configs', 'quickstart.yaml'),
        '--out',
        join(folder.path, 'run'),
      ],
      { ARCHLOOM_HOME: folder.path },
    )
    expectSentence(ended, 3, 'archloom env create cpu')
  })

  it('refuses to listen without keys, and to connect without them', async () => {
    const bare = archloom(['worker', '--connect', 'tcp://127.0.0.1:1'])
    expectSentence(bare, 2, '--keys', 'archloom env keys')
    await using folder = await temporaryFolder()
    const keys = join(folder.path, 'worker.json')
    const connecting = archloom(['worker', '--connect', 'tcp://127.0.0.1:1', '--keys', keys])
    expectSentence(connecting, 2, keys, 'archloom env keys')
    for (const endpoint of ['127.0.0.1:7001', 'tcp://*:7001', 'tcp://127.0.0.1']) {
      const nowhere = archloom(['worker', '--connect', endpoint, '--keys', keys])
      expectSentence(nowhere, 2, 'tcp://HOST:PORT', endpoint)
    }
  })
})

describe('a run folder that is no run', () => {
  it.each(['resume', 'replay', 'report'])('is refused by archloom %s', async (command) => {
    await using folder = await temporaryFolder()
    expectSentence(archloom([command, join(folder.path, 'nothing')]), 2, 'nothing')
    await writeFile(join(folder.path, 'journal.sqlite'), 'this is text')
    expectSentence(archloom([command, folder.path]), 2, folder.path)
  })

  it('is refused by replay when a decision was tampered with, with exit status 5', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'run')
    expect(archloom(['run', quick, '--out', out, '--quiet']).status).toBe(0)
    const database = new DatabaseSync(join(out, 'journal.sqlite'))
    const changed = database
      .prepare(
        `UPDATE event SET body = replace(body, 'skip_connect', 'nor_conv_1x1')
         WHERE type = 'trial-proposed' AND body LIKE '%skip_connect%'`,
      )
      .run()
    database.close()
    expect(Number(changed.changes)).toBeGreaterThan(0)
    expectSentence(archloom(['replay', out]), 5, 'does not follow from the journal', 'nor_conv_1x1')
  })
})

describe('archloom init', () => {
  it.each(['experiment.yaml', 'search.ts'])('writes %s, which loads as it is', async (name) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, name)
    expect(archloom(['init', path]).stdout).toContain(`archloom run ${path}`)
    if (name.endsWith('.yaml')) {
      expect((await loadExperiment(path)).document.name).toBe('my-search')
    } else {
      expect(await readFile(path, 'utf8')).toContain("import { defineExperiment } from 'archloom'")
    }
    expectSentence(archloom(['init', path]), 2, path, '--force')
    expect(archloom(['init', path, '--force']).status).toBe(0)
  })
})
