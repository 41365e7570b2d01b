/**
 * The Weisfeiler-Lehman kernel on labelled directed acyclic graphs: how much the neighbourhoods of
 * their vertices have in common, after each of a number of rounds.
 *
 * @see Shervashidze et al. 2011, "Weisfeiler-Lehman Graph Kernels", section 3; Ru et al. 2021,
 *   "Interpretable Neural Architecture Search via Bayesian Optimisation with Weisfeiler-Lehman
 *   Kernels", section 3.1; NASLib `predictors/gp/gpwl.py`.
 */

export interface LabelledVertex {
  readonly label: string
  /** Positions of earlier vertices. */
  readonly inputs: readonly number[]
}

/** Names labels by numbers, the same in all graphs that share it. */
export interface LabelBook {
  readonly numbers: Map<string, number>
}

/** Labels of one round and how often each stands in the graph, sorted by label. */
export interface LabelCounts {
  readonly labels: Int32Array
  readonly counts: Float64Array
}

export const wlVariants = ['sum', 'optimal-assignment'] as const
/** What two graphs have in common of one label: the product of its counts, or the smaller one. */
export type WlVariant = (typeof wlVariants)[number]

/**
 * Counts after 0 to `rounds` rounds. In a round a vertex's label becomes its own with those of its
 * successors, in no order.
 */
export function labelCounts(
  vertices: readonly LabelledVertex[],
  rounds: number,
  book: LabelBook,
): readonly LabelCounts[] {
  const successors = vertices.map((): number[] => [])
  for (const [position, { inputs }] of vertices.entries()) {
    for (const input of inputs) successors[input]?.push(position)
  }
  let labels = vertices.map(({ label }) => numberOf(book, `0 ${label}`))
  const found = [counted(labels)]
  for (let round = 1; round <= rounds; round++) {
    const before = labels
    labels = before.map((label, position) => {
      const around = (successors[position] ?? []).map((next) => before[next] ?? 0)
      return numberOf(book, `${round} ${label} ${around.sort((a, b) => a - b).join()}`)
    })
    found.push(counted(labels))
  }
  return found
}

/** What two graphs have in common in one round. */
export function inCommon(first: LabelCounts, second: LabelCounts, variant: WlVariant): number {
  let sum = 0
  let at = 0
  for (let index = 0; index < first.labels.length; index++) {
    const label = first.labels[index] as number
    while (at < second.labels.length && (second.labels[at] as number) < label) at += 1
    if (at === second.labels.length) break
    if (second.labels[at] !== label) continue
    sum += common(first.counts[index] as number, second.counts[at] as number, variant)
  }
  return sum
}

export function common(first: number, second: number, variant: WlVariant): number {
  return variant === 'sum' ? first * second : Math.min(first, second)
}

/** The kernel of two graphs after as many rounds as both have, 1 for equal ones. */
export function wlKernel(
  first: readonly LabelCounts[],
  second: readonly LabelCounts[],
  variant: WlVariant = 'sum',
): number {
  const total = (one: readonly LabelCounts[], other: readonly LabelCounts[]) =>
    one.reduce((sum, counts, round) => {
      const others = other[round]
      return others ? sum + inCommon(counts, others, variant) : sum
    }, 0)
  return total(first, second) / Math.sqrt(total(first, first) * total(second, second))
}

function numberOf({ numbers }: LabelBook, text: string): number {
  const known = numbers.get(text)
  if (known !== undefined) return known
  numbers.set(text, numbers.size)
  return numbers.size - 1
}

function counted(labels: readonly number[]): LabelCounts {
  const sorted = labels.toSorted((a, b) => a - b)
  const distinct = sorted.filter((label, index) => index === 0 || sorted[index - 1] !== label)
  const counts = distinct.map((label) => sorted.lastIndexOf(label) - sorted.indexOf(label) + 1)
  return { labels: Int32Array.from(distinct), counts: Float64Array.from(counts) }
}
