/**
 * What a worker may say in a while: each progress, report and log message costs it a credit, which it
 * is granted anew unless it says too much. Pure.
 */
import { changeWorker, type Draft, sendTo } from './pool-draft.ts'
import type { WorkerState } from './pool-state.ts'

/**
 * Credits that a worker may be short of: the last point of a task goes out without one, and what was
 * under way when its link was cut counts, too.
 */
const overdraft = 1000

const windowMs = 1000

/**
 * Takes a credit for a message.
 *
 * @returns whether the worker had one, or is owed as much
 */
export function spendCredit(draft: Draft, worker: WorkerState): boolean {
  const { sinceMs, count } = worker.window
  const isOver = draft.nowMs - sinceMs >= windowMs
  const window = isOver ? { sinceMs: draft.nowMs, count: 1 } : { sinceMs, count: count + 1 }
  const spent = worker.spent + 1
  grantCredits(draft, changeWorker(draft, worker, { spent, window }))
  return spent <= draft.rules.credits + overdraft
}

/** Gives back what was held back of a worker that said too much, once a second has passed. */
export function renewCredits(draft: Draft, worker: WorkerState): void {
  if (worker.spent === 0 || draft.nowMs - worker.window.sinceMs < windowMs) return
  const window = { sinceMs: draft.nowMs, count: 0 }
  grantCredits(draft, changeWorker(draft, worker, { window }))
}

/** Half of them used up is when new ones are on the way. */
function grantCredits(draft: Draft, worker: WorkerState): void {
  const { credits, messagesPerSecond } = draft.rules
  const { spent, window } = worker
  if (spent * 2 < credits || window.count > messagesPerSecond) return
  changeWorker(draft, worker, { spent: 0 })
  sendTo(draft, worker, { type: 'grant', credits: spent })
}
