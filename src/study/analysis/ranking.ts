/** Which method comes first, by ranks within blocks: seeds of one benchmark, or benchmarks. */
import {
  criticalDifference,
  type FriedmanResult,
  friedman,
  indistinctGroups,
} from '#src/stats/friedman.ts'

export interface Ranking {
  readonly methods: readonly string[]
  /** Rank 1 is the best. */
  readonly test: FriedmanResult
  readonly blockCount: number
  /** Nemenyi's, at a level of 0.05: average ranks further apart differ. */
  readonly criticalDifference: number
  /** Positions of methods that are not told apart, maximal groups of at least two. */
  readonly groups: readonly (readonly number[])[]
}

/**
 * Ranks methods by values of which higher is better.
 *
 * @param columns - one value a block, for each method; blocks with a value that is no number are
 *   left out
 * @returns null for fewer than two methods or two blocks
 * @see Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", section 3.2.
 */
export function rankMethods(
  columns: readonly { readonly method: string; readonly values: readonly number[] }[],
): Ranking | null {
  const blockCount = columns[0]?.values.length ?? 0
  const blocks = Array.from({ length: blockCount }, (_, block) =>
    columns.map(({ values }) => -(values[block] ?? Number.NaN)),
  ).filter((block) => block.every(Number.isFinite))
  if (columns.length < 2 || blocks.length < 2) return null
  const test = friedman(blocks)
  const difference = criticalDifference(columns.length, blocks.length)
  return {
    methods: columns.map(({ method }) => method),
    test,
    blockCount: blocks.length,
    criticalDifference: difference,
    groups: indistinctGroups(test.averageRanks, difference),
  }
}
