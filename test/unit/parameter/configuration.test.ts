/** Sampling, judging, changing and counting configurations, over random spaces. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  crossoverConfigurations,
  mutateConfiguration,
  neighbourConfigurations,
  withValue,
} from '#src/parameter/change.ts'
import { countConfigurations } from '#src/parameter/count.ts'
import {
  anyOf,
  categorical,
  constant,
  equals,
  float,
  forbid,
  greaterThan,
  integer,
  lessThan,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import { gridValues, listedValues, valueCount } from '#src/parameter/domain.ts'
import { findForbidden, parameterModel } from '#src/parameter/model.ts'
import type { Configuration, ParameterSpace, ParameterValue } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { rowOf } from '#src/parameter/row.ts'
import { defaultConfiguration, sampleConfiguration } from '#src/parameter/sample.ts'
import { formatConfiguration } from '#src/parameter/text.ts'
import { Random } from '#src/random/random.ts'
import { anyParameterSpace } from '#test/fixtures/random-parameter-space.ts'

const runs = { numRuns: 150, seed: 20_260_402 }
const seeds = fc.nat({ max: 2 ** 31 - 1 })
const spaces = anyParameterSpace({ floats: true, forbidden: true })
const finiteSpaces = anyParameterSpace({ floats: false, forbidden: true })
const grid = { grid: 4 }

const sgd = parameterSpace({
  name: 'sgd',
  parameters: [
    categorical('optimizer', ['adam', 'sgd']),
    float('rate', 1e-5, 0.1, { log: true }),
    float('momentum', 0, 0.9),
    integer('layers', 1, 4),
  ],
  conditions: [when('momentum', equals('optimizer', 'sgd'))],
  forbidden: [forbid(equals('optimizer', 'sgd'), greaterThan('layers', 3))],
})

describe('configurationProblems', () => {
  it.each<[Configuration, readonly RegExp[]]>([
    [{ optimizer: 'adam', rate: 0.01, layers: 4 }, []],
    [{ optimizer: 'adam', rate: 0.01 }, [/wrong at layers: expected an integer .*found no value$/]],
    [{ optimizer: 'adam', rate: 1, layers: 1 }, [/wrong at rate: .*from 0.00001 to 0.1, found 1$/]],
    [{ optimizer: 'adam', rate: 0.01, layers: 1.5 }, [/wrong at layers: .*found 1.5$/]],
    [{ optimizer: 'adam', rate: '0.01', layers: 1 }, [/wrong at rate: .*found "0.01"$/]],
    [
      { optimizer: 'rms', rate: 0.01, layers: 1 },
      [/wrong at optimizer: .*"adam", "sgd", found "rms"/],
    ],
    [
      { optimizer: 'adam', rate: 0.01, layers: 1, momentum: 0.5 },
      [/wrong at momentum: expected no value, because its conditions do not hold, found 0.5$/],
    ],
    [{ optimizer: 'adam', rate: 0.01, layers: 1, x: 1 }, [/wrong at x: expected the name/]],
    [
      { optimizer: 'sgd', rate: 0.01, layers: 4, momentum: 0.5 },
      [/forbidden clause 0: .*found optimizer = "sgd" and layers > 3$/],
    ],
    [{}, [/optimizer/, /rate/, /layers/]],
  ])('of %j', (configuration, expected) => {
    const problems = configurationProblems(sgd, configuration)
    expect(problems).toHaveLength(expected.length)
    for (const [index, pattern] of expected.entries()) expect(problems[index]).toMatch(pattern)
  })
})

describe('sampleConfiguration', () => {
  it('gives configurations of the space, the same from the same stream', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const configuration = sampleConfiguration(space, Random.named(seed))
        expect(configurationProblems(space, configuration)).toEqual([])
        expect(sampleConfiguration(space, Random.named(seed))).toEqual(configuration)
        expect(configurationProblems(space, defaultConfiguration(space))).toEqual([])
      }),
      runs,
    )
  })

  it('draws from weights, and evenly over the logarithm', () => {
    const space = parameterSpace({
      name: 'test',
      parameters: [
        categorical('c', ['a', 'b', 'c'], { weights: [1, 2, 5] }),
        float('f', 1e-4, 1, { log: true }),
        integer('n', 1, 100, { log: true }),
        integer('m', 0, 9),
      ],
    })
    const random = Random.named(4, 'distribution')
    const draws = Array.from({ length: 8000 }, () => sampleConfiguration(space, random))
    const share = (holds: (one: Configuration) => boolean) => draws.filter(holds).length / 8000
    // Five standard deviations of a share of 8,000 are at most 0.028: a false alarm below 1e-5.
    expect(share(({ c }) => c === 'b')).toBeCloseTo(0.25, 1)
    expect(Math.abs(share(({ c }) => c === 'c') - 0.625)).toBeLessThan(0.028)
    expect(Math.abs(share(({ f }) => Number(f) < 1e-2) - 0.5)).toBeLessThan(0.028)
    const upToTen = Math.log(10.5 / 0.5) / Math.log(100.5 / 0.5)
    expect(Math.abs(share(({ n }) => Number(n) <= 10) - upToTen)).toBeLessThan(0.028)
    expect(Math.abs(share(({ m }) => Number(m) < 4) - 0.4)).toBeLessThan(0.028)
    expect(new Set(draws.map(({ n }) => n)).size).toBeGreaterThan(90)
  })

  it('keeps numbers to a grid', () => {
    const random = Random.named(4, 'grid')
    const draws = Array.from({ length: 200 }, () => sampleConfiguration(sgd, random, grid))
    const rates = [...new Set(draws.map(({ rate }) => Number(rate)))].sort((a, b) => a - b)
    expect(rates).toEqual([0.00001, 0.000215443469, 0.004641588834, 0.1])
  })

  it('says so when everything is forbidden', () => {
    const parameters = [integer('n', 0, 100_000, { defaultValue: 7 })]
    const forbidden = [forbid(lessThan('n', 7)), forbid(greaterThan('n', 7))]
    const space = parameterSpace({ name: 'test', parameters, forbidden })
    expect(() => sampleConfiguration(space, Random.named(1))).toThrow(
      expect.objectContaining({ code: 'space/empty' }),
    )
    expect(() => mutateConfiguration(space, { n: 7 }, Random.named(1))).toThrow(
      expect.objectContaining({ code: 'space/empty' }),
    )
    expect(() =>
      mutateConfiguration(
        parameterSpace({ name: 'one', parameters: [constant('c', 1)] }),
        { c: 1 },
        Random.named(1),
      ),
    ).toThrow(/nothing to change/)
  })
})

describe('changes', () => {
  it('mutate one active parameter, and stay in the space', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const parent = sampleConfiguration(space, Random.named(seed, 'parent'))
        const before = formatConfiguration(parent)
        const child = tryMutate(space, parent, seed)
        if (!child) return
        expect(configurationProblems(space, child)).toEqual([])
        expect(formatConfiguration(child)).not.toBe(before)
        expect(formatConfiguration(parent)).toBe(before)
        const changed = Object.keys(parent).filter(
          (name) => name in child && child[name] !== parent[name],
        )
        expect(changed).toHaveLength(1)
      }),
      runs,
    )
  })

  it('mutate to one of the neighbours, which are valid, different, each once, and mutual', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const parent = sampleConfiguration(space, Random.named(seed, 'parent'), grid)
        const neighbours = [...neighbourConfigurations(space, parent, grid)]
        const texts = neighbours.map(formatConfiguration)
        expect(new Set(texts).size).toBe(texts.length)
        expect(texts).not.toContain(formatConfiguration(parent))
        for (const one of neighbours) expect(configurationProblems(space, one)).toEqual([])
        if (neighbours.length === 0) return
        const child = mutateConfiguration(space, parent, Random.named(seed, 'child'), grid)
        expect(texts).toContain(formatConfiguration(child))
        const back = [...neighbourConfigurations(space, child, grid)].map(formatConfiguration)
        expect(back).toContain(formatConfiguration(parent))
      }),
      { ...runs, numRuns: 60 },
    )
  })

  it('give defaults to what they switch on when asked to', () => {
    const options = { ...grid, activated: 'default' } as const
    const parent = { optimizer: 'adam', rate: 0.01, layers: 3 }
    const child = { ...parent, optimizer: 'sgd', momentum: 0.45 }
    const neighbours = [...neighbourConfigurations(sgd, parent, options)]
    expect(neighbours.filter(({ optimizer }) => optimizer === 'sgd')).toEqual([child])
    // 1 optimizer, 4 rates of the grid, 3 other depths.
    expect(neighbours).toHaveLength(8)
    const mutants = Array.from({ length: 100 }, (_, seed) =>
      mutateConfiguration(sgd, parent, Random.named(seed), options),
    )
    expect(mutants.filter(({ optimizer }) => optimizer === 'sgd')).toContainEqual(child)
    expect(new Set(mutants.map(({ momentum }) => momentum))).toEqual(new Set([undefined, 0.45]))
  })

  it('list with defaults what a change of each value leads to', () => {
    const options = { ...grid, activated: 'default' } as const
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const model = parameterModel(space)
        const parent = sampleConfiguration(space, Random.named(seed))
        const expected = model.nodes.flatMap(({ parameter }) => {
          const now = parent[parameter.name]
          return now === undefined
            ? []
            : gridValues(parameter, 4)
                .filter((value) => value !== now)
                .map((value) => withValue(space, parent, parameter.name, value))
        })
        expect([...neighbourConfigurations(space, parent, options)]).toEqual(
          expected.filter((one) => !findForbidden(model, rowOf(model, one))),
        )
      }),
      runs,
    )
  })

  it('refuse to list the neighbours of a float without a grid', () => {
    const parent = defaultConfiguration(sgd)
    // The first change switches a float on.
    expect(() => [...neighbourConfigurations(sgd, parent)]).toThrow(/endlessly many .* at momentum/)
  })

  it('cross two parents to a child of values that either has, and one with itself', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const first = sampleConfiguration(space, Random.named(seed, 'first'))
        const second = sampleConfiguration(space, Random.named(seed, 'second'))
        const child = crossoverConfigurations(space, [first, second], Random.named(seed))
        expect(configurationProblems(space, child)).toEqual([])
        for (const [name, value] of Object.entries(child)) {
          if (name in first || name in second) expect([first[name], second[name]]).toContain(value)
        }
        expect(crossoverConfigurations(space, [first, first], Random.named(seed))).toEqual(first)
      }),
      runs,
    )
  })

  it('drop what a new value switches off, and add what it switches on', () => {
    const parent = { optimizer: 'sgd', rate: 0.01, momentum: 0.2, layers: 3 }
    const child = withValue(sgd, parent, 'optimizer', 'adam')
    expect(child).toEqual({ optimizer: 'adam', rate: 0.01, layers: 3 })
    const back = withValue(sgd, child, 'optimizer', 'sgd')
    expect(back).toEqual({ ...parent, momentum: 0.45 })
  })
})

describe('countConfigurations', () => {
  it('counts what an enumeration finds, whatever the conditions and forbidden clauses', () => {
    let compared = 0
    fc.assert(
      fc.property(finiteSpaces, (space) => {
        const everything = enumerate(space, 30_000)
        if (!everything) return
        compared++
        const valid = everything.filter((one) => configurationProblems(space, one).length === 0)
        const count = { kind: 'exact', value: BigInt(valid.length) }
        expect(countConfigurations(space), JSON.stringify(space)).toEqual(count)
      }),
      { ...runs, numRuns: 100 },
    )
    expect(compared).toBeGreaterThan(50)
  })

  it('tells a float that can be active from one that cannot', () => {
    const parameters = [integer('n', 1, 3), float('f', 0, 1)]
    const count = (conditions: Parameters<typeof when>[1][]) =>
      countConfigurations(
        parameterSpace({
          name: 'test',
          parameters,
          conditions: conditions.map((test) => when('f', test)),
        }),
      )
    expect(count([])).toEqual({ kind: 'infinite' })
    expect(count([equals('n', 2)])).toEqual({ kind: 'infinite' })
    expect(count([lessThan('n', 2), greaterThan('n', 2)])).toEqual({ kind: 'exact', value: 3n })
  })

  it('takes the published count of chains, far beyond what can be enumerated', () => {
    const depth = integer('depth', 1, 40)
    const layers = Array.from({ length: 40 }, (_, index) => `layer${index + 1}`)
    const space = parameterSpace({
      name: 'chains',
      parameters: [depth, ...layers.map((name) => integer(name, 1, 6))],
      conditions: layers.slice(1).map((name, index) => when(name, greaterThan('depth', index + 1))),
    })
    const value = Array.from({ length: 40 }, (_, index) => 6n ** BigInt(index + 1)).reduce(
      (sum, count) => sum + count,
      0n,
    )
    expect(countConfigurations(space)).toEqual({ kind: 'exact', value })
  })

  it('gives a bound where too many parents are in play at once', () => {
    const parents = Array.from({ length: 15 }, (_, index) => `p${index}`)
    const space = parameterSpace({
      name: 'wide',
      parameters: [
        ...parents.map((name) => ordinal(name, [1, 2, 3, 4])),
        categorical('child', ['x', 'y', 'z']),
      ],
      conditions: [when('child', anyOf(...parents.map((name) => equals(name, 2))))],
    })
    const exact = 3n * (4n ** 15n - 3n ** 15n) + 3n ** 15n
    expect(countConfigurations(space)).toEqual({ kind: 'upper-bound', value: 4n ** 16n })
    expect(4n ** 16n).toBeGreaterThan(exact)
  })
})

/** Null where nothing can be changed, or too much is forbidden. */
function tryMutate(space: ParameterSpace, parent: Configuration, seed: number) {
  const [neighbour] = neighbourConfigurations(space, parent, grid)
  return neighbour ? mutateConfiguration(space, parent, Random.named(seed, 'child')) : null
}

/** Every choice of a value or of none for every parameter; null where that is too much. */
function enumerate(space: ParameterSpace, limit: number): readonly Configuration[] | null {
  let partial: readonly Configuration[] = [{}]
  for (const parameter of space.parameters) {
    const values: readonly ParameterValue[] =
      listedValues(parameter) ?? gridValues(parameter, valueCount(parameter) ?? 0)
    partial = partial.flatMap((one) => [
      one,
      ...values.map((value) => ({ ...one, [parameter.name]: value })),
    ])
    if (partial.length > limit) return null
  }
  return partial
}
