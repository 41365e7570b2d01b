/**
 * Makes the picture of a run for README and docs: its search over trials beside its best
 * architecture, both as the report draws them.
 *
 *     node scripts/report-picture.ts RUN docs/images/quickstart.svg
 *
 * An SVG follows the reader's light or dark theme. For a name that ends in `.png` a Chromium on PATH
 * draws it at twice its size, in the theme named third, `light` unless given.
 */
import { writeFile } from 'node:fs/promises'
import { drawerOf } from '#src/cli/run-report.ts'
import { renderSvg } from '#src/graph/svg.ts'
import { winnerOf } from '#src/report/overview.ts'
import { pictureSize, reportPicture } from '#src/report/picture.ts'
import { summarizeRun } from '#src/report/summary.ts'
import { readJournal } from '#src/store/journal.ts'
import { findChromium, launchChromium } from '#test/fixtures/browser.ts'

const [run, out, theme = 'light'] = process.argv.slice(2)
if (run === undefined || out === undefined || (theme !== 'light' && theme !== 'dark')) {
  process.stderr.write('Usage: node scripts/report-picture.ts RUN OUT.svg|OUT.png [light|dark]\n')
  process.exit(2)
}
const picture = pictureOf(run)
if (out.endsWith('.png')) await writePng(picture, out, theme)
else await writeFile(out, picture)

function pictureOf(folder: string): string {
  using journal = readJournal(folder)
  const summary = summarizeRun(journal)
  const winner = winnerOf(summary)
  const draw = drawerOf(folder, {})
  const drawable = draw !== null && winner !== undefined
  return reportPicture(summary, drawable ? renderSvg(draw(winner.architecture)) : null)
}

async function writePng(svg: string, path: string, colorScheme: 'light' | 'dark'): Promise<void> {
  const executable = findChromium()
  if (executable === null) throw new Error('No Chromium on PATH; name an .svg file instead')
  const browser = await launchChromium(executable)
  try {
    const page = await browser.newPage({
      viewport: pictureSize,
      deviceScaleFactor: 2,
      colorScheme,
    })
    await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`)
    await page.screenshot({ path, omitBackground: true })
  } finally {
    await browser.close()
  }
}
