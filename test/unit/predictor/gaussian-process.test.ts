import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gaussianProcess } from '#src/predictor/gaussian-process.ts'

/** Matérn 5/2 with length scale and variance 1. */
function matern(x: number, y: number): number {
  const r = Math.sqrt(5) * Math.abs(x - y)
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}

function process(inputs: readonly number[], targets: readonly number[], noiseVariance: number) {
  const gram = Float64Array.from(inputs.flatMap((x) => inputs.map((y) => matern(x, y))))
  const posterior = gaussianProcess(gram, Float64Array.from(targets), { noiseVariance })
  return {
    ...posterior,
    at: (x: number) =>
      posterior.predict(
        Float64Array.from(inputs, (y) => matern(x, y)),
        1,
      ),
  }
}

describe('gaussian process', () => {
  it('gives the posterior of two points', () => {
    const { logMarginalLikelihood, at } = process([0, 1], [1, -1], 0.01)
    expect(logMarginalLikelihood).toBeCloseTo(-3.748635, 6)
    expect(at(0.5).mean).toBeCloseTo(0, 12)
    expect(at(0.5).variance).toBeCloseTo(0.104743, 6)
    expect(at(0.25).mean).toBeCloseTo(0.566479, 6)
    expect(at(0.25).variance).toBeCloseTo(0.0596143, 7)
  })

  it('goes through its targets without noise, and is unsure away from them', () => {
    const { at } = process([0, 1, 2], [3, -1, 2], 0)
    for (const [x, y] of [
      [0, 3],
      [1, -1],
      [2, 2],
    ] as const) {
      expect(at(x).mean).toBeCloseTo(y, 8)
      expect(at(x).variance).toBeLessThan(1e-8)
    }
    expect(at(50).mean).toBeCloseTo(0, 12)
    expect(at(50).variance).toBeCloseTo(1, 12)
  })

  it('falls back to its mean', () => {
    const posterior = gaussianProcess(Float64Array.of(1), Float64Array.of(5), {
      noiseVariance: 0.1,
      mean: 4,
    })
    expect(posterior.predict(Float64Array.of(0), 1)).toEqual({ mean: 4, variance: 1 })
  })

  it('never grows more unsure by another measurement', () => {
    const place = fc.double({ noNaN: true, min: -3, max: 3 })
    fc.assert(
      fc.property(fc.array(place, { minLength: 2, maxLength: 8 }), place, (inputs, x) => {
        const targets = inputs.map(Math.sin)
        const before = process(inputs.slice(1), targets.slice(1), 0.01).at(x).variance
        expect(process(inputs, targets, 0.01).at(x).variance).toBeLessThanOrEqual(before + 1e-9)
      }),
    )
  })

  it('refuses kernels that are not of its targets', () => {
    expect(() =>
      gaussianProcess(Float64Array.of(1, 0), Float64Array.of(1), { noiseVariance: 0 }),
    ).toThrow('1 x 1 kernels')
  })
})
