/** Paired comparisons as a table. */

import type { Anytime } from '#src/study/analysis/anytime.ts'
import type { Comparison } from '#src/study/analysis/comparison.ts'
import { integer, points } from '../format.ts'
import { numberColumn, pWords, type Table, word, wordColumn } from './table.ts'

const columns = [
  wordColumn('Benchmark', 'benchmark'),
  wordColumn('Method', 'method'),
  wordColumn('Against', 'against'),
  numberColumn('Pairs', ['pairs'], 'Seeds that both have'),
  numberColumn(
    'Difference [95% CI]',
    ['mean_difference', 'difference_low', 'difference_high'],
    'Mean of method minus other, percentage points, bootstrapped over pairs',
  ),
  numberColumn(
    'A12',
    ['vargha_delaney_a12'],
    'Chance that a run of the method beats one of the other',
  ),
  numberColumn('p', ['p_value'], 'Two-sided Wilcoxon signed-rank test, paired by seed'),
  numberColumn('p, Holm', ['p_value_holm'], 'Corrected over all comparisons of the family'),
  numberColumn(
    'Seeds needed',
    ['seeds_needed'],
    'For a difference like this, power 0.8, level 0.05',
  ),
]

export function comparisonTable(
  comparisons: readonly Comparison[],
  facts: Pick<Table, 'name' | 'title' | 'notes'>,
): Omit<Table, 'marks'> {
  return {
    ...facts,
    columns,
    rows: comparisons.map((one) => ({
      cells: [
        word(one.benchmark),
        word(one.method),
        word(one.against),
        { text: integer(one.pairCount), values: [one.pairCount] },
        {
          text: `${points(one.meanDifference)} [${points(one.low)}, ${points(one.high)}]`,
          values: [one.meanDifference, one.low, one.high],
        },
        { text: one.effect.toFixed(2), values: [one.effect] },
        pCell(one.pValue),
        { ...pCell(one.corrected), isBest: one.corrected !== null && one.corrected < 0.05 },
        one.seedsNeeded === null
          ? { text: '–', values: [null] }
          : { text: integer(one.seedsNeeded), values: [one.seedsNeeded] },
      ],
    })),
  }
}

function pCell(value: number | null) {
  return value === null
    ? { text: 'too few', values: [null] }
    : { text: pWords(value), values: [value] }
}

/** Areas under regret, one row a method. */
export function anytimeTable(
  scores: readonly { readonly benchmark: string; readonly anytime: Anytime }[],
  facts: Pick<Table, 'name' | 'title' | 'notes'>,
): Omit<Table, 'marks'> {
  return {
    ...facts,
    columns: [
      wordColumn('Benchmark', 'benchmark'),
      wordColumn('Over', 'axis'),
      wordColumn('Method', 'method'),
      numberColumn('Pairs', ['pairs'], 'Seeds shared with random search'),
      numberColumn('Area', ['area_ratio'], 'Under mean regret over log time; random search is 1'),
      numberColumn('95% CI', ['area_low', 'area_high'], 'Bootstrapped over pairs'),
    ],
    rows: scores.flatMap(({ benchmark, anytime }) => {
      const least = Math.min(...anytime.scores.map(({ ratio }) => ratio))
      return anytime.scores.map(({ method, pairCount, ratio, low, high }) => ({
        cells: [
          word(benchmark),
          word(anytime.axis === 'trials' ? 'evaluations' : 'simulated time'),
          word(method),
          { text: integer(pairCount), values: [pairCount] },
          { text: ratio.toFixed(3), values: [ratio], isBest: ratio === least },
          { text: `${low.toFixed(3)} to ${high.toFixed(3)}`, values: [low, high] },
        ],
      }))
    }),
  }
}
