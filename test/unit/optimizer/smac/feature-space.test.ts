import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { featureSpace } from '#src/optimizer/smac/feature-space.ts'
import { latinHypercubePoint } from '#src/optimizer/smac/initial-design.ts'
import { scaledLogCosts } from '#src/optimizer/smac/log-costs.ts'
import {
  categorical,
  equals,
  float,
  greaterThan,
  integer,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import { isInDomain } from '#src/parameter/domain.ts'
import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import { activeParameters, sampleConfiguration } from '#src/parameter/sample.ts'
import { Random } from '#src/random/random.ts'
import { anyParameterSpace } from '#test/fixtures/random-parameter-space.ts'

const space = parameterSpace({
  name: 'branches',
  parameters: [
    categorical('method', ['sgd', 'adam', 'none']),
    integer('layers', 1, 4),
    ordinal('size', ['small', 'middle', 'large']),
    float('rate', 1e-4, 1, { log: true }),
    float('momentum', 0, 0.99),
  ],
  conditions: [when('momentum', equals('method', 'sgd')), when('size', greaterThan('layers', 2))],
})
const names = ['method', 'layers', 'rate', 'size', 'momentum']
const features = featureSpace(space)
const placeOf = (name: string) => features.features.findIndex((one) => one.parameter.name === name)
const any = anyParameterSpace({ floats: true, forbidden: false })

/** Whether exactly the active parameters have a value, and one of their domain. */
function expectComplete(any: ParameterSpace, configuration: Configuration): void {
  expect(Object.keys(configuration).sort()).toEqual(activeParameters(any, configuration).sort())
  for (const parameter of any.parameters) {
    const value = configuration[parameter.name]
    if (value !== undefined) expect(isInDomain(parameter, value)).toBe(true)
  }
}

describe('vectors for a forest', () => {
  it('count categories and places, scale numbers, and have values of their own for inactive', () => {
    const vector = features.encode({ method: 'adam', layers: 3, size: 'large', rate: 0.01 })
    expect(Object.fromEntries(names.map((name) => [name, vector[placeOf(name)]]))).toEqual({
      method: 1,
      layers: 2 / 3,
      size: 2,
      rate: 0.5,
      momentum: -1,
    })
    const other = features.encode({ method: 'none', layers: 1, rate: 1 })
    expect(other[placeOf('size')]).toBe(3)
  })

  it('come back as configurations, in any space', () => {
    fc.assert(
      fc.property(any, fc.nat(), (one, seed) => {
        const configuration = sampleConfiguration(one, Random.named(seed, 'draw'))
        const vectors = featureSpace(one)
        expect(vectors.decode(vectors.encode(configuration))).toEqual(configuration)
      }),
    )
  })

  it('are drawn as configurations are: what is inactive by the space is inactive', () => {
    fc.assert(
      fc.property(any, fc.nat(), (one, seed) => {
        const vectors = featureSpace(one)
        const random = Random.named(seed, 'draw')
        const vector = new Float64Array(vectors.features.length)
        for (let draw = 0; draw < 5; draw++) {
          vectors.drawInto(vector, random)
          const configuration = vectors.decode(vector)
          expectComplete(one, configuration)
          const again = vectors.encode(configuration)
          for (const [place, { inactive }] of vectors.features.entries()) {
            expect(vector[place] === inactive).toBe(again[place] === inactive)
            expect(vector[place]).toBeCloseTo(again[place] ?? Number.NaN, 8)
          }
        }
      }),
    )
  })
})

describe('the neighbourhood', () => {
  const start = features.encode({ method: 'sgd', layers: 1, rate: 0.01, momentum: 0.5 })
  const found = features.neighbours(start, Random.named(1, 'steps'), 0.05)
  const decoded = found.map(features.decode)

  it('holds every other category and the defaults of what it switches on, never the start', () => {
    const methods = decoded.map(({ method }) => method).filter((method) => method !== 'sgd')
    expect(methods.toSorted()).toEqual(['adam', 'none'])
    for (const vector of found) expect(vector).not.toEqual(start)
    for (const configuration of decoded) expectComplete(space, configuration)
    const wide = features.neighbours(
      features.encode({ method: 'none', layers: 2, rate: 0.01 }),
      Random.named(2, 'steps'),
      0.2,
    )
    const switchedOn = wide.map(features.decode).filter(({ size }) => size !== undefined)
    expect(switchedOn.length).toBeGreaterThan(0)
    for (const { size } of switchedOn) expect(size).toBe('small')
  })

  it('takes small steps with numbers, at least to the next integer', () => {
    const rates = decoded.map(({ rate }) => Number(rate)).filter((rate) => rate !== 0.01)
    expect(rates).toHaveLength(4)
    for (const rate of rates) expect(Math.abs(Math.log10(rate) + 2)).toBeLessThan(1)
    const layers = decoded.map((configuration) => configuration.layers)
    expect(layers.filter((count) => count !== 1).length).toBeGreaterThan(0)
  })

  it('stays in any space, one change at a time', () => {
    fc.assert(
      fc.property(any, fc.nat(), (one, seed) => {
        const random = Random.named(seed, 'draw')
        const vectors = featureSpace(one)
        const vector = vectors.encode(sampleConfiguration(one, random))
        for (const neighbour of vectors.neighbours(vector, random, 0.1)) {
          expectComplete(one, vectors.decode(neighbour))
          const changes = vectors.features.filter(({ inactive }, place) => {
            const [before, after] = [vector[place], neighbour[place]]
            return before !== after && before !== inactive && after !== inactive
          })
          expect(changes).toHaveLength(1)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('the targets', () => {
  it('are logarithms of scaled costs', () => {
    const scaled = [...scaledLogCosts(Float64Array.of(0.1, 0.12, 0.2, 0.5))]
    for (const [index, z] of [-4.90032, -2.86344, -1.36421, 0].entries()) {
      expect(scaled[index]).toBeCloseTo(z, 5)
    }
  })

  it('are 0 where all costs are equal, and rise with the costs', () => {
    expect([...scaledLogCosts(Float64Array.of(0.3, 0.3))]).toEqual([0, 0])
    const cost = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(cost, { minLength: 2, maxLength: 30 }), (costs) => {
        const scaled = scaledLogCosts(Float64Array.from(costs))
        for (const [i, one] of costs.entries()) {
          expect(scaled[i]).toBeLessThanOrEqual(0)
          for (const [j, other] of costs.entries()) {
            if (one < other) expect(scaled[i]).toBeLessThanOrEqual(scaled[j] ?? Number.NaN)
          }
        }
      }),
    )
  })
})

describe('the initial design', () => {
  it('has a point in each equal part of every parameter', () => {
    const points = Array.from({ length: 24 }, (_, index) =>
      latinHypercubePoint(space, 'seed', index, 24),
    )
    const methods = points.map(({ method }) => method)
    for (const method of ['sgd', 'adam', 'none']) {
      expect(methods.filter((one) => one === method)).toHaveLength(8)
    }
    const parts = points.map(({ rate }) => Math.floor(((Math.log10(Number(rate)) + 4) / 4) * 24))
    expect(parts.toSorted((a, b) => a - b)).toEqual([...Array(24).keys()])
    expect(latinHypercubePoint(space, 'another', 0, 24)).not.toEqual(points[0])
  })
})
