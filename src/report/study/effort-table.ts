/** What the optimizers themselves took, and where their proposals came from, as tables. */
import { fallbackShare, type Origins, type Overhead } from '#src/study/analysis/effort.ts'
import { duration, integer, significant } from '../format.ts'
import { numberColumn, type Table, type TableCell, word, wordColumn } from './table.ts'

type Facts = Pick<Table, 'name' | 'title'>

export function overheadTable(overhead: readonly Overhead[], facts: Facts): Omit<Table, 'marks'> {
  return {
    ...facts,
    columns: [
      wordColumn('Benchmark', 'benchmark'),
      wordColumn('Method', 'method'),
      numberColumn('Ask, median', ['ask_median_seconds']),
      numberColumn('Ask, p95', ['ask_p95_seconds']),
      numberColumn('Tell, median', ['tell_median_seconds']),
      numberColumn('Tell, p95', ['tell_p95_seconds']),
      numberColumn('Whole search', ['optimizer_seconds'], 'All calls of one search'),
      numberColumn('Simulated', ['simulated_seconds'], 'Training seconds of one search'),
      numberColumn('Overhead', ['overhead_share'], 'The optimizer’s seconds by the simulated ones'),
      numberColumn(
        'Tuning',
        ['tuning_seconds'],
        'What finding the settings cost, as the study says',
      ),
      numberColumn(
        'End to end',
        ['end_to_end_seconds'],
        'Tuning, training and the optimizer’s own of one search',
      ),
      numberColumn('No result', ['failed_share'], 'Trials that ended without a result'),
    ],
    rows: overhead.map((one) => {
      const time = one.isTimed ? timeCell : () => nothing
      const share =
        one.isTimed && one.simulatedSeconds > 0 ? one.total / one.simulatedSeconds : null
      return {
        cells: [
          word(one.benchmark),
          word(one.method),
          time(one.askMedian),
          time(one.askP95),
          time(one.tellMedian),
          time(one.tellP95),
          time(one.total),
          one.simulatedSeconds > 0 ? simulated(one.simulatedSeconds) : nothing,
          share === null ? nothing : { text: shareWords(share), values: [share] },
          one.tuningSeconds === null ? nothing : simulated(one.tuningSeconds),
          one.simulatedSeconds > 0 ? simulated(one.endToEndSeconds) : nothing,
          { text: shareWords(one.failedShare), values: [one.failedShare] },
        ],
      }
    }),
    notes: [
      'Real time on the machine of the study, which may have been shared by other searches; medians over searches.',
      'Tuning is what the study says that finding a method’s settings cost; where it says nothing, none is counted.',
    ],
  }
}

export function originTable(origins: readonly Origins[], facts: Facts): Omit<Table, 'marks'> {
  return {
    ...facts,
    columns: [
      wordColumn('Benchmark', 'benchmark'),
      wordColumn('Method', 'method'),
      numberColumn('Proposals', ['proposals']),
      numberColumn('Fallback', ['fallback_share'], 'The method had nothing of its own to propose'),
      wordColumn('Origins', 'origins'),
    ],
    rows: origins.map((one) => ({
      cells: [
        word(one.benchmark),
        word(one.method),
        { text: integer(one.proposalCount), values: [one.proposalCount] },
        { text: shareWords(fallbackShare(one)), values: [fallbackShare(one)] },
        word(one.shares.map(({ origin, share }) => `${origin} ${shareWords(share)}`).join(', ')),
      ],
    })),
    notes: [
      'Origins are the methods’ own words; “fallback” is a proposal that the model could not make.',
    ],
  }
}

/** A share as percent, never rounded to nothing. */
function shareWords(share: number): string {
  if (share === 0) return '0%'
  if (share < 0.001) return '< 0.1%'
  return `${(100 * share).toFixed(1)}%`
}

function simulated(seconds: number): TableCell {
  return { text: duration(seconds), values: [seconds] }
}

const nothing: TableCell = { text: '–', values: [null] }

/** Real seconds: microseconds to hours. */
function timeCell(seconds: number): TableCell {
  return { text: timeWords(seconds), values: [seconds] }
}

export function timeWords(seconds: number): string {
  if (seconds === 0) return '0'
  if (seconds < 0.9995e-3) return `${significant(seconds * 1e6)} µs`
  if (seconds < 0.9995) return `${significant(seconds * 1e3)} ms`
  return duration(seconds)
}
