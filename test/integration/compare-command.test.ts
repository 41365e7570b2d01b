/** `archloom compare` as a person meets it: threads, Ctrl-C, refusals, the folder. */
import { globSync, readFileSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadStudy } from '#src/config/load-study.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { openStudy } from '#src/runner/study/result.ts'
import { archloom, type Ended, startArchloom } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

let home: TemporaryFolder
beforeAll(async () => {
  home = await temporaryFolder()
})
afterAll(() => home[Symbol.asyncDispose]())

/** A study on a function with a known optimum: it needs no data. */
async function writeStudy(name: string, change = ''): Promise<string> {
  const path = join(home.path, `${name}.yaml`)
  await writeFile(
    path,
    `
version: 1
name: ${name}
seeds: 4
budget: {trials: 60}
checkpoints: {trials: [20]}
methods:
  - {name: regularized-evolution, label: evolution, populationSize: 10, sampleSize: 3}
benchmarks:
  - label: Branin
    name: synthetic
    function: branin
    space:
      name: hyperparameters
      parameters:
        - {kind: float, name: x1, lower: -5, upper: 10}
        - {kind: float, name: x2, lower: 0, upper: 15}
${change}`,
  )
  return path
}

describe('archloom compare', () => {
  it('compares, keeps a folder, and has nothing to do the second time', async () => {
    const study = await writeStudy('branin')
    const out = join(home.path, 'branin')
    const first = archloom(['compare', study, '--out', out, '--cores', '2'])
    expect(first.stderr).toContain('8 of 8 searches')
    expect(first.status).toBe(0)
    expect(first.stdout).toMatch(/^Branin: test accuracy of the incumbent/m)
    expect(first.stdout).toMatch(/^random-search +4 +\d\d\.\d{3} ± \d\.\d{3} /m)
    expect(await readdir(out)).toEqual(
      expect.arrayContaining([
        'cells.csv',
        'environment.json',
        'result.json',
        'study.resolved.yaml',
        'study.sqlite',
      ]),
    )
    const second = archloom(['compare', '--resume', out])
    expect(second.stderr).not.toContain('searches')
    expect(second.stdout).toBe(first.stdout)
  })

  it('computes the same in one thread as in two', async () => {
    const study = await writeStudy('threads')
    const values = [1, 2].map((cores) => {
      const out = join(home.path, `threads-${cores}`)
      const { stdout } = archloom(['compare', study, '--out', out, '--cores', `${cores}`, '--json'])
      return JSON.parse(stdout) as { result: { tables: unknown; status: string } }
    })
    expect(values[0]?.result.tables).toEqual(values[1]?.result.tables)
    expect(values[0]?.result.status).toBe('finished')
  })

  it('stops at Ctrl-C, keeps what it has, and goes on', async () => {
    const study = await writeStudy('interrupted')
    const out = join(home.path, 'interrupted')
    const many = ['--set', 'seeds=40', '--set', 'budget.trials=1000']
    // Whoever works on archloom while its tests run changes the code between two of these.
    const resume = ['compare', '--resume', out, '--cores', '2', '--allow-mixed']
    const first = startArchloom(['compare', study, '--out', out, '--cores', '2', ...many])
    await cellsIn(out, 5, first.ended)
    first.child.kill('SIGINT')
    const { status, stderr } = await first.ended
    expect(status).toBe(130)
    expect(stderr).toContain(`archloom compare --resume ${out}`)
    const kept = countCells(out)
    expect(kept).toBeLessThan(80)
    const second = startArchloom(resume)
    await cellsIn(out, kept + 5, second.ended)
    second.child.kill('SIGKILL')
    await second.ended
    const more = countCells(out)
    expect(more).toBeGreaterThan(kept)
    const whole = archloom([...resume, '--json'])
    const { result } = JSON.parse(whole.stdout) as { result: { cells: unknown } }
    expect(result.cells).toEqual({ finished: 80, missing: 0 })
    expect(more).toBeLessThan(80)
  })

  it('finds evaluators of a script in its threads', async () => {
    const path = join(home.path, 'script.ts')
    const fixture = new URL('../fixtures/toy-study.ts', import.meta.url).href
    await writeFile(
      path,
      `import { defineStudy } from 'archloom'
       import { toyExtensions, toyInput } from '${fixture}'
       export default defineStudy({ ...toyInput, extensions: toyExtensions })`,
    )
    const out = join(home.path, 'script')
    const { status, stdout } = archloom(['compare', path, '--out', out, '--cores', '2'])
    expect(status).toBe(0)
    expect(stdout).toContain('12 cells compared')
    await writeFile(path, 'export default 1')
    const changed = archloom(['compare', '--resume', out])
    expect(changed.status).toBe(2)
    expect(changed.stderr).toContain('has changed since the run started')
  })

  it('refuses to pool what differs, with exit status 4', async () => {
    const out = join(home.path, 'pooled')
    const study = await writeStudy('pooled')
    expect(archloom(['compare', study, '--out', out]).status).toBe(0)
    const change = ['--set', 'benchmarks.0.noise=0.01', '--set', 'budget.trials=61']
    const { status, stderr } = archloom(['compare', study, '--out', out, ...change])
    expect(status).toBe(4)
    expect(stderr).toContain('budget.trials is 60 there and 61 here')
    expect(stderr).toContain('objective.noise is 0 there and 0.01 here')
  })

  it.each([
    ['nothing', [], 2, 'Give either a study to run or, with --resume, the folder of one'],
    ['a file that is not there', ['none.yaml'], 2, 'Cannot read the study none.yaml: no such file'],
    ['a folder without a study', ['--resume', '.'], 2, "is not a study's folder"],
    ['no cores', ['x.yaml', '--cores', '0'], 2, 'expected an integer from 1 to 1024'],
    ['folders without runs', ['src', 'test'], 2, 'is not a run folder'],
  ])('explains %s', (_, args, status, words) => {
    const ended = archloom(['compare', ...args])
    expect(ended.status).toBe(status)
    expect(ended.stderr).toContain(words)
    expect(ended.stderr).not.toMatch(/^\s+at /m)
  })

  it('explains a benchmark that is not imported', async () => {
    const path = join(home.path, 'absent.yaml')
    await writeFile(
      path,
      `{version: 1, name: absent, budget: {trials: 3}, methods: [random-search],
       benchmarks: [{label: x, name: tabular, benchmark: none-such, space: nas-bench-201}]}`,
    )
    const { status, stderr } = archloom(['compare', path, '--out', join(home.path, 'absent')])
    expect(status).toBe(2)
    expect(stderr).toContain('There is no benchmark "none-such" on this machine')
  })
})

describe('the suites', () => {
  const suites = globSync('configs/suites/*.yaml', { cwd: projectFolder() })
  it.each(suites)('%s is a study, short enough to read', async (path) => {
    const study = await loadStudy(join(projectFolder(), path))
    expect(study.methods.some(({ isControl }) => isControl)).toBe(true)
    expect(readFileSync(join(projectFolder(), path), 'utf8').split('\n').length).toBeLessThan(130)
  })
})

/** Waits until a study's folder has so many cells, which its process must live to see. */
async function cellsIn(folder: string, wanted: number, ended: Promise<Ended>): Promise<void> {
  let early: Ended | null = null
  void ended.then((end) => {
    early = end
  })
  while (countCells(folder) < wanted) {
    if (early !== null) throw new Error(`The study ended early: ${JSON.stringify(early)}`)
    await setTimeout(50)
  }
}

function countCells(folder: string): number {
  try {
    using study = openStudy(folder)
    return study.cells.length
  } catch {
    // It has not begun yet.
    return 0
  }
}
