/** Where each method's proposals came from: a bar a method. */
import type { Origins } from '#src/study/analysis/effort.ts'
import { pixel } from '../chart.ts'
import { type Html, html } from '../html.ts'
import { plotMark } from './marks.ts'
import type { Picture } from './picture-file.ts'

const width = 560
const rowHeight = 24
const barLeft = 190
const barRight = 558

/** Methods of one benchmark. */
export function originPicture(
  origins: readonly Origins[],
  { name, benchmark, marks }: { name: string; benchmark: string; marks: readonly string[] },
): Picture {
  const words = [...new Set(origins.flatMap(({ shares }) => shares.map(({ origin }) => origin)))]
  // Random and fallback keep their places: they are what one looks for.
  const order = [
    'random',
    ...words.filter((word) => word !== 'random' && word !== 'fallback'),
    'fallback',
  ]
  const present = order.filter((word) => words.includes(word))
  const { markup, bottom } = key(present)
  const height = bottom + origins.length * rowHeight + 8
  const chart = html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="Origins of the proposals on ${benchmark}">
${plotMark(marks, width - 2)}
${markup}
${origins.map((one, index) => row(one, present, bottom + index * rowHeight))}
</svg>`
  return { name, width, height, chart }
}

/** The words in rows, below the marks. */
function key(words: readonly string[]): { readonly markup: Html; readonly bottom: number } {
  let x = 2
  let y = 26
  const items = words.map((word, index) => {
    const size = 16 + 6.8 * word.length + 18
    if (x > 2 && x + size > width) {
      x = 2
      y += 18
    }
    const item = html`<rect x="${pixel(x)}" y="${y}" width="11" height="11" fill="${fill(word, index)}"/><text x="${pixel(x + 16)}" y="${y + 6}" dy="0.35em">${word}</text>`
    x += size
    return item
  })
  return { markup: html`<g>${items}</g>`, bottom: y + 18 }
}

function row({ method, shares }: Origins, order: readonly string[], y: number): Html {
  let x = barLeft
  const parts = order.map((word, index) => {
    const share = shares.find(({ origin }) => origin === word)?.share ?? 0
    const size = share * (barRight - barLeft)
    const part =
      share > 0 &&
      html`<rect class="share" x="${pixel(x)}" y="${y + 3}" width="${pixel(size)}" height="${rowHeight - 7}" fill="${fill(word, index)}"><title>${method}: ${word} ${(100 * share).toFixed(1)}%</title></rect>${size > 44 && html`<text class="share-words" x="${pixel(x + 6)}" y="${y + rowHeight / 2}" dy="0.35em">${(100 * share).toFixed(share > 0.995 ? 0 : 1)}%</text>`}`
    x += size
    return part
  })
  const short = method.length > 27 ? `${method.slice(0, 26)}…` : method
  return html`<text class="row-name end" x="${barLeft - 12}" y="${y + rowHeight / 2}" dy="0.35em">${short}</text>${parts}`
}

function fill(word: string, index: number): string {
  if (word === 'random') return 'var(--line)'
  if (word === 'fallback') return 'var(--share-bad)'
  return `var(--share-${index % 4})`
}
