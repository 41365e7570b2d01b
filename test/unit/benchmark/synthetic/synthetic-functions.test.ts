import { describe, expect, it } from 'vitest'
import { branin } from '#src/benchmark/synthetic/branin.ts'
import { syntheticCatalog } from '#src/benchmark/synthetic/catalog.ts'
import { countingOnes } from '#src/benchmark/synthetic/counting-ones.ts'
import { hartmann3, hartmann6 } from '#src/benchmark/synthetic/hartmann.ts'
import type { SyntheticFunction } from '#src/benchmark/synthetic/synthetic-function.ts'
import {
  categorical,
  equals,
  float,
  integer,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import type { Configuration, Parameter, ParameterSpace } from '#src/parameter/parameter.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { Random } from '#src/random/random.ts'

const space = (...parameters: Parameter[]): ParameterSpace =>
  parameterSpace({ name: 'test', parameters })
const cube = (count: number) =>
  space(...Array.from({ length: count }, (_, index) => float(`x${index + 1}`, 0, 1)))
const plane = space(float('x1', -5, 10), float('x2', 0, 15))
const bits = space(
  categorical('cat_0', [0, 1]),
  ordinal('cat_1', [0, 1]),
  float('float_0', 0, 1),
  float('float_1', 0, 1),
)
const spaces: Readonly<Record<string, ParameterSpace>> = {
  branin: plane,
  hartmann3: cube(3),
  hartmann6: cube(6),
  'counting-ones': bits,
}
const point = (...values: number[]): Configuration =>
  Object.fromEntries(values.map((value, index) => [`x${index + 1}`, value]))
const spaceOf = ({ name }: SyntheticFunction): ParameterSpace => {
  const found = spaces[name]
  if (!found) throw new Error(`No space for ${name}`)
  return found
}
const everything = { epochs: 1, share: 1 }

describe('published values', () => {
  it.each([
    [-Math.PI, 12.275],
    [Math.PI, 2.275],
    [9.42478, 2.475],
  ])('Branin has its minimum of 0.397887 at (%f, %f)', (x1, x2) => {
    expect(branin.value(point(x1, x2))).toBeCloseTo(0.397887, 6)
    expect(branin.range(plane).least).toBeCloseTo(0.397887, 6)
  })

  it('Hartmann in three dimensions has its minimum of -3.86278', () => {
    expect(hartmann3.value(point(0.114614, 0.555649, 0.852547))).toBeCloseTo(-3.86278, 5)
    expect(hartmann3.range(cube(3)).least).toBeCloseTo(-3.86278, 5)
  })

  it('Hartmann in six dimensions has its minimum of -3.32237', () => {
    const best = point(0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)
    expect(hartmann6.value(best)).toBeCloseTo(-3.322368011391339, 12)
    expect(hartmann6.range(cube(6)).least).toBeCloseTo(-3.32237, 5)
  })

  it('counting ones is minus the number of parameters where all are one', () => {
    const ones = { cat_0: 1, cat_1: 1, float_0: 1, float_1: 1 }
    expect(countingOnes.value(ones)).toBe(-4)
    expect(countingOnes.range(bits)).toEqual({ least: -4, greatest: 0 })
    expect(countingOnes.value({ ...ones, cat_0: 0, float_0: 0.25 })).toBe(-2.25)
  })
})

describe.each(syntheticCatalog)('$name', (tested) => {
  const { least, greatest } = tested.range(spaceOf(tested))
  const draws = Array.from({ length: 3000 }, (_, seed) =>
    sampleConfiguration(spaceOf(tested), Random.named(seed, 'draw')),
  )

  it('stays in its range, and walks down to the least value from one of the best of many points', () => {
    const values = draws.map((configuration) => tested.value(configuration))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...values)).toBeLessThanOrEqual(greatest)
    const starts = draws
      .toSorted((first, second) => tested.value(first) - tested.value(second))
      .slice(0, 10)
    const ends = starts.map((start) => tested.value(walkedDown(tested, start)))
    expect(Math.min(...ends)).toBeCloseTo(least, 8)
  })

  it('is at full effort what it is, but for noise of its own', () => {
    for (const configuration of draws.slice(0, 20)) {
      const seen = tested.observe(
        configuration,
        { epochs: 40_000, share: 1 },
        Random.named(1, 'see'),
      )
      // Four standard errors of a mean of 40,000 coin flips, for each of two floats.
      const tolerance = tested.name === 'counting-ones' ? 0.02 : 1e-12
      expect(Math.abs(seen - tested.value(configuration))).toBeLessThan(tolerance)
    }
  })

  it('costs less the less is done, and 1 in full', () => {
    expect(tested.cost(1)).toBeCloseTo(1, 12)
    const shares = [0.01, 0.1, 0.3, 0.9, 1]
    const costs = shares.map((share) => tested.cost(share))
    expect(costs).toEqual(costs.toSorted((first, second) => first - second))
    expect(costs[0]).toBeGreaterThan(0)
  })

  it('is defined on its own parameters alone', () => {
    expect(tested.misfit(spaceOf(tested))).toBeNull()
    for (const [name, other] of Object.entries(spaces)) {
      const fits = name === tested.name || (tested.name === 'counting-ones' && name !== 'branin')
      expect(tested.misfit(other) === null, name).toBe(fits)
    }
    const [first, ...others] = spaceOf(tested).parameters as [Parameter, ...Parameter[]]
    expect(tested.misfit(space(...others, float('more', 0, 3)))).toMatch(/^needs /)
    const conditional = parameterSpace({
      name: 'conditional',
      parameters: [categorical('on', [0, 1]), first, ...others],
      conditions: [when(first.name, equals('on', 1))],
    })
    expect(tested.misfit(conditional)).toMatch(/without conditions$/)
  })
})

describe('cheaper versions', () => {
  it('differ the more the less is done', () => {
    for (const tested of [branin, hartmann3, hartmann6]) {
      const configuration = sampleConfiguration(spaceOf(tested), Random.named(5, 'draw'))
      const exact = tested.value(configuration)
      const errors = [1, 0.6, 0.2].map((share) =>
        Math.abs(
          tested.observe(configuration, { ...everything, share }, Random.named(0, 'see')) - exact,
        ),
      )
      expect(errors[0]).toBe(0)
      expect(errors[1]).toBeGreaterThan(0)
      expect(errors[2]).toBeGreaterThan(errors[1] as number)
    }
  })

  it('of Branin have the constants of the source: worked out by hand at (0, 0)', () => {
    // 36 + 10 (1 - 1/(8 pi) - 0.005) + 10 at half of everything missing.
    const seen = branin.observe(point(0, 0), { epochs: 1, share: 0 }, Random.named(0, 'see'))
    expect(seen).toBeCloseTo(36 + 10 * (1 - 1 / (8 * Math.PI) - 0.005) + 10, 12)
  })

  it('of Hartmann weigh each bell 0.1 less: worked out by hand at a center', () => {
    // At the center of the third bell, which alone counts 3 there.
    const center = point(0.1091, 0.8732, 0.5547)
    const loss =
      hartmann3.observe(center, { epochs: 1, share: 0 }, Random.named(0, 'see')) -
      hartmann3.value(center)
    expect(loss).toBeGreaterThan(0.1)
    expect(loss).toBeLessThan(0.4)
  })

  it('of counting ones flip few coins: unbiased, and with the variance of so many', () => {
    const configuration = { cat_0: 1, cat_1: 0, float_0: 0.5, float_1: 0.2 }
    const effort = { epochs: 4, share: 4 / 729 }
    const seen = Array.from({ length: 4000 }, (_, seed) =>
      countingOnes.observe(configuration, effort, Random.named(seed, 'see')),
    )
    const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length
    const variance = seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seen.length
    const expected = (0.25 + 0.16) / 4
    // Four standard errors: a false alarm in 16,000.
    expect(Math.abs(mean + 1.7)).toBeLessThan(4 * Math.sqrt(expected / 4000))
    expect(variance / expected).toBeGreaterThan(0.9)
    expect(variance / expected).toBeLessThan(1.1)
  })

  it('of counting ones take integers for bits, too', () => {
    expect(countingOnes.misfit(space(integer('n', 0, 1)))).toBeNull()
    expect(countingOnes.misfit(space(integer('n', 0, 2)))).toMatch(/^needs /)
  })
})

/** Compass search: along each parameter, in halved steps. */
function walkedDown(tested: SyntheticFunction, start: Configuration): Configuration {
  let best = start
  const { parameters } = spaceOf(tested)
  for (let step = 0.25; step > 1e-9; step /= 2) {
    for (let moved = true; moved; ) {
      moved = false
      for (const parameter of parameters) {
        for (const sign of [-1, 1]) {
          const tried = { ...best, [parameter.name]: stepped(parameter, best, sign * step) }
          if (tested.value(tried) < tested.value(best)) {
            best = tried
            moved = true
          }
        }
      }
    }
  }
  return best
}

function stepped(parameter: Parameter, from: Configuration, step: number): number {
  const value = Number(from[parameter.name])
  if (parameter.kind !== 'float') return step > 0 ? 1 : 0
  const { lower, upper } = parameter
  return Math.min(Math.max(value + step * (upper - lower), lower), upper)
}
