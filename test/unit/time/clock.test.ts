import { describe, expect, test, vi } from 'vitest'
import { simulatedClock, systemClock } from '#src/time/clock.ts'

describe('simulated clock', () => {
  test('stands still until it is moved', async () => {
    const clock = simulatedClock(1_000)
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_000, 0])
    await clock.advance(250)
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_250, 250])
  })

  test('fires timers in order of due time, then of creation, each at its own moment', async () => {
    const clock = simulatedClock()
    const fired: string[] = []
    for (const [name, ms] of [
      ['late', 30],
      ['first', 10],
      ['second', 10],
    ] as const) {
      clock.setTimer(ms, () => fired.push(`${name}@${clock.monotonicMs()}`))
    }
    await clock.advance(29)
    expect(fired).toEqual(['first@10', 'second@10'])
    await clock.advance(1)
    expect(fired).toEqual(['first@10', 'second@10', 'late@30'])
    expect(clock.pendingCount).toBe(0)
  })

  test('a timer set by a sleeper that woke fires within the same advance', async () => {
    const clock = simulatedClock()
    const wokeAt: number[] = []
    const sleeper = (async () => {
      for (let round = 0; round < 3; round += 1) {
        await clock.sleep(10)
        wokeAt.push(clock.monotonicMs())
      }
    })()
    await clock.advance(100)
    await sleeper
    expect(wokeAt).toEqual([10, 20, 30])
  })

  test('a cancelled timer never fires', async () => {
    const clock = simulatedClock()
    const callback = vi.fn()
    clock.setTimer(5, callback).cancel()
    await clock.advance(10)
    expect(callback).not.toHaveBeenCalled()
  })

  test('refuses to go back', async () => {
    await expect(simulatedClock().advance(-1)).rejects.toThrow('cannot advance by -1 ms')
  })
})

describe.each([
  ['system', systemClock()],
  ['simulated', simulatedClock()],
] as const)('%s clock', (_, clock) => {
  test('an aborted sleep rejects with the reason and leaves no timer', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const sleeping = clock.sleep(3_600_000, controller.signal)
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    if ('pendingCount' in clock) expect(clock.pendingCount).toBe(0)
  })

  test('a sleep under an aborted signal rejects at once', async () => {
    await expect(clock.sleep(3_600_000, AbortSignal.abort('gone'))).rejects.toBe('gone')
  })
})

describe('system clock', () => {
  test('sleeps at least as long as asked, on both of its scales', async () => {
    const clock = systemClock()
    const before = clock.monotonicMs()
    await clock.sleep(20)
    // Node's timers are counted in whole milliseconds and may be one early on the finer scale.
    expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(19)
    expect(clock.nowMs()).toBeGreaterThan(Date.parse('2024-01-01'))
  })

  test('a delay beyond 2^31 ms does not fire at once and can be cancelled after re-arming', () => {
    vi.useFakeTimers()
    try {
      const callback = vi.fn()
      const timer = systemClock().setTimer(0x7fffffff * 2 + 50, callback)
      vi.advanceTimersByTime(0x7fffffff * 2 + 49)
      expect(callback).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1)
      expect(callback).toHaveBeenCalledTimes(1)
      timer.cancel()
      const other = systemClock().setTimer(0x7fffffff * 2, callback)
      vi.advanceTimersByTime(0x7fffffff + 1)
      other.cancel()
      vi.advanceTimersByTime(0x7fffffff * 2)
      expect(callback).toHaveBeenCalledTimes(1)
    } finally {
      vi.useRealTimers()
    }
  })
})
