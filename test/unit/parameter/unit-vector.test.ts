import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  categorical,
  constant,
  equals,
  float,
  integer,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import { gridValues, roundFloat, valueAt } from '#src/parameter/domain.ts'
import type { Parameter } from '#src/parameter/parameter.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { decodeUnitVector, encodeUnitVector, vectorParameters } from '#src/parameter/unit-vector.ts'
import { Random } from '#src/random/random.ts'
import { anyParameterSpace } from '#test/fixtures/random-parameter-space.ts'

const runs = { numRuns: 200, seed: 20_260_403 }

/** What one parameter alone makes of a share. */
function decode(parameter: Parameter, share: number) {
  const space = parameterSpace({ name: 'one', parameters: [parameter] })
  return decodeUnitVector(space, [share])[parameter.name]
}

describe('unit vectors', () => {
  it('bins shares as the reference sheet computes it', () => {
    const five = categorical('c', [0, 1, 2, 3, 4])
    const bins = [0, 0.19, 0.2, 0.39999, 0.6, 0.99, 1].map((share) => decode(five, share))
    expect(bins).toEqual([0, 0, 1, 1, 3, 4, 4])
  })

  it.each([2, 3, 5, 49, 98, 103, 107, 196, 197])('has %d bins, the last with its end', (size) => {
    const parameter = ordinal(
      'o',
      Array.from({ length: size }, (_, index) => index),
    )
    const bins = parameter.sequence.map((_, index) => decode(parameter, (index + 0.5) / size))
    expect(bins).toEqual(parameter.sequence)
    expect(decode(parameter, 1)).toBe(size - 1)
    expect(decode(parameter, 1 - 2 ** -53)).toBe(size - 1)
  })

  it('goes evenly over the scale of a number, ends included', () => {
    const rate = float('f', 1e-5, 0.1, { log: true })
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => decode(rate, share))).toEqual([
      1e-5, 1e-4, 1e-3, 1e-2, 0.1,
    ])
    expect([0, 0.5, 1].map((share) => decode(float('f', -2, 3), share))).toEqual([-2, 0.5, 3])
    const units = integer('n', 10, 1000, { log: true })
    expect([0, 0.5, 1].map((share) => decode(units, share))).toEqual([10, 100, 1000])
    // As in the source, the ends of an integer have half the share of the others.
    const layers = integer('n', 1, 3)
    expect([0, 0.24, 0.26, 0.74, 0.76, 1].map((share) => decode(layers, share))).toEqual([
      1, 1, 2, 2, 3, 3,
    ])
  })

  it('clips what lies outside', () => {
    expect(decode(float('f', -2, 3), -0.5)).toBe(-2)
    expect(decode(ordinal('o', ['a', 'b']), 7)).toBe('b')
  })

  it('decodes what it encodes, whatever the space', () => {
    const spaces = anyParameterSpace({ floats: true, forbidden: false })
    fc.assert(
      fc.property(spaces, fc.nat(), (space, seed) => {
        const configuration = sampleConfiguration(space, Random.named(seed))
        const vector = encodeUnitVector(space, configuration)
        expect(vector).toHaveLength(vectorParameters(space).length)
        expect(vector.every((entry) => entry >= 0 && entry <= 1)).toBe(true)
        expect(decodeUnitVector(space, vector)).toEqual(configuration)
      }),
      runs,
    )
  })

  it('decodes floats exactly for any range, their ends included', () => {
    const ends = fc.tuple(
      fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
      fc.double({ min: 1.001, max: 1e9, noNaN: true }),
      fc.boolean(),
      fc.boolean(),
    )
    fc.assert(
      fc.property(ends, fc.double({ min: 0, max: 1, noNaN: true }), (range, share) => {
        const [lower, factor, log, isNegative] = range
        const upper = lower * factor
        const parameter =
          isNegative && !log ? float('f', -upper, lower) : float('f', lower, upper, { log })
        const space = parameterSpace({ name: 'one', parameters: [parameter] })
        for (const value of [valueAt(parameter, share), parameter.lower, parameter.upper]) {
          expect(value).toBeGreaterThanOrEqual(parameter.lower)
          expect(value).toBeLessThanOrEqual(parameter.upper)
          expect(roundFloat(parameter, value)).toBe(value)
          const again = decodeUnitVector(space, encodeUnitVector(space, { f: value }))
          expect(again.f).toBe(value)
        }
      }),
      { ...runs, numRuns: 2000 },
    )
  })

  it('decodes integers exactly, on both scales', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (lower, more, share, log) => {
          const parameter = integer('n', lower, lower + more, { log })
          const space = parameterSpace({ name: 'one', parameters: [parameter] })
          const value = lower + Math.round(more * share)
          expect(decodeUnitVector(space, encodeUnitVector(space, { n: value })).n).toBe(value)
        },
      ),
      { ...runs, numRuns: 1000 },
    )
  })

  it('has no place for constants, and a sentinel for what is inactive', () => {
    const space = parameterSpace({
      name: 'test',
      parameters: [
        categorical('kind', ['conv', 'pool']),
        constant('stride', 1),
        ordinal('kernel', [3, 5]),
      ],
      conditions: [when('kernel', equals('kind', 'conv'))],
    })
    const pool = { kind: 'pool', stride: 1 }
    expect(vectorParameters(space).map(({ name }) => name)).toEqual(['kind', 'kernel'])
    expect(encodeUnitVector(space, pool)).toEqual([0.75, 0.5])
    expect(encodeUnitVector(space, pool, -1)).toEqual([0.75, -1])
    expect(decodeUnitVector(space, [0.75, 0.1])).toEqual(pool)
    expect(decodeUnitVector(space, [0.75, 0.9])).toEqual(pool)
    expect(encodeUnitVector(space, { kind: 'conv', stride: 1, kernel: 5 })).toEqual([0.25, 0.75])
  })

  it('refuses vectors of another length, and what is no number', () => {
    const space = parameterSpace({ name: 'one', parameters: [ordinal('o', [1, 2])] })
    for (const wrong of [[], [0.1, 0.2], [Number.NaN]]) {
      expect(() => decodeUnitVector(space, wrong)).toThrow(
        expect.objectContaining({ code: 'internal/invariant' }),
      )
    }
  })
})

describe('gridValues', () => {
  it('lists everything where that is few, else so many points with both ends', () => {
    expect(gridValues(integer('n', 3, 6), 4)).toEqual([3, 4, 5, 6])
    expect(gridValues(integer('n', 0, 100), 5)).toEqual([0, 25, 50, 75, 100])
    // Points that round to one integer count once.
    expect(gridValues(integer('n', 1, 20, { log: true }), 8)).toEqual([1, 2, 4, 6, 8, 13, 20])
    expect(gridValues(float('f', 1e-4, 1, { log: true }), 3)).toEqual([1e-4, 1e-2, 1])
    expect(gridValues(categorical('c', ['b', 'a']), 5)).toEqual(['b', 'a'])
  })
})
