import { describe, expect, it } from 'vitest'
import { lateMemory } from '#src/encoding/late-memory.ts'

/** A memory of doubled numbers, and the keys that were made anew since it was last asked. */
function doubles(keptMax: number, weigh?: (made: number) => number) {
  let made: number[] = []
  const double = lateMemory(
    keptMax,
    (key: number) => {
      made.push(key)
      return 2 * key
    },
    weigh,
  )
  return (...keys: readonly number[]) => {
    made = []
    expect(keys.map((key) => double(key, undefined))).toEqual(keys.map((key) => 2 * key))
    return made
  }
}

describe('a memory of late', () => {
  it('makes nothing again that came a little while ago', () => {
    const ask = doubles(8)
    expect(ask(1, 2, 3, 1, 2)).toEqual([1, 2, 3])
    expect(ask(3, 1, 4, 5, 2)).toEqual([4, 5])
  })

  it('forgets what is not asked for, and keeps what is', () => {
    const ask = doubles(8)
    for (let round = 0; round < 20; round++) {
      const strangers = [100 + 3 * round, 101 + 3 * round, 102 + 3 * round]
      expect(ask(1, ...strangers)).toEqual(round === 0 ? [1, ...strangers] : strangers)
    }
    expect(ask(100)).toEqual([100])
  })

  it('holds no more than it may, by weight', () => {
    const few = doubles(8, () => 4)
    expect(few(1, 2, 3, 1)).toEqual([1, 2, 3, 1])
    expect(few(3, 1)).toEqual([])
  })

  it('hands on what is given besides', () => {
    const joined = lateMemory(4, (key: string, given: number) => `${key}${given}`)
    expect([joined('a', 1), joined('b', 2), joined('a', 3)]).toEqual(['a1', 'b2', 'a1'])
  })
})
