/** Labels beside the ends of curves, moved apart as little as needed so that none hides another. */
import { pixel } from '../chart.ts'
import { type Html, html } from '../html.ts'
import type { SeriesLook } from './series.ts'

/** Pixels from the end of the plot to the words. */
export const leaderLength = 36

/** Pixels between two lines of labels. */
export const labelHeight = 15

/**
 * Heights at least `gap` apart, nearest to the wanted ones by least squares, in their order.
 *
 * @param wanted - in any order
 * @param bounds - `low` to `high`; where too many are wanted, they go on below it
 * @returns in the order of `wanted`
 * @see Barlow et al. 1972, "Statistical Inference under Order Restrictions", section 1.2 (pooling of
 *   adjacent violators).
 */
export function spreadHeights(
  wanted: readonly number[],
  gap: number,
  { low, high }: { readonly low: number; readonly high: number },
): number[] {
  const order = wanted.map((_, index) => index)
  order.sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0) || a - b)
  const last = Math.max(low, high - (wanted.length - 1) * gap)
  const blocks: { sum: number; count: number }[] = []
  for (const [place, index] of order.entries()) {
    // Without the gaps it is a rising sequence that is sought.
    blocks.push({ sum: (wanted[index] ?? 0) - place * gap, count: 1 })
    for (;;) {
      const [before, own] = blocks.slice(-2)
      if (before === undefined || own === undefined) break
      if (before.sum / before.count <= own.sum / own.count) break
      blocks.splice(-2, 2, { sum: before.sum + own.sum, count: before.count + own.count })
    }
  }
  const rising = blocks.flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count))
  const heights = new Array<number>(wanted.length).fill(0)
  for (const [place, index] of order.entries()) {
    heights[index] = Math.min(last, Math.max(low, rising[place] ?? low)) + place * gap
  }
  return heights
}

export interface EndLabel {
  readonly words: string
  readonly look: SeriesLook
  /** Where the curve ends. */
  readonly x: number
  readonly y: number
}

/** Labels in a column, each led to from its curve's end by a line in the curve's look. */
export function endLabels(
  labels: readonly EndLabel[],
  {
    x,
    low,
    high,
    letterCount,
  }: {
    /** Left end of the leaders; the words stand `leaderLength` to the right of it. */
    readonly x: number
    readonly low: number
    readonly high: number
    /** Letters of a label that there is room for. */
    readonly letterCount: number
  },
): Html {
  const heights = spreadHeights(
    labels.map(({ y }) => y),
    labelHeight,
    { low, high },
  )
  const marks = labels.map(({ words, look, x: from, y }, index) => {
    const height = pixel(heights[index] ?? y)
    const bridge =
      from < x - 2 &&
      html`<path class="bridge" d="M${pixel(from)} ${pixel(y)}H${x}" stroke="${look.color}"/>`
    const short = words.length > letterCount ? `${words.slice(0, letterCount - 1)}…` : words
    return html`${bridge}<path class="series" d="M${x} ${pixel(y)}L${x + 16} ${height}H${x + leaderLength - 4}"${stroke(look)}/>
<text class="end-label" x="${x + leaderLength}" y="${height}" dy="0.35em">${short}${short !== words && html`<title>${words}</title>`}</text>`
  })
  return html`<g>${marks}</g>`
}

/** The attributes of a line in a series' look. */
export function stroke({ color, dashes, width }: SeriesLook): Html {
  return html` stroke="${color}" stroke-width="${width}"${dashes !== '' && html` stroke-dasharray="${dashes}"`}`
}
