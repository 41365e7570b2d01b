import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  normalCdf,
  normalLogCdf,
  normalLogMass,
  normalLogPdf,
  normalPdf,
  normalQuantile,
  normalTail,
  truncatedNormalQuantile,
} from '#src/numeric/normal.ts'

/** Agreement relative to the size of what is expected. */
function expectClose(found: number, expected: number, tolerance = 1e-14): void {
  expect(Math.abs(found - expected) / Math.abs(expected || 1)).toBeLessThan(tolerance)
}

// Expected values: mpmath with 40 digits.
describe('the density', () => {
  it('is known at 0, 1 and far out', () => {
    expectClose(normalPdf(0), 0.3989422804014327)
    expectClose(normalPdf(-1), 0.24197072451914337)
    expectClose(normalLogPdf(50), -1250.9189385332047)
  })
})

describe('the distribution function', () => {
  it.each([
    [-30, 4.906713927148187e-198, -454.3212439563432],
    [-8.5, 9.479534822203318e-18, -39.19739642821767],
    [-5.7, 5.990371401063528e-9, -18.933112423224742],
    [-3, 0.0013498980316300946, -6.607726221510349],
    [-1, 0.15865525393145705, -1.8410216450092636],
    [-0.66, 0.25462691467133614, -1.3679558848901994],
    [-0.3, 0.3820885778110474, -0.9621028181688507],
    [0, 0.5, -Math.LN2],
    [0.1, 0.539827837277029, -0.6165050101150263],
    [0.67, 0.7485711049046899, -0.289589083101687],
    [1.5, 0.9331927987311419, -0.06914345561223398],
    [3, 0.9986501019683699, -0.0013508099647481938],
    [8, 0.9999999999999993, -6.220960574271786e-16],
  ])('and its logarithm are known at %d', (x, share, logShare) => {
    expectClose(normalCdf(x), share, 1e-14 + 1e-16 * x * x)
    expectClose(normalTail(-x), share, 1e-14 + 1e-16 * x * x)
    expectClose(normalLogCdf(x), logShare)
  })

  it('has a logarithm where it has no double', () => {
    expectClose(normalLogCdf(-40), -804.6084420137538)
    expect(normalCdf(-40)).toBe(0)
    expect(normalCdf(40)).toBe(1)
  })

  it('never falls, and both tails are one', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 37, noNaN: true }), (x) => {
        expect(normalCdf(x + 1e-6)).toBeGreaterThanOrEqual(normalCdf(x))
        expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 14)
        expect(Math.exp(normalLogCdf(x))).toBeCloseTo(normalCdf(x), 14)
      }),
    )
  })
})

describe('the quantile', () => {
  it.each([
    [1e-300, -37.0470962993612],
    [1e-20, -9.262340089798407],
    [0.0001, -3.7190164854556804],
    [0.02425, -1.972961051311885],
    [0.075, -1.439531470938456],
    [0.1, -1.2815515655446004],
    [0.5, 0],
    [0.6, 0.2533471031357997],
    [0.975, 1.9599639845400538],
    [0.9999, 3.7190164854557084],
  ])('of %d is known', (share, x) => {
    expectClose(normalQuantile(share), x)
  })

  it('has infinite ends and nothing beyond', () => {
    expect(normalQuantile(0)).toBe(-Infinity)
    expect(normalQuantile(1)).toBe(Infinity)
    expect(normalQuantile(1.1)).toBeNaN()
    expect(normalQuantile(Number.NaN)).toBeNaN()
  })

  it('is the inverse of the distribution function', () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 5, noNaN: true }), (x) => {
        expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 9)
      }),
    )
  })
})

describe('the mass between two ends', () => {
  it.each([
    [-1, 2, -0.2001662943244626],
    [5, 6, -15.068446096529453],
    [-6, -5, -15.068446096529453],
    [-0.1, 0.1, -2.5300420015472382],
    [1, 1.0000001, -17.537034233579128],
    [-0.2, 5, -0.5460048485813637],
    [-3, -2.999, -12.325193603978617],
    [-9, 9, -2.257176811907681e-19],
  ])('%d and %d is known', (from, to, logMass) => {
    // A width of 1e-7 is itself a rounded difference, known to 1e-9 of its size.
    expectClose(normalLogMass(from, to), logMass, to - from < 1e-6 ? 1e-10 : 1e-13)
  })

  it('adds up', () => {
    const point = fc.double({ min: -35, max: 35, noNaN: true })
    fc.assert(
      fc.property(fc.tuple(point, point, point), (points) => {
        const [a = 0, b = 0, c = 0] = [...points].sort((x, y) => x - y)
        const [left, right, whole] = [normalLogMass(a, b), normalLogMass(b, c), normalLogMass(a, c)]
        const sum = Math.exp(left - whole) + Math.exp(right - whole)
        if (whole > -Infinity) expect(sum).toBeCloseTo(1, 8)
      }),
    )
  })

  it('is nothing between equal ends', () => {
    expect(normalLogMass(1, 1)).toBe(-Infinity)
    expect(normalLogMass(-1, -1)).toBe(-Infinity)
  })
})

describe('the truncated quantile', () => {
  const end = fc.double({ min: -50, max: 50, noNaN: true })
  const ends = fc.tuple(end, end).map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a]))

  it('stays between the ends, rises, and starts and stops at them', () => {
    fc.assert(
      fc.property(ends, fc.double({ min: 0, max: 0.999, noNaN: true }), ([from, to], share) => {
        const x = truncatedNormalQuantile(share, from, to)
        expect(x).toBeGreaterThanOrEqual(from)
        expect(x).toBeLessThanOrEqual(to)
        expect(truncatedNormalQuantile(share + 0.001, from, to)).toBeGreaterThanOrEqual(x)
        expect(truncatedNormalQuantile(0, from, to)).toBeCloseTo(from, 6)
        expect(truncatedNormalQuantile(1, from, to)).toBeCloseTo(to, 6)
      }),
    )
  })

  it.each([
    [-1, 2],
    [4, 6],
    [-12, -9],
    [9, 12],
    [-0.01, 0.01],
  ])('leaves the share of the mass below it between %d and %d', (from, to) => {
    for (const share of [0.01, 0.3, 0.5, 0.99]) {
      const x = truncatedNormalQuantile(share, from, to)
      expect(Math.exp(normalLogMass(from, x) - normalLogMass(from, to))).toBeCloseTo(share, 9)
    }
  })
})
