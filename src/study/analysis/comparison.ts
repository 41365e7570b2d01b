/** Two methods on the same seeds. */
import { holm, seedsNeeded, varghaDelaney, wilcoxonSignedRank } from '#src/stats/paired-test.ts'
import { centralInterval, resampledMeans } from '#src/stats/resampling.ts'
import type { ResamplingSource } from './curves.ts'

export interface Comparison {
  readonly benchmark: string
  readonly method: string
  readonly against: string
  /** Seeds that both have. */
  readonly pairCount: number
  /** Mean of method minus other, as shares, and its 95% interval by bootstrapping pairs. */
  readonly meanDifference: number
  readonly low: number
  readonly high: number
  /** Two-sided, of the signed-rank test; null for fewer than six pairs, where none can reach 0.05. */
  readonly pValue: number | null
  /** `pValue` by Holm's correction over all comparisons of the family. */
  readonly corrected: number | null
  /** Vargha and Delaney's A: the chance that a run of the method beats one of the other. */
  readonly effect: number
  /** Pairs to find such a difference with a power of 0.8; null where there is none. */
  readonly seedsNeeded: number | null
}

/** Below it no two-sided signed-rank test reaches 0.05. */
export const fewestPairs = 6

/** Final values of one method on one benchmark, by seed; NaN where a search found nothing. */
export interface Finals {
  readonly benchmark: string
  readonly method: string
  readonly bySeed: ReadonlyMap<string, number>
}

/** Two sets of finals of one benchmark. */
export type Pair = readonly [method: Finals, against: Finals]

/**
 * Compares pairs and corrects over all of them; a pair that comes both ways round is one test.
 *
 * @returns one for each pair; null where the two share no seed
 * @see Vargha and Delaney 2000; Holm 1979; Wilcoxon 1945.
 */
export function comparePairs(
  pairs: readonly Pair[],
  resamplingOf: ResamplingSource,
): readonly (Comparison | null)[] {
  const compared = pairs.map((pair) => compare(pair, resamplingOf))
  const tests = new Map(
    compared.flatMap((one) =>
      one === null || one.pValue === null ? [] : [[testName(one), one.pValue] as const],
    ),
  )
  const names = [...tests.keys()]
  const corrected = new Map(
    holm([...tests.values()]).map((value, index) => [names[index] ?? '', value]),
  )
  return compared.map((one) => one && { ...one, corrected: corrected.get(testName(one)) ?? null })
}

function testName({ benchmark, method, against }: Omit<Comparison, 'corrected'>): string {
  return JSON.stringify([benchmark, ...[method, against].sort()])
}

function compare(
  [method, against]: Pair,
  resamplingOf: ResamplingSource,
): Omit<Comparison, 'corrected'> | null {
  const pairs = [...method.bySeed].flatMap(([seed, value]): [number, number][] => {
    const other = against.bySeed.get(seed) ?? Number.NaN
    return Number.isFinite(value) && Number.isFinite(other) ? [[value, other]] : []
  })
  if (pairs.length === 0) return null
  const differences = pairs.map(([own, other]) => own - other)
  const { low, high } = centralInterval(
    resampledMeans(differences, resamplingOf(differences.length)),
  )
  return {
    benchmark: method.benchmark,
    method: method.method,
    against: against.method,
    pairCount: pairs.length,
    meanDifference: differences.reduce((sum, value) => sum + value, 0) / pairs.length,
    low,
    high,
    pValue: pairs.length < fewestPairs ? null : wilcoxonSignedRank(differences).pValue,
    effect: varghaDelaney(
      pairs.map(([own]) => own),
      pairs.map(([, other]) => other),
    ),
    seedsNeeded: seedsNeeded(differences),
  }
}
