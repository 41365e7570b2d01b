/** Tests of two methods on the same seeds or data sets, and how many seeds a difference needs. */
import { invariant } from '#src/errors.ts'
import { normalQuantile, normalTail } from '#src/numeric/normal.ts'
import { ranks } from './ranks.ts'

export interface WilcoxonResult {
  /** Pairs that differ; equal pairs are dropped. */
  readonly pairCount: number
  /** The smaller of the two sums of ranks. */
  readonly statistic: number
  /** Two-sided. */
  readonly pValue: number
  readonly isExact: boolean
}

/** The largest number of pairs whose distribution is enumerated. */
const exactLimit = 50

/**
 * Wilcoxon's signed-rank test of paired samples.
 *
 * @remarks
 * Equal pairs are dropped, equal differences share ranks. Up to 50 pairs the null distribution is
 * exact, ties included; above, normal with the correction for ties and for continuity. Without a
 * differing pair the p-value is 1.
 *
 * @param differences - one number a pair, first minus second
 * @see Wilcoxon 1945, "Individual Comparisons by Ranking Methods"; Pratt and Gibbons 1981, chapter 3.
 */
export function wilcoxonSignedRank(differences: readonly number[]): WilcoxonResult {
  invariant(differences.every(Number.isFinite), 'A paired test needs finite differences')
  const kept = differences.filter((difference) => difference !== 0)
  const pairCount = kept.length
  if (pairCount === 0) return { pairCount, statistic: 0, pValue: 1, isExact: true }
  const ranked = ranks(kept.map(Math.abs))
  const positive = ranked.reduce((sum, rank, i) => sum + ((kept[i] ?? 0) > 0 ? rank : 0), 0)
  const total = (pairCount * (pairCount + 1)) / 2
  const statistic = Math.min(positive, total - positive)
  const isExact = pairCount <= exactLimit
  const pValue = isExact ? exactPValue(ranked, statistic) : normalPValue(ranked, statistic)
  return { pairCount, statistic, pValue, isExact }
}

/** Twice the share of sign assignments whose positive sum is at most the statistic. */
function exactPValue(ranked: readonly number[], statistic: number): number {
  // Doubled, mid-ranks are whole; counts[s] is the share of assignments with doubled sum s.
  const doubled = ranked.map((rank) => Math.round(2 * rank))
  const total = doubled.reduce((sum, rank) => sum + rank, 0)
  const shares = new Float64Array(total + 1)
  shares[0] = 1
  let reached = 0
  for (const rank of doubled) {
    reached += rank
    for (let sum = reached; sum >= 0; sum--) {
      const without = shares[sum] as number
      const withRank = sum >= rank ? (shares[sum - rank] as number) : 0
      shares[sum] = (without + withRank) / 2
    }
  }
  const tail = shares.subarray(0, Math.round(2 * statistic) + 1).reduce((sum, p) => sum + p, 0)
  return Math.min(1, 2 * tail)
}

function normalPValue(ranked: readonly number[], statistic: number): number {
  const n = ranked.length
  const mean = (n * (n + 1)) / 4
  // The variance of a sum of signed ranks, which ties lower by themselves.
  const deviation = Math.sqrt(ranked.reduce((sum, rank) => sum + rank * rank, 0) / 4)
  const z = Math.max(0, mean - statistic - 0.5) / deviation
  return Math.min(1, 2 * normalTail(z))
}

/**
 * Holm's correction for several tests: each p-value such that comparing it with the level keeps the
 * chance of any false rejection below that level.
 *
 * @returns in the order of the input, each from 0 to 1
 * @see Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, position) => position)
  order.sort((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0))
  const corrected = new Array<number>(pValues.length).fill(1)
  let running = 0
  for (const [index, position] of order.entries()) {
    running = Math.max(running, (pValues[position] ?? 1) * (pValues.length - index))
    corrected[position] = Math.min(1, running)
  }
  return corrected
}

/**
 * Vargha and Delaney's A: the chance that a draw from the first sample exceeds one from the second,
 * ties counting half; 0.5 means no difference.
 *
 * @see Vargha and Delaney 2000, "A Critique and Improvement of the CL Common Language Effect Size
 * Statistics", equation 7.
 */
export function varghaDelaney(first: readonly number[], second: readonly number[]): number {
  invariant(first.length > 0 && second.length > 0, 'An effect size needs two samples')
  const ranked = ranks([...first, ...second])
  const sum = ranked.slice(0, first.length).reduce((total, rank) => total + rank, 0)
  return (sum / first.length - (first.length + 1) / 2) / second.length
}

/** Cohen's d of paired differences: their mean in standard deviations; null when they do not vary. */
export function pairedEffect(differences: readonly number[]): number | null {
  const { mean, deviation } = moments(differences)
  return deviation > 0 ? mean / deviation : null
}

/**
 * How many paired seeds a difference as large as the observed one needs to be found.
 *
 * @param power - chance to find it; 0.8 is customary
 * @param level - two-sided level of the test
 * @returns null when no difference was observed; at least 6, below which no signed-rank test reaches
 *   a level of 0.05
 * @remarks
 * The normal approximation, divided by 3/pi: the efficiency of the signed-rank test on normal data.
 * @see Lehmann 1975, "Nonparametrics", section 2.4 and chapter 4.
 */
export function seedsNeeded(
  differences: readonly number[],
  power = 0.8,
  level = 0.05,
): number | null {
  const effect = pairedEffect(differences)
  if (effect === null) return differences.some((difference) => difference !== 0) ? 6 : null
  if (effect === 0) return null
  const z = normalQuantile(1 - level / 2) + normalQuantile(power)
  return Math.max(6, Math.ceil((z / effect) ** 2 * (Math.PI / 3)))
}

/** Mean and sample standard deviation (divisor n - 1; 0 for one value). */
export function moments(values: readonly number[]): {
  readonly mean: number
  readonly deviation: number
} {
  invariant(values.length > 0, 'Moments need at least one value')
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) }
}
