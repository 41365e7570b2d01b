/** The report of a study as a person gets it: by `archloom compare`, and again by `archloom report`. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archloom, type Ended } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const study = `
version: 1
name: branin
seeds: 6
budget: {trials: 40}
checkpoints: {trials: [20]}
methods:
  - {name: regularized-evolution, label: evolution, populationSize: 10, sampleSize: 3}
vary:
  - {method: evolution, settings: {populationSize: [5]}}
benchmarks:
  - label: Branin
    name: synthetic
    function: branin
    space:
      name: hyperparameters
      parameters:
        - {kind: float, name: x1, lower: -5, upper: 10}
        - {kind: float, name: x2, lower: 0, upper: 15}
`

describe('the report of a study', () => {
  let home: TemporaryFolder
  let folder: string
  let compared: Ended

  beforeAll(async () => {
    home = await temporaryFolder()
    folder = join(home.path, 'branin')
    await writeFile(join(home.path, 'study.yaml'), study)
    compared = archloom(['compare', join(home.path, 'study.yaml'), '--out', folder, '--cores', '1'])
  })
  afterAll(() => home?.[Symbol.asyncDispose]())

  it('is there when the study is, with figures and tables', async () => {
    expect(compared.status).toBe(0)
    expect(compared.stderr).toContain(`Report ${join(folder, 'report.html')}\n`)
    const page = await readFile(join(folder, 'report.html'), 'utf8')
    expect(page).toContain('<title>branin · archloom report</title>')
    expect(page).toContain('populationSize=5')
    expect(await readdir(join(folder, 'figures'))).toEqual(
      expect.arrayContaining(['branin-regret-evaluations.svg', 'ranks-branin.svg']),
    )
    const table = await readFile(join(folder, 'tables', 'tests-against-random-search.csv'), 'utf8')
    expect(table).toMatch(/^Branin,evolution,random-search,6,/m)
  })

  it('is written anew, the same, from the folder alone', async () => {
    const before = await readFile(join(folder, 'report.html'), 'utf8')
    await rm(join(folder, 'report.html'))
    await rm(join(folder, 'figures'), { recursive: true })
    const { status, stdout, stderr } = archloom(['report', folder])
    expect([status, stdout, stderr]).toEqual([0, `${join(folder, 'report.html')}\n`, ''])
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toBe(before)
    expect((await readdir(join(folder, 'figures'))).length).toBeGreaterThan(5)
  })

  it('goes elsewhere alone when asked to, and comes with its data', async () => {
    const path = join(home.path, 'pages', 'branin.html')
    const { status, stdout } = archloom(['report', folder, '--out', path, '--json'])
    expect(status).toBe(0)
    const [written] = JSON.parse(stdout) as { path: string; summary: { name: string } }[]
    expect(written).toMatchObject({ path, summary: { name: 'branin', status: 'finished' } })
    expect(await readdir(join(home.path, 'pages'))).toEqual(['branin.html'])
  })

  it('says where it cannot be written', () => {
    const path = join(home.path, 'study.yaml', 'report.html')
    const { status, stderr } = archloom(['report', folder, '--out', path])
    expect(status).toBe(2)
    expect(stderr).toContain(`Cannot write the report ${path}`)
  })
})
