import { z } from 'zod'

/**
 * How an attempt can fail. The worker classifies; the pool adds what only it can see (`crashed`,
 * `timeout`, and `departed`: the worker left in good order before it was done).
 */
export const failureKinds = [
  'out_of_memory',
  'diverged',
  'invalid_task',
  'data',
  'timeout',
  'cancelled',
  'crashed',
  'departed',
  'internal',
] as const
export const FailureKind = z.enum(failureKinds)
export type FailureKind = z.infer<typeof FailureKind>

/**
 * How a trial ended, for good.
 *
 * - `completed`: trained to its fidelity and measured
 * - `stopped`: ended early by a scheduler, with the metrics it had
 * - `infeasible`: this machine cannot train it (out of memory), or the task was invalid
 * - `diverged`: the loss left the finite numbers
 * - `timed-out`: its time limit passed
 * - `failed`: every allowed attempt crashed
 */
export const outcomes = [
  'completed',
  'stopped',
  'infeasible',
  'diverged',
  'timed-out',
  'failed',
] as const
export const Outcome = z.enum(outcomes)
export type Outcome = z.infer<typeof Outcome>

/** What the end of one attempt means for its trial: an outcome, or another attempt. */
export type Verdict = Outcome | 'retry' | 'abort-run'

/**
 * The one rule that turns a failed attempt into a verdict.
 *
 * @remarks
 * What the architecture caused is final at once: repeating it would give the same answer. What the
 * world caused is tried again, up to `maxAttempts`. Broken data ends the run, since every later
 * trial would meet it too; a cancelled attempt is repeated because only an interrupted run cancels,
 * and one whose worker departed because that is nobody's fault.
 */
export function judgeFailure(kind: FailureKind, attempt: number, maxAttempts: number): Verdict {
  switch (kind) {
    case 'out_of_memory':
    case 'invalid_task':
      return 'infeasible'
    case 'diverged':
      return 'diverged'
    case 'timeout':
      return 'timed-out'
    case 'data':
      return 'abort-run'
    case 'cancelled':
    case 'departed':
      return 'retry'
    case 'crashed':
    case 'internal':
      return attempt + 1 < maxAttempts ? 'retry' : 'failed'
  }
}
