import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countOf, secondsOf, shareOf } from '#src/benchmark/own-table/description.ts'

describe('units of a table of anybody', () => {
  it.each([
    [27.933, 'error-percent', 0.72067],
    [0.27933, 'error-share', 0.72067],
    [81.25, 'percent', 0.8125],
    [93.7, 'percent', 0.937],
    [0.1, 'error-share', 0.9],
    [1e-7, 'error-percent', 0.999999999],
    [0, 'error-percent', 1],
    [100, 'error-percent', 0],
    [101, 'error-percent', -0.01],
    [-1, 'percent', -0.01],
  ] as const)('read an accuracy of %d as %s', (value, unit, share) => {
    expect(shareOf(value, unit)).toBe(share)
  })

  it('read times and counts', () => {
    expect(secondsOf(1.08, 'hours')).toBe(3888)
    expect(secondsOf(0.0001, 'days')).toBe(8.64)
    expect(secondsOf(1e21, 'minutes')).toBe(6e22)
    expect(secondsOf(1e-7, 'hours')).toBe(0.00036)
    expect(countOf(1.1, 'thousands')).toBe(1100)
    expect(countOf(0.129306, 'millions')).toBe(129_306)
  })

  it('keep every decimal of up to twelve digits', () => {
    const digits = fc.integer({ min: 0, max: 1e12 })
    fc.assert(
      fc.property(digits, (count) => {
        const error = Number(`${count}e-10`)
        expect(shareOf(error, 'error-percent')).toBe(Number(`${1e12 - count}e-12`))
        expect(secondsOf(error, 'hours')).toBe(Number(`${BigInt(count) * 3600n}e-10`))
      }),
    )
  })
})
