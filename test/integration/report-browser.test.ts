/** The report in a real browser: opened from the disk, offline, in both themes, on a phone. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeRunReport } from '#src/cli/run-report.ts'
import { renderReport } from '#src/report/report.ts'
import { summarizeRun } from '#src/report/summary.ts'
import { findChromium, launchChromium } from '#test/fixtures/browser.ts'
import { type OpenedPage, openPage, poorContrasts } from '#test/fixtures/browser-page.ts'
import { writeSyntheticRun } from '#test/fixtures/synthetic-folder.ts'
import { type SyntheticOptions, syntheticRun } from '#test/fixtures/synthetic-run.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const executable = findChromium()
const hostile = `</script><script>window.attacked = 1</script><img src=x onerror="window.attacked = 1">`

function page(options: SyntheticOptions, name?: string): string {
  const { header, entries } = syntheticRun(options)
  const named = name === undefined ? header : { ...header, document: { name, description: name } }
  const summary = summarizeRun({ header: named, entries: () => entries.values() })
  const configYaml = `name: ${name ?? 'digits-cells'}\n`
  return renderReport(summary, { runFolder: 'runs/digits', configYaml, pictureSvg: null })
}

describe.skipIf(executable === null)('report in Chromium (skipped where none is on PATH)', () => {
  let folder: TemporaryFolder
  let browser: Browser

  beforeAll(async () => {
    folder = await temporaryFolder()
    browser = await launchChromium(executable ?? '')
    writeSyntheticRun(folder.path, syntheticRun())
    await writeRunReport(folder.path, {})
    await writeFile(join(folder.path, 'hostile.html'), page({ trials: 5, epochs: 2 }, hostile))
    await writeFile(join(folder.path, 'large.html'), page({ trials: 20_000, epochs: 1 }))
  })
  afterAll(async () => {
    await browser?.close()
    await folder?.[Symbol.asyncDispose]()
  })

  function open(
    name: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<OpenedPage> {
    return openPage(browser, join(folder.path, name), options)
  }

  /** The ground under the text, as the browser computes it. */
  function background(opened: Page): Promise<string> {
    return opened.evaluate('getComputedStyle(document.body).backgroundColor')
  }

  function trialOrder(opened: Page): Promise<string[]> {
    return opened.locator('.trials tbody tr').evaluateAll((rows) => rows.map((row) => row.id))
  }

  it('opens without a complaint and asks for nothing', async () => {
    await using opened = await open('report.html')
    expect(await opened.page.title()).toBe('digits-cells · archloom report')
    for (const id of [
      'architecture',
      'search',
      'trials',
      'failures',
      'environment',
      'reproduce',
      'config',
    ]) {
      expect(await opened.page.locator(`section#${id}`).isVisible()).toBe(true)
    }
    expect(await opened.page.locator('svg.chart').count()).toBe(4)
    const drawing = opened.page.locator('#architecture figure svg')
    expect((await drawing.boundingBox())?.width).toBeGreaterThan(200)
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
  })

  it('follows the system’s theme, and the switch overrules it and is remembered', async () => {
    await using light = await open('report.html', { colorScheme: 'light' })
    await using dark = await open('report.html', { colorScheme: 'dark' })
    const [bright, dim] = [await background(light.page), await background(dark.page)]
    expect(bright).not.toBe(dim)
    await light.page.getByRole('button', { name: /light and dark/ }).click()
    expect(await background(light.page)).toBe(dim)
    await light.page.reload()
    expect(await background(light.page)).toBe(dim)
    await light.page.getByRole('button', { name: /light and dark/ }).click()
    expect(await background(light.page)).toBe(bright)
    expect(light.complaints).toEqual([])
  })

  it.each(['light', 'dark'] as const)(
    'has text of enough contrast in the %s theme',
    async (colorScheme) => {
      await using opened = await open('report.html', { colorScheme })
      expect(await poorContrasts(opened.page)).toEqual([])
    },
  )

  it('sorts the trials by any column, both ways, unknown values last', async () => {
    await using opened = await open('report.html')
    const sort = (title: string) =>
      opened.page.locator('.trials th button', { hasText: title }).click()
    const numbers = Array.from({ length: 60 }, (_, trial) => `trial-${trial}`)
    await sort('Trial')
    expect(await trialOrder(opened.page)).toEqual(numbers.toReversed())
    await sort('Trial')
    expect(await trialOrder(opened.page)).toEqual(numbers)
    for (const title of ['Parameters', 'Parameters']) {
      await sort(title)
      expect((await trialOrder(opened.page)).slice(-4).sort()).toEqual([
        'trial-13',
        'trial-26',
        'trial-33',
        'trial-7',
      ])
    }
    const sorted = opened.page.locator('.trials th[aria-sort="ascending"]')
    expect(await sorted.allTextContents()).toEqual(['Parameters'])
  })

  it('shows training curves when asked, without a script', async () => {
    await using opened = await open('report.html', { javaScriptEnabled: false })
    const curve = opened.page.locator('g.train path').first()
    expect(await curve.isVisible()).toBe(false)
    await opened.page.getByLabel('Training accuracy').check()
    expect(await curve.isVisible()).toBe(true)
  })

  it('is complete without scripts, and shows no button that would do nothing', async () => {
    await using opened = await open('report.html', { javaScriptEnabled: false })
    expect(await opened.page.locator('.trials tbody tr').count()).toBe(60)
    expect(await opened.page.locator('svg.chart').count()).toBe(4)
    expect(
      await opened.page.locator('button.theme, button.copy').filter({ visible: true }).count(),
    ).toBe(0)
  })

  it('tells of a trial when the pointer is on its dot', async () => {
    await using opened = await open('report.html', { reducedMotion: 'reduce' })
    const ring = opened.page.locator('.chart .ring').first()
    // Scrolling hides a hint, so the page stands still before the pointer comes.
    await ring.scrollIntoViewIfNeeded()
    await opened.page.evaluate(
      'new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))',
    )
    await ring.hover()
    const hint = opened.page.locator('.hint.seen')
    expect(await hint.textContent()).toMatch(/^Trial \d+ · 98\.26%\nmutation of trial \d+/)
  })

  it('copies a command', async () => {
    await using opened = await open('report.html', {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const first = opened.page.locator('#reproduce .copyable').first()
    await first.getByRole('button').click()
    await first.getByText('Copied').waitFor()
    const copied = await opened.page.evaluate('navigator.clipboard.readText()')
    expect(copied).toContain('archloom run /home/ada/search/configs/digits-cells.yaml')
  })

  it.each([400, 768, 1280])('does not overflow a screen of %d pixels', async (width) => {
    for (const name of ['report.html', 'hostile.html']) {
      await using opened = await open(name, { viewport: { width, height: 800 } })
      const overflow = await opened.page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect(overflow).toBe(0)
    }
  })

  it('runs nothing that a run’s texts smuggle in', async () => {
    await using opened = await open('hostile.html')
    expect(await opened.page.evaluate('window.attacked')).toBeUndefined()
    expect(await opened.page.locator('h1').textContent()).toBe(hostile)
    expect(opened.requests).toEqual([])
    expect(opened.complaints).toEqual([])
  })

  it('opens a run of twenty thousand trials and sorts it', async () => {
    await using opened = await open('large.html')
    await opened.page.locator('.trials th button', { hasText: 'Time' }).click()
    expect(await opened.page.locator('.trials tbody tr').count()).toBe(500)
    expect(opened.complaints).toEqual([])
  })

  it('prints every failure’s traceback and every trial', async () => {
    await using opened = await open('report.html')
    await opened.page.emulateMedia({ media: 'print' })
    const pdf = await opened.page.pdf({ format: 'A4' })
    expect(pdf.byteLength).toBeGreaterThan(20_000)
    const table = opened.page.locator('.tall')
    expect(await table.evaluate((element) => element.scrollHeight - element.clientHeight)).toBe(0)
  })
})
