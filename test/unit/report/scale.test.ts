import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  exactScale,
  linearScale,
  logScale,
  roundStep,
  timeScale,
  timeTick,
} from '#src/report/scale.ts'

const range = [0, 100] as const

describe('linear scale', () => {
  it('widens its domain to round ticks', () => {
    const scale = linearScale([0.13, 0.87], range)
    expect(scale.domain).toEqual([0, 1])
    expect(scale.ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  })

  it('maps the ends to the ends, and values outside to the edge', () => {
    const scale = linearScale([0, 10], range)
    expect([0, 5, 10, -3, 20].map(scale.at)).toEqual([0, 50, 100, 0, 100])
  })

  it('has room for a single value', () => {
    const { domain } = linearScale([7, 7], range)
    expect(domain[0]).toBeLessThan(7)
    expect(domain[1]).toBeGreaterThan(7)
  })

  it('keeps every value inside and has between 2 and 12 ticks', () => {
    const value = fc.double({ noNaN: true, min: -1e5, max: 1e5 }).map((x) => Number(x.toFixed(4)))
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const { domain, ticks } = linearScale([low, high], range)
        expect(domain[0]).toBeLessThanOrEqual(low + 1e-6)
        expect(domain[1]).toBeGreaterThanOrEqual(high - 1e-6)
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThanOrEqual(12)
      }),
    )
  })
})

describe('exact scale', () => {
  it('keeps its domain and puts ticks only inside', () => {
    const scale = exactScale([1, 8], range, 2)
    expect(scale.domain).toEqual([1, 8])
    expect(scale.ticks).toEqual([2, 4, 6, 8])
    expect(scale.at(1)).toBe(0)
  })
})

describe('roundStep', () => {
  it('is the next of 1, 2, 5 times a power of ten', () => {
    expect([0.03, 1, 1.1, 3, 7, 99].map(roundStep)).toEqual([0.05, 1, 2, 5, 10, 100])
  })
})

describe('time scale', () => {
  it('steps by what a clock shows', () => {
    const scale = timeScale(118, range)
    expect(scale.ticks.map((tick) => timeTick(tick, scale))).toEqual([
      '0 s',
      '30 s',
      '60 s',
      '90 s',
    ])
    const hours = timeScale(20_000, range)
    expect(hours.ticks.map((tick) => timeTick(tick, hours))).toEqual([
      '0 h',
      '1 h',
      '2 h',
      '3 h',
      '4 h',
      '5 h',
    ])
  })

  it('has room for a run that took no time, and for one of years', () => {
    expect(timeScale(0, range).domain).toEqual([0, 1])
    expect(timeScale(3e8, range).ticks.length).toBeLessThanOrEqual(8)
  })
})

describe('log scale', () => {
  it('puts equal factors at equal distances', () => {
    const scale = logScale([1000, 1_000_000], range)
    const [a = 0, b = 0, c = 0] = [1e4, 1e5, 1e6].map(scale.at)
    expect(b - a).toBeCloseTo(c - b)
    expect(scale.ticks).toEqual([1000, 10_000, 100_000, 1_000_000])
  })

  it('has more ticks where the domain is narrow, all inside', () => {
    const { ticks, domain } = logScale([20_000, 200_000], range)
    expect(ticks).toEqual([20_000, 30_000, 50_000, 70_000, 100_000, 200_000])
    expect(domain[0]).toBeLessThan(20_000)
  })
})
