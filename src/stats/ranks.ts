import { invariant } from '#src/errors.ts'

/**
 * Ranks from 1 for the smallest value; equal values share the mean of their ranks.
 *
 * @returns ranks in the order of the values
 */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, position) => position)
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const result = new Array<number>(values.length).fill(0)
  let start = 0
  while (start < order.length) {
    let end = start + 1
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end += 1
    // Positions start to end - 1 are tied: ranks start + 1 to end, whose mean is this.
    const shared = (start + 1 + end) / 2
    for (const position of order.slice(start, end)) result[position] = shared
    start = end
  }
  return result
}

/**
 * Spearman's rank correlation: how far two orders agree, from -1 to 1.
 *
 * @returns null when there are fewer than three pairs or one side is constant
 * @see Spearman 1904, "The Proof and Measurement of Association between Two Things"; ties by mean
 * ranks, as Pearson's correlation of the ranks.
 */
export function spearman(first: readonly number[], second: readonly number[]): number | null {
  invariant(first.length === second.length, 'A correlation needs two samples of one length')
  if (first.length < 3) return null
  const mean = (first.length + 1) / 2
  const left = ranks(first).map((rank) => rank - mean)
  const right = ranks(second).map((rank) => rank - mean)
  const scale = Math.sqrt(dot(left, left) * dot(right, right))
  return scale === 0 ? null : dot(left, right) / scale
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, position) => sum + value * (right[position] ?? 0), 0)
}
