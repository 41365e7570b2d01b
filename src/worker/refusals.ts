/** How often strangers are answered: who floods a pool with what it refuses gets silence. Pure. */
import { type Draft, logTo } from './pool-draft.ts'

const windowMs = 10_000

/** Peers that are told in ten seconds why they are refused; more of them than machines start at once. */
const answersPerWindow = 256

/** Whether one more peer may be told why it is refused, which costs a message and a line of the log. */
export function mayAnswer(draft: Draft): boolean {
  const { sinceMs, count } = draft.refusals
  const isOver = draft.nowMs - sinceMs >= windowMs
  const refusals = isOver ? { sinceMs: draft.nowMs, count: 1 } : { sinceMs, count: count + 1 }
  draft.refusals = refusals
  if (refusals.count === answersPerWindow + 1) {
    logTo(draft, 'warn', 'Too many peers are refused to answer each of them', {
      answered: answersPerWindow,
      seconds: windowMs / 1000,
    })
  }
  return refusals.count <= answersPerWindow
}
