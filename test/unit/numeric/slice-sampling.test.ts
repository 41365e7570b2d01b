import { describe, expect, it } from 'vitest'
import { sliceSweep } from '#src/numeric/slice-sampling.ts'
import { Random } from '#src/random/random.ts'

function chain(
  logDensity: (point: readonly number[]) => number,
  start: readonly number[],
  length: number,
): number[][] {
  const random = Random.named('slice')
  const points: number[][] = []
  let point = start
  for (let sweep = 0; sweep < length; sweep++) {
    point = sliceSweep(point, logDensity, { width: 1 }, random)
    points.push([...point])
  }
  return points
}

describe('slice sampling', () => {
  it('has the moments of a normal distribution', () => {
    const points = chain(([x = 0]) => -0.5 * ((x - 3) / 2) ** 2, [0], 20_000)
    const values = points.map(([x = 0]) => x)
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
    // Far beyond four standard errors of a chain whose draws are worth a fifth of independent ones.
    expect(Math.abs(mean - 3)).toBeLessThan(0.13)
    expect(Math.abs(variance - 4)).toBeLessThan(0.4)
  })

  it('follows a correlation', () => {
    const points = chain(([x = 0, y = 0]) => -(x * x - 1.6 * x * y + y * y) / 0.72, [1, 1], 20_000)
    const product = points.reduce((sum, [x = 0, y = 0]) => sum + x * y, 0) / points.length
    expect(Math.abs(product - 0.8)).toBeLessThan(0.12)
  })

  it('stays within the support', () => {
    const points = chain(([x = 0]) => (x > 0 ? -x : Number.NEGATIVE_INFINITY), [1], 5_000)
    expect(Math.min(...points.map(([x = 0]) => x))).toBeGreaterThan(0)
    const mean = points.reduce((sum, [x = 0]) => sum + x, 0) / points.length
    expect(Math.abs(mean - 1)).toBeLessThan(0.15)
  })

  it('leaves the point that it was handed, and repeats itself from the same stream', () => {
    const start = Object.freeze([0.5])
    const sweep = () =>
      sliceSweep(start, ([x = 0]) => -x * x, { width: 0.1 }, Random.named('again'))
    expect(sweep()).toEqual(sweep())
  })
})
