import {
  common,
  inCommon,
  type LabelBook,
  type LabelCounts,
  type LabelledVertex,
  labelCounts,
  type WlVariant,
} from './wl-kernel.ts'

/** An item's graphs (one for each cell) as counts, and what each has in common with itself. */
export interface WlItem {
  /** For each graph, for each round. */
  readonly counts: readonly (readonly LabelCounts[])[]
  /** For each graph, summed up to each round. */
  readonly selves: readonly Float64Array[]
}

/** Where a label stands. */
interface Posting {
  readonly items: number[]
  readonly counts: number[]
}

/**
 * Items that are compared again and again, one more at a time.
 *
 * @remarks The kernel of two items is the mean over their graphs, of which all have as many.
 */
export interface WlGraphs {
  readonly rounds: number
  readonly variant: WlVariant
  readonly book: LabelBook
  readonly items: WlItem[]
  /** For each graph, for each label. */
  readonly postings: Map<number, Posting>[]
  /** For each number of rounds, the kernels of each item with itself and all before it. */
  readonly rows: readonly Float64Array[][]
}

export function wlGraphs(rounds: number, variant: WlVariant): WlGraphs {
  return {
    rounds,
    variant,
    book: { numbers: new Map() },
    items: [],
    postings: [],
    rows: Array.from({ length: rounds + 1 }, () => []),
  }
}

/** An item to compare with the others; it is not taken in. */
export function wlItem(
  { rounds, variant, book }: WlGraphs,
  graphs: readonly (readonly LabelledVertex[])[],
): WlItem {
  const counts = graphs.map((vertices) => labelCounts(vertices, rounds, book))
  const selves = counts.map((byRound) => {
    let sum = 0
    return Float64Array.from(byRound, (round) => {
      sum += inCommon(round, round, variant)
      return sum
    })
  })
  return { counts, selves }
}

/** Takes an item in, behind the others. */
export function addWlItem(graphs: WlGraphs, item: WlItem): void {
  const place = graphs.items.length
  const kernels = wlCross(graphs, item, graphs.rounds)
  for (const [round, rows] of graphs.rows.entries()) {
    const row = new Float64Array(place + 1)
    row.set(kernels[round] as Float64Array)
    row[place] = 1
    rows.push(row)
  }
  for (const [graph, byRound] of item.counts.entries()) {
    graphs.postings[graph] ??= new Map()
    for (const { labels, counts } of byRound) {
      for (const [index, label] of labels.entries()) {
        post(graphs.postings[graph], label, place, counts[index] as number)
      }
    }
  }
  graphs.items.push(item)
}

/** Takes the last item off again. */
export function removeWlItem(graphs: WlGraphs): void {
  const item = graphs.items.pop()
  for (const rows of graphs.rows) rows.pop()
  for (const [graph, byRound] of (item?.counts ?? []).entries()) {
    for (const { labels } of byRound) {
      for (const label of labels) {
        const posting = graphs.postings[graph]?.get(label)
        posting?.items.pop()
        posting?.counts.pop()
      }
    }
  }
}

/** The kernels of an item with all that were taken in, after 0 to `rounds` rounds. */
export function wlCross(graphs: WlGraphs, item: WlItem, rounds: number): readonly Float64Array[] {
  const { items, postings, variant } = graphs
  const count = items.length
  const kernels = Array.from({ length: rounds + 1 }, () => new Float64Array(count))
  const sums = new Float64Array(count)
  for (const [graph, byRound] of item.counts.entries()) {
    sums.fill(0)
    for (let round = 0; round <= rounds; round++) {
      addRound(sums, byRound[round] as LabelCounts, postings[graph], variant)
      const kernel = kernels[round] as Float64Array
      const self = item.selves[graph]?.[round] as number
      for (let i = 0; i < count; i++) {
        const other = items[i]?.selves[graph]?.[round] as number
        const share = (sums[i] as number) / Math.sqrt(self * other) / item.counts.length
        kernel[i] = (kernel[i] as number) + share
      }
    }
  }
  return kernels
}

function addRound(
  sums: Float64Array,
  { labels, counts }: LabelCounts,
  postings: ReadonlyMap<number, Posting> | undefined,
  variant: WlVariant,
): void {
  for (let index = 0; index < labels.length; index++) {
    const posting = postings?.get(labels[index] as number)
    if (posting === undefined) continue
    const own = counts[index] as number
    for (let at = 0; at < posting.items.length; at++) {
      const place = posting.items[at] as number
      sums[place] = (sums[place] as number) + common(own, posting.counts[at] as number, variant)
    }
  }
}

function post(postings: Map<number, Posting>, label: number, item: number, count: number): void {
  const posting = postings.get(label) ?? { items: [], counts: [] }
  postings.set(label, posting)
  posting.items.push(item)
  posting.counts.push(count)
}
