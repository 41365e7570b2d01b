/** Many methods on many data sets: average ranks, Friedman's test, Nemenyi's critical difference. */
import { invariant } from '#src/errors.ts'
import { normalCdf, normalPdf } from '#src/numeric/normal.ts'
import { ranks } from './ranks.ts'
import { chiSquaredTail, fTail } from './special-functions.ts'

export interface FriedmanResult {
  /** Mean rank of each method, 1 for the smallest values. */
  readonly averageRanks: readonly number[]
  readonly chiSquared: number
  readonly chiSquaredPValue: number
  /** Iman and Davenport's F; infinite when every block ranks alike. */
  readonly f: number
  readonly fPValue: number
}

/**
 * Friedman's test with Iman and Davenport's correction.
 *
 * @param blocks - a row a data set (or a seed), one value a method; smaller is better
 * @see Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", section 3.2.2.
 */
export function friedman(blocks: readonly (readonly number[])[]): FriedmanResult {
  const n = blocks.length
  const k = blocks[0]?.length ?? 0
  invariant(n > 0 && k > 1, "Friedman's test needs at least one block of two methods")
  invariant(
    blocks.every((block) => block.length === k),
    'Every block needs one value of each method',
  )
  const sums = new Array<number>(k).fill(0)
  for (const block of blocks) {
    for (const [method, rank] of ranks(block).entries()) sums[method] = (sums[method] ?? 0) + rank
  }
  const averageRanks = sums.map((sum) => sum / n)
  const squares = averageRanks.reduce((sum, rank) => sum + rank * rank, 0)
  const chiSquared = Math.max(0, ((12 * n) / (k * (k + 1))) * (squares - (k * (k + 1) ** 2) / 4))
  const rest = n * (k - 1) - chiSquared
  const f = rest > 1e-12 ? ((n - 1) * chiSquared) / rest : Number.POSITIVE_INFINITY
  return {
    averageRanks,
    chiSquared,
    chiSquaredPValue: chiSquaredTail(chiSquared, k - 1),
    f,
    fPValue: Number.isFinite(f) && n > 1 ? fTail(f, k - 1, (k - 1) * (n - 1)) : 0,
  }
}

/**
 * Nemenyi's critical difference: two average ranks further apart differ at the level.
 *
 * @param methodCount - at least 2
 * @param blockCount - data sets or seeds that the ranks are averaged over
 * @see Demšar 2006, section 3.2.2, equation after table 5.
 */
export function criticalDifference(methodCount: number, blockCount: number, level = 0.05): number {
  const q = studentizedRangeQuantile(1 - level, methodCount) / Math.SQRT2
  return q * Math.sqrt((methodCount * (methodCount + 1)) / (6 * blockCount))
}

/** The quantile of the range of `count` independent standard normal variables; error below 1e-8. */
export function studentizedRangeQuantile(share: number, count: number): number {
  invariant(
    count > 1 && share > 0 && share < 1,
    'A range needs two variables and a share in (0, 1)',
  )
  let low = 0
  let high = 20
  while (high - low > 1e-9) {
    const middle = (low + high) / 2
    if (rangeCdf(middle, count) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(range <= q) = k * integral of phi(z) * (Phi(z) - Phi(z - q))^(k-1) dz, by Simpson's rule. */
function rangeCdf(q: number, count: number): number {
  const from = -8
  const to = 8 + q
  const steps = 800
  const width = (to - from) / steps
  let sum = 0
  for (let step = 0; step <= steps; step++) {
    const z = from + step * width
    const weight = step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2
    sum += weight * normalPdf(z) * (normalCdf(z) - normalCdf(z - q)) ** (count - 1)
  }
  return (count * sum * width) / 3
}

/**
 * The maximal groups of methods that are no further apart than the critical difference: the bars of
 * a critical-difference diagram.
 *
 * @returns positions of methods by rising rank, groups of at least two
 */
export function indistinctGroups(
  averageRanks: readonly number[],
  difference: number,
): readonly (readonly number[])[] {
  const order = averageRanks.map((_, method) => method)
  order.sort((a, b) => (averageRanks[a] ?? 0) - (averageRanks[b] ?? 0))
  const rankAt = (place: number) => averageRanks[order[place] ?? 0] ?? 0
  const groups: number[][] = []
  let lastEnd = 0
  for (let start = 0; start < order.length; start++) {
    let end = start + 1
    while (end < order.length && rankAt(end) - rankAt(start) <= difference) end += 1
    if (end - start > 1 && end > lastEnd) groups.push(order.slice(start, end))
    lastEnd = Math.max(lastEnd, end)
  }
  return groups
}
