/** The report of a study in a real browser: offline, both themes, many methods, a phone, paper. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderStudyReport } from '#src/report/study/study-report.ts'
import { findChromium, launchChromium } from '#test/fixtures/browser.ts'
import {
  collidingTexts,
  type OpenedPage,
  openPage,
  poorContrasts,
} from '#test/fixtures/browser-page.ts'
import { type SyntheticStudyOptions, syntheticStudy } from '#test/fixtures/synthetic-study.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const executable = findChromium()
const hostile = `</script><script>window.attacked = 1</script><img src=x onerror="window.attacked = 1">`

const small: SyntheticStudyOptions = {
  methods: ['random search', 'regularized evolution', 'differential evolution', 'TPE'],
  variants: { 'regularized evolution': ['populationSize=10', 'removal=worst'] },
  benchmark: { mark: 'test-only table' },
  cell: ({ method }) =>
    method === 'TPE'
      ? {
          originCounts: {
            random: 9,
            model: 41,
            crossover: 3,
            mutation: 4,
            neighbour: 1,
            'random-repeat': 1,
            policy: 1,
            fallback: 50,
          },
        }
      : {},
}

const large: SyntheticStudyOptions = {
  methods: [
    'random search',
    ...Array.from({ length: 15 }, (_, index) =>
      index % 3 === 0 ? `method ${index} of quite a long name, too long` : `method ${index}`,
    ),
  ],
  benchmarks: ['alpha', 'beta'],
  environments: { a: { critical: { node: '24' } }, b: { critical: { node: '22' } } },
}

describe.skipIf(executable === null)(
  'study report in Chromium (skipped where none is on PATH)',
  () => {
    let folder: TemporaryFolder
    let browser: Browser

    beforeAll(async () => {
      folder = await temporaryFolder()
      browser = await launchChromium(executable ?? '')
      const pages = {
        small,
        large,
        hostile: { methods: ['random search', hostile], benchmarks: [hostile] },
      }
      for (const [name, options] of Object.entries(pages)) {
        const facts = { folder: 'studies/synthetic', archloomVersion: '1.2.3' }
        const { page, figures } = renderStudyReport(syntheticStudy(options), facts)
        await writeFile(join(folder.path, `${name}.html`), page)
        for (const [file, svg] of Object.entries(figures)) {
          if (name === 'large') await writeFile(join(folder.path, file), svg)
        }
      }
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

    /** Chooses a view in every card of curves. */
    async function choose(page: Page, word: string): Promise<void> {
      for (const radio of await page.locator(`.curves .pick-${word}`).all()) {
        await radio.check({ force: true })
      }
    }

    it('opens without a complaint and asks for nothing', async () => {
      await using opened = await open('small.html')
      expect(await opened.page.title()).toBe('synthetic-study · archloom report')
      for (const id of [
        'curves',
        'standings',
        'ranks',
        'tests',
        'anytime',
        'ablations',
        'proposals',
      ]) {
        expect(await opened.page.locator(`section#${id}`).isVisible()).toBe(true)
      }
      expect(opened.complaints).toEqual([])
      expect(opened.requests).toEqual([])
    })

    it.each(['small.html', 'large.html'])(
      'has no label on another in %s, in any view',
      async (name) => {
        await using opened = await open(name)
        for (const measure of ['regret', 'accuracy']) {
          await choose(opened.page, measure)
          for (const axis of ['trials', 'seconds', 'secondsWithOverhead']) {
            await choose(opened.page, axis)
            for (const aggregate of ['mean', 'median']) {
              await choose(opened.page, aggregate)
              expect(
                await opened.page.locator('.curves .view').filter({ visible: true }).count(),
              ).toBe(2)
              expect(await collidingTexts(opened.page)).toEqual([])
            }
          }
        }
      },
    )

    it('would find a label on another', async () => {
      await using opened = await open('small.html')
      await opened.page.evaluate(
        `(() => { const [a, b] = document.querySelectorAll('.end-label'); b.setAttribute('y', a.getAttribute('y')); })()`,
      )
      expect(await collidingTexts(opened.page)).toHaveLength(1)
    })

    it('has no label on another on a phone, where charts scroll', async () => {
      await using opened = await open('large.html', { viewport: { width: 400, height: 800 } })
      expect(await collidingTexts(opened.page)).toEqual([])
      const chart = opened.page.locator('.curves .view svg').filter({ visible: true }).first()
      expect((await chart.boundingBox())?.width).toBe(760)
    })

    it.each(['light', 'dark'] as const)(
      'has text of enough contrast in the %s theme',
      async (colorScheme) => {
        await using opened = await open('small.html', { colorScheme })
        expect(await poorContrasts(opened.page)).toEqual([])
      },
    )

    it('changes views without a script', async () => {
      await using opened = await open('small.html', { javaScriptEnabled: false })
      const shown = opened.page.locator('.curves .view').filter({ visible: true })
      const label = () => shown.first().locator('svg').getAttribute('aria-label')
      expect(await label()).toBe('Regret on first over evaluations: mean of 4 methods')
      await opened.page.getByText('Simulated time', { exact: true }).first().click()
      await opened.page.getByText('Best so far').first().click()
      expect(await label()).toBe(
        'Accuracy of the incumbent on first over simulated time: mean of 4 methods',
      )
    })

    it('sorts a table of results by what it means, not by its letters', async () => {
      await using opened = await open('small.html')
      const table = opened.page.locator('#tests table').first()
      await table.locator('th button', { hasText: 'Difference' }).click()
      const keys = await table
        .locator('tbody tr td:nth-child(5)')
        .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-key'))))
      expect(keys).toEqual(keys.toSorted((a, b) => b - a))
      expect(new Set(keys).size).toBeGreaterThan(3)
    })

    it('names a curve when the pointer is on it', async () => {
      await using opened = await open('small.html', { reducedMotion: 'reduce' })
      const line = opened.page
        .locator('.curves .view.regret.trials.mean path.series[data-hint=TPE]')
        .first()
      await line.dispatchEvent('pointermove', { clientX: 200, clientY: 200, bubbles: true })
      expect(await opened.page.locator('.hint.seen').textContent()).toBe('TPE')
    })

    it.each([400, 768, 1280])('does not overflow a screen of %d pixels', async (width) => {
      for (const name of ['small.html', 'large.html', 'hostile.html']) {
        await using opened = await open(name, { viewport: { width, height: 800 } })
        const overflow = await opened.page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect(overflow, name).toBe(0)
      }
    })

    it('runs nothing that labels smuggle in', async () => {
      await using opened = await open('hostile.html')
      expect(await opened.page.evaluate('window.attacked')).toBeUndefined()
      expect(opened.complaints).toEqual([])
      expect(opened.requests).toEqual([])
    })

    it('prints the chosen curves and every table', async () => {
      await using opened = await open('small.html')
      await opened.page.emulateMedia({ media: 'print' })
      expect(await opened.page.locator('.curves .view').filter({ visible: true }).count()).toBe(2)
      expect(await opened.page.locator('.switches').first().isVisible()).toBe(false)
      expect((await opened.page.pdf({ format: 'A4' })).byteLength).toBeGreaterThan(20_000)
    })

    it('has figures that a browser shows from their files, in colours of their own', async () => {
      await using opened = await open('alpha-regret-evaluations.svg', { colorScheme: 'dark' })
      const stroke = await opened.page.evaluate(
        `getComputedStyle(document.querySelectorAll('path.series')[2]).stroke`,
      )
      expect(stroke).toBe('rgb(0, 114, 178)')
      expect(await collidingTexts(opened.page)).toEqual([])
      expect(opened.complaints).toEqual([])
    })
  },
)
