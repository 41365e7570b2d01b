/** Whole runs on benchmarks through the command line, and their reports in a real browser. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { RunResult } from '#src/runner/result.ts'
import { findChromium, launchChromium } from '#test/fixtures/browser.ts'
import { archloom } from '#test/fixtures/command-line.ts'
import { importedSheetPath, sheetMissing } from '#test/fixtures/imported-benchmark.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const config = (name: string) => join(projectFolder(), 'configs', 'experiments', `${name}.yaml`)
const missing = sheetMissing('nas-bench-201')
const executable = findChromium()
let temporary: TemporaryFolder

beforeAll(async () => {
  temporary = await temporaryFolder()
})
afterAll(() => temporary[Symbol.asyncDispose]())

/** What decides the result: times and folders left out. */
function decided(folder: string) {
  const result = RunResult.parse(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')))
  const { best, trials, budget, documentHash, fingerprints } = result
  const { seconds: _, ...spent } = budget.spent
  return { best, trials, spent, documentHash, fingerprints }
}

describe('a run on a test function', () => {
  it('needs no data, and is the same twice', () => {
    const folders = ['one', 'other'].map((name) => join(temporary.path, name))
    for (const folder of folders) {
      const ended = archloom(['run', config('branin'), '--out', folder, '--quiet'])
      expect(ended.status, ended.stderr).toBe(0)
    }
    const [one, other] = folders.map(decided)
    expect(other).toEqual(one)
    expect(one?.best?.testAccuracy).toBeGreaterThan(0.9)
    const replayed = archloom(['replay', folders[0] ?? ''])
    expect(replayed.status, replayed.stderr).toBe(0)
  })
})

describe.skipIf(missing !== null)('a run on NAS-Bench-201', () => {
  const folder = () => join(temporary.path, 'cells')

  it('spends simulated seconds, and prints one JSON document', async () => {
    const benchmark = await importedSheetPath('nas-bench-201')
    const { status, stdout, stderr } = archloom([
      ...['run', config('nas-bench-201'), '--json', '--out', folder()],
      ...['--set', `evaluator.benchmark=${benchmark}`, '--set', 'evaluator.workers=4'],
      ...['--set', 'visibility={order: arrival, window: 4}'],
    ])
    expect(status, stderr).toBe(0)
    const { result } = JSON.parse(stdout)
    expect(RunResult.parse(result)).toEqual(result)
    expect(result.budget.spent.costSeconds).toBeGreaterThanOrEqual(12_000)
    expect(result.budget.spent.seconds).toBeLessThan(600)
    expect(result.best.testAccuracy).toBeGreaterThan(0.92)
    expect(result.best.counts.parameterCount).toBeGreaterThan(73_306)
  })

  it('refuses a budget that the table lacks with exit code 2', async () => {
    const benchmark = await importedSheetPath('nas-bench-201')
    const { status, stderr } = archloom([
      ...['run', config('nas-bench-201'), '--out', join(temporary.path, 'between')],
      ...['--set', `evaluator.benchmark=${benchmark}`, '--set', 'fidelity.epochs=25'],
    ])
    expect(status).toBe(2)
    expect(stderr).toContain('An evaluation on nas-bench-201 has 12 epochs here, found 25')
  })

  it.skipIf(executable === null)('has a report with both clocks', async () => {
    const browser = await launchChromium(executable ?? '')
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.goto(pathToFileURL(join(folder(), 'report.html')).href)
      const tiles = await page.locator('.tiles').textContent()
      expect(tiles).toContain('Searching time')
      expect(tiles).toContain('Simulated time')
      const charts = page.getByText('Best so far, over simulated time')
      expect(await charts.count()).toBeGreaterThan(0)
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  })
})
