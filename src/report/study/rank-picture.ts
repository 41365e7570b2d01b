/** The critical-difference diagram: average ranks on a line, and bars over what is not told apart. */
import type { Ranking } from '#src/study/analysis/ranking.ts'
import { pixel } from '../chart.ts'
import { type Html, html } from '../html.ts'
import { markRow } from './marks.ts'
import type { Picture } from './picture-file.ts'

const scaleY = 62
const rowHeight = 21
const barStep = 9

/** Pixels of a diagram; names stand to the left of `left` and to the right of `right`. */
interface Layout {
  readonly width: number
  readonly left: number
  readonly right: number
  readonly letterCount: number
}

const smallLayout: Layout = { width: 560, left: 182, right: 378, letterCount: 22 }
const wideLayout: Layout = { width: 800, left: 274, right: 526, letterCount: 30 }

/** Many methods or long names need the page's whole width. */
export function isWideRanking({ methods }: Pick<Ranking, 'methods'>): boolean {
  return methods.length > 9 || methods.some(({ length }) => length > smallLayout.letterCount)
}

/**
 * @param words - what the blocks are, such as `20 seeds`
 * @see Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", figure 1.
 */
export function rankPicture(
  ranking: Ranking,
  { name, words, marks }: { name: string; words: string; marks: readonly string[] },
): Picture {
  const { methods, test, criticalDifference } = ranking
  const count = methods.length
  const layout = isWideRanking(ranking) ? wideLayout : smallLayout
  const { width, left, right } = layout
  const at = (rank: number) => pixel(left + ((rank - 1) / (count - 1)) * (right - left))
  const rankOf = (method: number) => test.averageRanks[method] ?? 1
  const order = [...methods.keys()].sort((a, b) => rankOf(a) - rankOf(b))
  const leftCount = Math.ceil(count / 2)
  const bars = packedBars(ranking)
  const firstRow = scaleY + 26 + (1 + Math.max(0, ...bars.map(({ row }) => row))) * barStep
  const names = order.map((method, position) => {
    const isLeft = position < leftCount
    const y = firstRow + (isLeft ? position : count - 1 - position) * rowHeight
    const rank = rankOf(method)
    return rankName({ name: methods[method] ?? '', rank, x: at(rank), y, isLeft }, layout)
  })
  const height = firstRow + (leftCount - 1) * rowHeight + 18
  const ticks = [...methods.keys()].map((index) => index + 1)
  const label = `Average ranks of ${count} methods over ${words}; ${methods[order[0] ?? 0]} comes first, critical difference ${criticalDifference.toFixed(2)}`
  const { rise, row: markWords } = markRow(marks, width)
  const chart = html`<svg class="chart" viewBox="0 ${-rise} ${width} ${height + rise}" role="img" aria-label="${label}">
<text class="axis-title" x="2" y="14">← better · average rank over ${words}</text>
${markWords}
${differenceBar(criticalDifference, at, width)}
<path class="rank-scale" d="M${left} ${scaleY}H${right}"/>
${ticks.map((rank) => html`<path class="rank-scale" d="M${at(rank)} ${scaleY - 6}V${scaleY}"/>`)}
${ticks.filter((rank) => count <= 10 || rank % 2 === 1).map((rank) => html`<text class="tick middle" x="${at(rank)}" y="${scaleY - 11}">${rank}</text>`)}
${names}
${bars.map(({ from, to, row }) => html`<path class="rank-bar" d="M${at(from) - 4} ${scaleY + 13 + row * barStep}H${at(to) + 4}"><title>Not told apart</title></path>`)}
</svg>`
  return { name, width, height: height + rise, chart }
}

/** As long as the critical difference, from rank 1 on. */
function differenceBar(difference: number, at: (rank: number) => number, width: number): Html {
  const from = at(1)
  const words = `critical difference ${difference.toFixed(2)}`
  const to = Math.min(at(1 + difference), width - 160)
  const y = scaleY - 31
  return html`<path class="rank-scale" d="M${from} ${y - 4}v8m0 -4H${to}m0 -4v8"/><text x="${to + 8}" y="${y}" dy="0.35em">${words}</text>`
}

interface RankName {
  readonly name: string
  readonly rank: number
  readonly x: number
  readonly y: number
  readonly isLeft: boolean
}

function rankName({ name, rank, x, y, isLeft }: RankName, layout: Layout): Html {
  const end = isLeft ? layout.left - 8 : layout.right + 8
  const limit = layout.letterCount
  const short = name.length > limit ? `${name.slice(0, limit - 1)}…` : name
  return html`<path class="rank-line" d="M${x} ${scaleY}V${y}H${end}"/>
<text class="rank-name${isLeft && ' end'}" x="${isLeft ? end - 6 : end + 6}" y="${y}" dy="0.35em">${short} <tspan class="muted-words">${rank.toFixed(2)}</tspan></text>`
}

/** Bars over groups, each in the first row where it does not meet another. */
export function packedBars({ groups, test }: Pick<Ranking, 'groups' | 'test'>): readonly {
  readonly from: number
  readonly to: number
  readonly row: number
}[] {
  const ends: number[] = []
  return groups.map((group) => {
    const ranks = group.map((method) => test.averageRanks[method] ?? 1)
    const [from, to] = [Math.min(...ranks), Math.max(...ranks)]
    // Bars come by rising rank; a little room keeps two of a row apart.
    const free = ends.findIndex((end) => end + 0.6 < from)
    const row = free === -1 ? ends.length : free
    ends[row] = to
    return { from, to, row }
  })
}
