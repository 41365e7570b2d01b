import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytes,
  compact,
  duration,
  integer,
  percent,
  plural,
  points,
  shortHash,
  significant,
  timestamp,
} from '#src/report/format.ts'
import { shellQuoted } from '#src/store/run-folder.ts'

describe('numbers', () => {
  it('turns shares into percent with two decimals', () => {
    expect([percent(0.94173), percent(1), percent(0)]).toEqual(['94.17%', '100.00%', '0.00%'])
  })

  it('signs differences, with a real minus', () => {
    expect([points(0.0231), points(-0.0231), points(0)]).toEqual(['+2.31', '−2.31', '0.00'])
  })

  it('keeps three digits of large numbers and never shows a thousand of a magnitude', () => {
    expect([0, 999, 1000, 26_634, 1_234_567].map(compact)).toEqual([
      '0',
      '999',
      '1.00 k',
      '26.6 k',
      '1.23 M',
    ])
    expect(compact(999_960)).toBe('1.00 M')
    expect(compact(3.2e9)).toBe('3.20 G')
  })

  it('separates thousands', () => {
    expect(integer(1_234_567)).toBe('1,234,567')
    expect([plural(1, 'trial'), plural(0, 'trial'), plural(1200, 'trial')]).toEqual([
      '1 trial',
      '0 trials',
      '1,200 trials',
    ])
  })

  it('counts bytes in powers of 1024', () => {
    expect([0, 512, 1024, 8_321_499_136].map(bytes)).toEqual([
      '0 B',
      '512 B',
      '1.00 KiB',
      '7.75 GiB',
    ])
  })

  it('keeps three significant digits without an exponent', () => {
    expect([0, 0.01234, 1.2, 345.6].map(significant)).toEqual(['0', '0.0123', '1.20', '346'])
  })
})

describe('duration', () => {
  it('uses two units that suit its size', () => {
    expect([0, 0.4, 12.34, 125, 11_520, 187_200].map(duration)).toEqual([
      '0.00 s',
      '0.40 s',
      '12.3 s',
      '2 min 05 s',
      '3 h 12 min',
      '2 d 04 h',
    ])
  })

  it('never rounds up to a full unit of the next size', () => {
    expect([9.999, 59.97, 3599.7, 86_399].map(duration)).toEqual([
      '10.0 s',
      '1 min 00 s',
      '1 h 00 min',
      '1 d 00 h',
    ])
  })
})

describe('text', () => {
  it('prints times in universal time', () => {
    expect(timestamp(Date.UTC(2026, 2, 14, 9, 26, 53))).toBe('2026-03-14 09:26:53 UTC')
  })

  it('shortens hashes and leaves short words whole', () => {
    expect(shortHash('0123456789abcdef0123')).toBe('0123456789ab')
    expect(shortHash('simulated')).toBe('simulated')
  })

  it('quotes what a shell would read otherwise, and only that', () => {
    expect(shellQuoted('runs/a-1.yaml')).toBe('runs/a-1.yaml')
    expect(shellQuoted("it's $HOME")).toBe(`'it'\\''s $HOME'`)
    expect(shellQuoted('')).toBe(`''`)
  })

  it('quotes so that splitting quotes again gives the text back', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const quoted = shellQuoted(text)
        const back = quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll(`'\\''`, "'") : quoted
        expect(back).toBe(text)
      }),
    )
  })
})
