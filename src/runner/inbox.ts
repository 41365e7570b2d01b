/** What happened outside and waits to be recorded. */
import type { Clock, Timer } from '#src/time/clock.ts'

export interface Inbox<T> {
  /** Adds an item and wakes whoever waits. */
  push(item: T): void
  /** Adds an item that may wait up to `delayMs` for others to be taken with it. */
  pushSoon(item: T, delayMs: number): void
  /** Resolves once something was pushed, with everything that came meanwhile, in order. */
  take(): Promise<readonly T[]>
  readonly isEmpty: boolean
  /** Ends its timer; later items are dropped. */
  close(): void
}

export function openInbox<T>(clock: Clock): Inbox<T> {
  let items: T[] = []
  let awake = Promise.withResolvers<void>()
  let timer: Timer | null = null
  let closed = false
  const push = (item: T) => {
    if (closed) return
    items.push(item)
    awake.resolve()
  }
  return {
    push,
    pushSoon(item, delayMs) {
      if (closed) return
      items.push(item)
      timer ??= clock.setTimer(delayMs, () => {
        timer = null
        awake.resolve()
      })
    },
    async take() {
      await awake.promise
      // What became ready in the same turn of the event loop joins, so that one commit holds it all.
      await new Promise((resolve) => setImmediate(resolve))
      const taken = items
      items = []
      awake = Promise.withResolvers<void>()
      return taken
    },
    get isEmpty() {
      return items.length === 0
    },
    close() {
      closed = true
      timer?.cancel()
    },
  }
}
