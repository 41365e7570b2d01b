import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toDecimals, toSignificant } from '#src/parameter/decimal.ts'

const runs = { numRuns: 20_000, seed: 20_261_124 }
/** Of every size, from those that a double hardly holds. */
const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.tuple(fc.integer(), fc.integer({ min: -20, max: 20 })).map(([n, e]) => Number(`${n}e${e}`)),
)

describe('toDecimals', () => {
  it('is the number of the decimal text, bit for bit', () => {
    fc.assert(
      fc.property(numbers, fc.nat({ max: 40 }), (value, decimals) => {
        expect(toDecimals(value, decimals)).toBe(Number(value.toFixed(decimals)))
      }),
      runs,
    )
  })

  it.each([0.5, 1.5, 2.5, 1.005, 8.345, 0.000_5, -0.5, -0, 0, 1e-300, 1e21, 1e300])(
    'rounds %d as its text does, middles among them',
    (value) => {
      for (const decimals of [0, 1, 2, 3, 10, 22, 23, 100]) {
        expect(toDecimals(value, decimals)).toBe(Number(value.toFixed(decimals)))
      }
    },
  )
})

describe('toSignificant', () => {
  it('is the number of the text with so many digits, bit for bit', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 12 }), (value, digits) => {
        expect(toSignificant(value, digits)).toBe(Number(value.toPrecision(digits)))
      }),
      runs,
    )
  })

  it('rounds next to powers of ten', () => {
    for (let exponent = -30; exponent <= 30; exponent++) {
      const power = Number(`1e${exponent}`)
      for (const share of [1, 1 - 2 ** -53, 1 + 2 ** -52, 1 - 1e-10, 0.999_999_999_95]) {
        const value = power * share
        expect(toSignificant(value, 10)).toBe(Number(value.toPrecision(10)))
      }
    }
  })
})
