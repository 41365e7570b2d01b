/** The critical-difference diagram: average ranks on a line, and bars over what is not told apart. */
import type { Ranking } from '#src/study/analysis/ranking.ts'
import { pixel } from '../chart.ts'
import { type Html, html } from '../html.ts'
import { plotMark } from './marks.ts'
import type { Picture } from './picture-file.ts'

const width = 560
const scaleY = 62
const rowHeight = 21
const side = { left: 182, right: 378 }
const barStep = 9

/**
 * @param words - what the blocks are, such as `20 seeds of NAS-Bench-201`
 * @see Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", figure 1.
 */
export function rankPicture(
  ranking: Ranking,
  { name, words, marks }: { name: string; words: string; marks: readonly string[] },
): Picture {
  const { methods, test, groups, criticalDifference } = ranking
  const count = methods.length
  const at = (rank: number) =>
    pixel(side.left + ((rank - 1) / (count - 1)) * (side.right - side.left))
  const order = methods.map((_, index) => index)
  order.sort((a, b) => (test.averageRanks[a] ?? 0) - (test.averageRanks[b] ?? 0))
  const leftCount = Math.ceil(count / 2)
  const firstRow = scaleY + 26 + groups.length * barStep
  const names = order.map((method, position) => {
    const isLeft = position < leftCount
    const row = isLeft ? position : count - 1 - position
    const y = firstRow + row * rowHeight
    return rankName({
      name: methods[method] ?? '',
      rank: test.averageRanks[method] ?? 0,
      x: at(test.averageRanks[method] ?? 1),
      y,
      isLeft,
    })
  })
  const height = firstRow + (leftCount - 1) * rowHeight + 18
  const ticks = Array.from({ length: count }, (_, index) => index + 1)
  const best = methods[order[0] ?? 0]
  const label = `Average ranks of ${count} methods over ${words}; ${best} comes first, critical difference ${criticalDifference.toFixed(2)}`
  const chart = html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
<text class="axis-title" x="2" y="14">← better · average rank over ${words}</text>
${plotMark(marks, width - 2)}
${differenceBar(criticalDifference, at)}
<path class="rank-scale" d="M${side.left} ${scaleY}H${side.right}"/>
${ticks.map((rank) => html`<path class="rank-scale" d="M${at(rank)} ${scaleY - 6}V${scaleY}"/><text class="tick middle" x="${at(rank)}" y="${scaleY - 11}">${rank}</text>`)}
${names}
${groups.map((group, index) => groupBar(group, test.averageRanks, { at, y: scaleY + 13 + index * barStep }))}
</svg>`
  return { name, width, height, chart }
}

/** As long as the critical difference, from rank 1 on. */
function differenceBar(difference: number, at: (rank: number) => number): Html {
  const from = at(1)
  const to = Math.min(at(1 + difference), width - 20)
  const y = scaleY - 31
  const words = `critical difference ${difference.toFixed(2)}`
  return html`<path class="rank-scale" d="M${from} ${y - 4}v8m0 -4H${to}m0 -4v8"/><text x="${to + 8}" y="${y}" dy="0.35em">${words}</text>`
}

function rankName({
  name,
  rank,
  x,
  y,
  isLeft,
}: {
  readonly name: string
  readonly rank: number
  readonly x: number
  readonly y: number
  readonly isLeft: boolean
}): Html {
  const end = isLeft ? side.left - 8 : side.right + 8
  const short = name.length > 22 ? `${name.slice(0, 21)}…` : name
  return html`<path class="rank-line" d="M${x} ${scaleY}V${y}H${end}"/>
<text class="rank-name${isLeft && ' end'}" x="${isLeft ? end - 6 : end + 6}" y="${y}" dy="0.35em">${short} <tspan class="muted-words">${rank.toFixed(2)}</tspan></text>`
}

function groupBar(
  group: readonly number[],
  ranks: readonly number[],
  { at, y }: { readonly at: (rank: number) => number; readonly y: number },
): Html {
  const places = group.map((method) => at(ranks[method] ?? 1))
  return html`<path class="rank-bar" d="M${Math.min(...places) - 4} ${y}H${Math.max(...places) + 4}"><title>Not told apart</title></path>`
}
