/**
 * Time as an input: the only place that reads a clock or starts a timer. Whoever needs time is
 * handed a `Clock`; tests hand over a simulated one and move it themselves.
 */
import { ArchloomError } from '#src/errors.ts'

export interface Timer {
  /** Does nothing once the timer has fired or was cancelled before. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch; may jump when the system's time is set. */
  nowMs(): number
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number
  /**
   * Resolves after `ms` milliseconds, at once for 0 or less.
   * @throws the signal's reason when it aborts first
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms` milliseconds; `ms` may be larger than 2^31. */
  setTimer(ms: number, callback: () => void): Timer
}

/** A clock that stands still until a test moves it. */
export interface SimulatedClock extends Clock {
  /**
   * Moves time forward and fires what falls due, in order of due time, then of creation. Promises
   * and I/O callbacks that a timer set going settle before the next one fires.
   */
  advance(ms: number): Promise<void>
  /** Timers and sleeps that have neither fired nor been cancelled. */
  readonly pendingCount: number
}

/** The largest delay that Node's timers keep; a larger one would fire at once. */
const maxDelayMs = 0x7fffffff

/** The machine's clock. Its timers keep the process alive until they fire or are cancelled. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => sleepOn(setSystemTimer, ms, signal),
    setTimer: setSystemTimer,
  }
}

/**
 * A clock for tests.
 *
 * @param startMs - what `nowMs` says at first, in milliseconds since the epoch
 */
export function simulatedClock(startMs = 0): SimulatedClock {
  let elapsedMs = 0
  let created = 0
  const pending = new Map<number, { readonly dueMs: number; readonly callback: () => void }>()
  const setTimer = (ms: number, callback: () => void): Timer => {
    const id = created++
    pending.set(id, { dueMs: elapsedMs + Math.max(0, ms), callback })
    return { cancel: () => void pending.delete(id) }
  }
  /** Map order is creation order, so the first of the smallest is the one to fire. */
  const nextDue = (untilMs: number) => {
    let next: { id: number; dueMs: number; callback: () => void } | undefined
    for (const [id, { dueMs, callback }] of pending) {
      if (dueMs <= untilMs && (!next || dueMs < next.dueMs)) next = { id, dueMs, callback }
    }
    return next
  }
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleep: (ms, signal) => sleepOn(setTimer, ms, signal),
    setTimer,
    async advance(ms) {
      if (!(ms >= 0)) {
        throw new ArchloomError('internal/invariant', `A clock cannot advance by ${ms} ms`)
      }
      const untilMs = elapsedMs + ms
      await settle()
      for (let due = nextDue(untilMs); due; due = nextDue(untilMs)) {
        pending.delete(due.id)
        elapsedMs = Math.max(elapsedMs, due.dueMs)
        due.callback()
        await settle()
      }
      elapsedMs = untilMs
    },
    get pendingCount() {
      return pending.size
    },
  }
}

function setSystemTimer(ms: number, callback: () => void): Timer {
  let handle: NodeJS.Timeout
  const arm = (leftMs: number) => {
    handle =
      leftMs > maxDelayMs
        ? setTimeout(() => arm(leftMs - maxDelayMs), maxDelayMs)
        : setTimeout(callback, leftMs)
  }
  arm(Math.max(0, ms))
  return { cancel: () => clearTimeout(handle) }
}

function sleepOn(setTimer: Clock['setTimer'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = setTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Lets promises and I/O callbacks that are ready run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
