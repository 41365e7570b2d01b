import { describe, expect, test } from 'vitest'
import { openInbox } from '#src/runner/inbox.ts'
import { simulatedClock } from '#src/time/clock.ts'

describe('inbox', () => {
  test('hands over what came, in order, with what came in the same turn', async () => {
    const inbox = openInbox<number>(simulatedClock())
    const taken = inbox.take()
    inbox.push(1)
    queueMicrotask(() => inbox.push(2))
    expect(await taken).toEqual([1, 2])
  })

  test('keeps what comes between two takings', async () => {
    const inbox = openInbox<number>(simulatedClock())
    inbox.push(1)
    expect(await inbox.take()).toEqual([1])
    expect(inbox.isEmpty).toBe(true)
    inbox.push(2)
    inbox.push(3)
    expect(inbox.isEmpty).toBe(false)
    expect(await inbox.take()).toEqual([2, 3])
  })

  test('what may wait comes after its delay, in its place', async () => {
    const clock = simulatedClock()
    const inbox = openInbox<string>(clock)
    let taken: readonly string[] | null = null
    void inbox.take().then((items) => {
      taken = items
    })
    inbox.pushSoon('progress 1', 100)
    await clock.advance(60)
    inbox.pushSoon('progress 2', 100)
    await clock.advance(39)
    expect(taken).toBeNull()
    await clock.advance(1)
    await clock.advance(0)
    expect(taken).toEqual(['progress 1', 'progress 2'])
    inbox.pushSoon('progress 3', 100)
    inbox.push('result')
    expect(await inbox.take()).toEqual(['progress 3', 'result'])
  })

  test('closed, it takes nothing more and leaves no timer', async () => {
    const clock = simulatedClock()
    const inbox = openInbox<number>(clock)
    inbox.pushSoon(1, 100)
    inbox.close()
    inbox.push(2)
    inbox.pushSoon(3, 100)
    expect(clock.pendingCount).toBe(0)
  })
})
