import { expect, it } from 'vitest'
import { renderSvg } from '#src/graph/svg.ts'
import { reportPicture } from '#src/report/picture.ts'
import { summarizeRun } from '#src/report/summary.ts'
import { nasBench201Entry } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { syntheticRun } from '#test/fixtures/synthetic-run.ts'

const { header, entries } = syntheticRun()
const summary = summarizeRun({ header, entries: () => entries.values() })

function bestDrawing(): string {
  const space = nasBench201Entry.create(nasBench201Entry.settings.parse({}))
  const { architecture } = summary.trials[summary.selected ?? 0] ?? expect.fail('no trial')
  return renderSvg(space.draw(space.parse(architecture)))
}

it('shows the search, the best architecture and the result in one SVG file', () => {
  const picture = reportPicture(summary, bestDrawing())
  expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  expect(picture).toContain('class="best"')
  expect(picture).toContain('archloom-drawing')
  expect(picture).toContain('98.26% validation accuracy, 97.22% test, measured once')
  expect(picture).toContain('Best architecture, trial 56, 173 k parameters')
})

it('is well-formed: every element is closed, in order', () => {
  const open: string[] = []
  const picture = reportPicture(summary, bestDrawing()).replace(/<style>[\s\S]*?<\/style>/g, '')
  for (const [, close, name, self] of picture.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
    if (close === '/') expect(open.pop()).toBe(name)
    else if (self !== '/') open.push(name ?? '')
  }
  expect(open).toEqual([])
})

it('keeps the drawing inside its half, however large it is', () => {
  const huge = '<svg width="4000" height="3000" viewBox="0 0 4000 3000"></svg>'
  const [, x, y, width, height] =
    reportPicture(summary, huge).match(
      /<svg x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" viewBox="0 0 4000 3000">/,
    ) ?? []
  expect(Number(x)).toBeGreaterThan(663)
  expect(Number(x) + Number(width)).toBeLessThanOrEqual(1200)
  expect(Number(y) + Number(height)).toBeLessThanOrEqual(500)
})

it('exists for a run without a result, and without a drawing', () => {
  const empty = summarizeRun({ header, entries: () => entries.slice(0, 2).values() })
  expect(reportPicture(empty, null)).toContain('No trial has been completed yet')
})
