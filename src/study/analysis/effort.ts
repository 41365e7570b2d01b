/** What a method did beside finding good networks: where its proposals came from, how long it took. */
import { median } from '#src/stats/quantile.ts'
import { type CellGroup, isTimed } from './measure.ts'

export interface Origins {
  readonly benchmark: string
  readonly method: string
  readonly proposalCount: number
  /** Shares of the proposals by origin, the method's own words; largest first. */
  readonly shares: readonly { readonly origin: string; readonly share: number }[]
}

/** Real seconds of the optimizer; medians over searches. */
export interface Overhead {
  readonly benchmark: string
  readonly method: string
  readonly searchCount: number
  /** Whether the optimizer was timed: journals of runs do not keep that; then its times are 0. */
  readonly isTimed: boolean
  readonly askMedian: number
  readonly askP95: number
  readonly tellMedian: number
  readonly tellP95: number
  /** All calls of a search. */
  readonly total: number
  /** Simulated seconds of a search, to hold it against; 0 where none are simulated. */
  readonly simulatedSeconds: number
  /** Simulated seconds that finding the settings cost; null where nobody said. */
  readonly tuningSeconds: number | null
  /** A search with its optimizer's own time, and the tuning before it. */
  readonly endToEndSeconds: number
  /** Share of proposed trials that ended without a result. */
  readonly failedShare: number
}

export function originsOf({ benchmark, method, cells }: CellGroup): Origins {
  const counts = new Map<string, number>()
  for (const { originCounts } of cells) {
    for (const [origin, count] of Object.entries(originCounts)) {
      counts.set(origin, (counts.get(origin) ?? 0) + count)
    }
  }
  const proposalCount = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const shares = [...counts]
    .map(([origin, count]) => ({ origin, share: count / proposalCount }))
    .sort((a, b) => b.share - a.share || a.origin.localeCompare(b.origin))
  return { benchmark, method, proposalCount, shares }
}

/** The share of proposals whose origin says that the method itself had nothing to propose. */
export function fallbackShare({ shares }: Origins): number {
  return shares.find(({ origin }) => origin === 'fallback')?.share ?? 0
}

/** @param tuningSeconds - of the method; null where its document does not say */
export function overheadOf(
  { benchmark, method, cells }: CellGroup,
  tuningSeconds: number | null = null,
): Overhead {
  const over = (of: (cell: CellGroup['cells'][number]) => number) => median(cells.map(of))
  const ended = cells.reduce((sum, cell) => sum + cell.endedCount, 0)
  const completed = cells.reduce((sum, cell) => sum + (cell.outcomeCounts.completed ?? 0), 0)
  const searchSeconds = over(({ seconds, ask, tell }) => seconds + ask.total + tell.total)
  return {
    benchmark,
    method,
    searchCount: cells.length,
    isTimed: isTimed({ cells }),
    askMedian: over(({ ask }) => ask.median),
    askP95: over(({ ask }) => ask.p95),
    tellMedian: over(({ tell }) => tell.median),
    tellP95: over(({ tell }) => tell.p95),
    total: over(({ ask, tell }) => ask.total + tell.total),
    simulatedSeconds: over(({ seconds }) => seconds),
    tuningSeconds,
    endToEndSeconds: searchSeconds + (tuningSeconds ?? 0),
    failedShare: ended === 0 ? 0 : 1 - completed / ended,
  }
}
