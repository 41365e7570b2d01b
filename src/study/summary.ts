import { quantile } from '#src/stats/quantile.ts'
import { outcomes } from '#src/trial/outcome.ts'
import type { CallTimes, CellKey, CellSummary, IncumbentCurve, Trajectory } from './study.ts'

/** What one search left. */
export interface FinishedCell {
  readonly key: CellKey
  readonly trajectory: Trajectory
  readonly incumbents: IncumbentCurve
  readonly reason: CellSummary['reason']
  /** Hash of the environment. */
  readonly fingerprint: string
}

export function summarizeCell(cell: FinishedCell): CellSummary {
  const { key, trajectory, incumbents, reason, fingerprint } = cell
  return {
    key,
    endedCount: trajectory.endOrder.length,
    outcomeCounts: countBy([...trajectory.outcomes].map((index) => outcomes[index] ?? 'failed')),
    originCounts: countBy(trajectory.origins),
    reason,
    seconds: trajectory.endSeconds.reduce((latest, value) => Math.max(latest, value), 0),
    incumbents,
    ask: callTimes(trajectory.askSeconds),
    tell: callTimes(trajectory.tellSeconds),
    fingerprint,
  }
}

function countBy(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

function callTimes(seconds: Float32Array): CallTimes {
  const sorted = [...seconds].sort((a, b) => a - b)
  if (sorted.length === 0) return { total: 0, median: 0, p95: 0, max: 0 }
  return {
    total: sorted.reduce((sum, value) => sum + value, 0),
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max: sorted.at(-1) ?? 0,
  }
}
