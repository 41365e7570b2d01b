/** `archloom report …`, as a person runs it, over real journals. */
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { writeSyntheticRun } from '#test/fixtures/synthetic-folder.ts'
import { type SyntheticRun, syntheticRun } from '#test/fixtures/synthetic-run.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

function report(...args: readonly string[]) {
  const main = join(projectFolder(), 'src', 'main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'report', ...args], {
    encoding: 'utf8',
    maxBuffer: 64e6,
  })
  return { status, stdout, stderr }
}

async function folderWith(runs: Readonly<Record<string, SyntheticRun>>): Promise<TemporaryFolder> {
  const folder = await temporaryFolder()
  for (const [name, run] of Object.entries(runs)) writeSyntheticRun(join(folder.path, name), run)
  return folder
}

const small = syntheticRun({ trials: 24, epochs: 2 })

it('writes the page into the run folder and prints its path', async () => {
  await using folder = await folderWith({ run: small })
  const run = join(folder.path, 'run')
  const { status, stdout, stderr } = report(run)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`${join(run, 'report.html')}\n`)
  const page = await readFile(join(run, 'report.html'), 'utf8')
  expect(page).toMatch(/<figure class="card drawing">[\s\S]*conv 3×3/)
  expect(page).toContain(`archloom replay ${run}`)
})

it('shows the configuration as the run folder holds it', async () => {
  await using folder = await folderWith({ run: small })
  const run = join(folder.path, 'run')
  await writeFile(join(run, 'config.resolved.yaml'), 'version: 1\nname: from-the-file\n')
  report(run)
  expect(await readFile(join(run, 'report.html'), 'utf8')).toContain('name: from-the-file')
})

it('writes several runs into one folder, one page each', async () => {
  await using folder = await folderWith({ first: small, second: syntheticRun({ trials: 5 }) })
  const runs = ['first', 'second'].map((name) => join(folder.path, name))
  const pages = join(folder.path, 'new', 'pages')
  expect(report(...runs, '--out', pages).stdout).toBe(
    `${join(pages, 'first.html')}\n${join(pages, 'second.html')}\n`,
  )
  expect(await readFile(join(pages, 'second.html'), 'utf8')).toContain('5 trials, the best first.')
})

it('prints the summary of an unfinished run as JSON', async () => {
  const cut = { ...small, entries: small.entries.slice(0, 60) }
  await using folder = await folderWith({ run: cut })
  const run = join(folder.path, 'run')
  const [written] = JSON.parse(report(run, '--json').stdout) as {
    run: string
    path: string
    summary: { status: string; selected: number | null; trials: unknown[] }
  }[]
  expect(written?.run).toBe(run)
  expect(written?.path).toBe(join(run, 'report.html'))
  expect(written?.summary.status).toBe('running')
  expect(written?.summary.selected).toBeNull()
  expect(written?.summary.trials.length).toBeGreaterThan(5)
})

it('writes the page of a run whose space or script is not at hand, without the drawing', async () => {
  const { header, entries } = small
  const document = { name: 'own', space: { name: 'my-space' } }
  const source = { ...header.source, path: '/gone/search.ts' }
  await using folder = await folderWith({
    run: { header: { ...header, document, source }, entries },
  })
  const run = join(folder.path, 'run')
  const { status, stderr } = report(run)
  expect(status).toBe(0)
  expect(stderr).toContain('search.ts')
  const page = await readFile(join(run, 'report.html'), 'utf8')
  expect(page).not.toContain('card drawing')
  expect(page).toContain('nor_conv_3x3')
})

it('refuses what is no run folder, with one sentence and exit status 2', async () => {
  await using folder = await temporaryFolder()
  const { status, stdout, stderr } = report(folder.path)
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).toContain(folder.path)
})

it('refuses one file for two runs, and two pages of one name', async () => {
  const both = report('a/x', 'b/y', '--out', 'page.html')
  expect([both.status, both.stderr]).toEqual([
    2,
    'archloom: Option --out names one file, page.html, for 2 runs; name a folder\n',
  ])
  const twice = report('a/x', 'b/x', '--out', 'pages')
  expect(twice.status).toBe(2)
  expect(twice.stderr).toContain('Two of the runs would both be written to pages/x.html')
})

it('says where it cannot write, and keeps the page that was there', async () => {
  await using folder = await folderWith({ run: small })
  const file = join(folder.path, 'file')
  await writeFile(file, 'not a folder')
  const { status, stderr } = report(join(folder.path, 'run'), '--out', join(file, 'page.html'))
  expect(status).toBe(2)
  expect(stderr).toMatch(
    /^archloom: Cannot write the report .*page\.html \(\w+\); name a writable place/,
  )
})
