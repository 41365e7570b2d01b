/** ConfigSpace's JSON by example; `test/integration/configspace.test.ts` asks the package itself. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConfigSpace } from '#src/parameter/configspace-read.ts'
import { writeConfigSpace } from '#src/parameter/configspace-write.ts'
import {
  allOf,
  anyOf,
  categorical,
  constant,
  equals,
  float,
  forbid,
  greaterThan,
  integer,
  lessThan,
  notEquals,
  oneOf,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import type { Test } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { Random } from '#src/random/random.ts'
import { anyParameterSpace } from '#test/fixtures/random-parameter-space.ts'

const parameters = [
  categorical('a', ['x', 'y'], { weights: [1, 3] }),
  ordinal('b', [8, 16, 32]),
  integer('c', 1, 100, { log: true }),
  float('d', 0.1, 0.9),
  constant('e', 'fixed'),
]

/** What the tests on parameter `d` become. */
function conditionOf(...tests: readonly Test[]) {
  const conditions = tests.map((test) => when('d', test))
  return writeConfigSpace(parameterSpace({ name: 'test', parameters, conditions })).conditions
}

describe('writeConfigSpace', () => {
  it('writes what ConfigSpace 1.2 writes', () => {
    const space = parameterSpace({
      name: 'test',
      parameters,
      conditions: [when('d', allOf(equals('a', 'y'), greaterThan('c', 3)))],
      forbidden: [
        forbid(oneOf('b', [8, 32])),
        forbid(equals('a', 'x'), lessThan('c', 4), greaterThan('b', 8)),
      ].slice(1),
    })
    expect(writeConfigSpace(space)).toEqual({
      name: 'test',
      hyperparameters: [
        {
          type: 'categorical',
          name: 'a',
          choices: ['x', 'y'],
          weights: [1, 3],
          default_value: 'y',
          meta: null,
        },
        { type: 'ordinal', name: 'b', sequence: [8, 16, 32], default_value: 8, meta: null },
        {
          type: 'uniform_int',
          name: 'c',
          lower: 1,
          upper: 100,
          default_value: 10,
          log: true,
          meta: null,
        },
        {
          type: 'uniform_float',
          name: 'd',
          lower: 0.1,
          upper: 0.9,
          default_value: 0.5,
          log: false,
          meta: null,
        },
        { type: 'constant', name: 'e', value: 'fixed', meta: null },
      ],
      conditions: [
        {
          type: 'AND',
          child: 'd',
          conditions: [
            { type: 'EQ', child: 'd', parent: 'a', value: 'y' },
            { type: 'GT', child: 'd', parent: 'c', value: 3 },
          ],
        },
      ],
      forbiddens: [
        {
          type: 'AND',
          clauses: [
            { type: 'EQUALS', name: 'a', value: 'x' },
            { type: 'CLAUSE_LT', name: 'c', value: 4 },
            { type: 'CLAUSE_GT', name: 'b', value: 8 },
          ],
        },
      ],
      format_version: 0.4,
    })
  })

  it('joins the conditions on one child, flat and each once', () => {
    const one = { type: 'EQ', child: 'd', parent: 'a', value: 'y' }
    const two = { type: 'LT', child: 'd', parent: 'b', value: 16 }
    expect(conditionOf(equals('a', 'y'))).toEqual([one])
    expect(conditionOf(allOf(equals('a', 'y')), equals('a', 'y'))).toEqual([one])
    expect(conditionOf(equals('a', 'y'), allOf(lessThan('b', 16), equals('a', 'y')))).toEqual([
      { type: 'AND', child: 'd', conditions: [one, two] },
    ])
  })

  it('lets an inactive parent fail not-equals, as ConfigSpace does not', () => {
    const space = parameterSpace({
      name: 'test',
      parameters,
      conditions: [
        when('b', equals('a', 'x')),
        when('c', notEquals('b', 16)),
        when('d', notEquals('c', 5)),
        when('e', notEquals('a', 'x')),
      ],
    })
    expect(writeConfigSpace(space).conditions.slice(1)).toEqual([
      { type: 'IN', child: 'c', parent: 'b', values: [8, 32] },
      {
        type: 'OR',
        child: 'd',
        conditions: [
          { type: 'LT', child: 'd', parent: 'c', value: 5 },
          { type: 'GT', child: 'd', parent: 'c', value: 5 },
        ],
      },
      { type: 'NEQ', child: 'e', parent: 'a', value: 'x' },
    ])
  })

  it('keeps apart an AND and an OR that ConfigSpace would take for one', () => {
    const tests = [equals('a', 'y'), lessThan('b', 16)]
    const space = (first: Test, second: Test) =>
      writeConfigSpace(
        parameterSpace({
          name: 'test',
          parameters,
          conditions: [when('d', first), when('e', second)],
        }),
      ).conditions.map(({ type, conditions }) => [type, (conditions as unknown[]).length])
    expect(space(allOf(...tests), anyOf(...tests))).toEqual([
      ['AND', 2],
      ['OR', 3],
    ])
    expect(space(anyOf(...tests), anyOf(...tests))).toEqual([
      ['OR', 2],
      ['OR', 2],
    ])
    const nested = (outer: typeof allOf, inner: typeof allOf) =>
      outer(equals('c', 2), inner(...tests))
    expect(space(nested(allOf, anyOf), nested(anyOf, allOf))).toEqual([
      ['AND', 2],
      ['OR', 3],
    ])
  })

  it.each([
    ['truth values among numbers', categorical('p', [true, 2, 3]), /Python cannot tell apart/],
    ['a range below 13 decimals', float('p', 1e-15, 1e-14), /13 decimals/],
    ['a logarithm from below 13 decimals', float('p', 1e-15, 1, { log: true }), /13 decimals/],
  ])('refuses %s by name', (_, parameter, words) => {
    const space = parameterSpace({ name: 'test', parameters: [parameter] })
    const write = () => writeConfigSpace(space)
    expect(write).toThrow(words)
    expect(write).toThrow(
      expect.objectContaining({
        code: 'space/invalid-settings',
        details: { space: 'test', place: 'p' },
      }),
    )
  })
})

describe('readConfigSpace', () => {
  const hyperparameters = writeConfigSpace(
    parameterSpace({ name: 't', parameters }),
  ).hyperparameters
  const read = (more: object) => readConfigSpace({ hyperparameters, ...more })

  it('reads what was written to a space of the same configurations', () => {
    const spaces = anyParameterSpace({ floats: true, forbidden: true })
    fc.assert(
      fc.property(spaces, fc.nat(), (space, seed) => {
        const back = readConfigSpace(JSON.parse(JSON.stringify(writeConfigSpace(space))))
        expect(back.name).toBe(space.name)
        const configuration = sampleConfiguration(space, Random.named(seed))
        expect(configurationProblems(back, configuration)).toEqual([])
        const other = sampleConfiguration(back, Random.named(seed))
        expect(configurationProblems(space, other)).toEqual([])
      }),
      { numRuns: 200, seed: 20_260_407 },
    )
  })

  it('reads the names that older versions used', () => {
    const space = readConfigSpace({
      hyperparameters: [
        {
          name: 'a',
          type: 'categorical',
          choices: ['1', '2'],
          default: '2',
          probabilities: [0.2, 0.8],
        },
        { name: 'n', type: 'uniform_int', log: true, lower: 16, upper: 512, default: 91, q: null },
      ],
      conditions: [],
      forbiddens: [],
      python_module_version: '0.4.18',
      json_format_version: 0.2,
    })
    expect(space.name).toBe('ConfigSpace')
    expect(space.parameters).toEqual([
      categorical('a', ['1', '2'], { weights: [0.2, 0.8], defaultValue: '2' }),
      integer('n', 16, 512, { log: true, defaultValue: 91 }),
    ])
  })

  it('says forbidden disjunctions and inclusive bounds in clauses', () => {
    const { forbidden } = read({
      forbiddens: [
        {
          type: 'AND',
          clauses: [
            { type: 'EQUALS', name: 'a', value: 'x' },
            {
              type: 'OR',
              clauses: [
                { type: 'CLAUSE_LE', name: 'd', value: 0.2 },
                { type: 'IN', name: 'b', values: [16, 32] },
              ],
            },
          ],
        },
        { type: 'CLAUSE_GE', name: 'c', value: 90 },
      ],
    })
    expect(forbidden).toEqual([
      forbid(equals('a', 'x'), lessThan('d', 0.2)),
      forbid(equals('a', 'x'), equals('d', 0.2)),
      forbid(equals('a', 'x'), oneOf('b', [16, 32])),
      forbid(greaterThan('c', 90)),
      forbid(equals('c', 90)),
    ])
  })

  const range = { name: 'n', lower: 1, upper: 5 }
  it.each<[string, object | null, string, RegExp]>([
    ['nothing', null, 'the document', /./],
    ['no list', { hyperparameters: {} }, 'the document.hyperparameters', /array/],
    [
      'a newer format',
      { hyperparameters, format_version: 0.5 },
      'the document.format_version',
      /./,
    ],
    ['no type', { hyperparameters: [range] }, 'hyperparameters[0].type', /./],
    [
      'a normal distribution',
      { hyperparameters: [{ ...range, type: 'normal_float', mu: 1, sigma: 1 }] },
      'hyperparameters[0]',
      /type normal_float has no counterpart here; there are categorical, ordinal, uniform_int/,
    ],
    [
      'quantisation',
      { hyperparameters: [{ ...range, type: 'uniform_int', q: 2 }] },
      'hyperparameters[0].q',
      /./,
    ],
    [
      'an unknown key',
      { hyperparameters: [{ ...range, type: 'uniform_int', step: 2 }] },
      'hyperparameters[0]',
      /step/,
    ],
    [
      'a choice that is a list',
      { hyperparameters: [{ type: 'categorical', name: 'a', choices: [[1, 2], 'b'] }] },
      'hyperparameters[0].choices.0',
      /./,
    ],
    [
      'a weight of zero',
      { hyperparameters: [{ type: 'categorical', name: 'a', choices: [1, 2], weights: [0, 1] }] },
      'hyperparameters[0]',
      /leave the choice out/,
    ],
    [
      'a condition of an unknown type',
      { hyperparameters, conditions: [{ type: 'XOR', child: 'd', conditions: [] }] },
      'conditions[0]',
      /type XOR has no counterpart/,
    ],
    [
      'a condition on two children',
      {
        hyperparameters,
        conditions: [
          {
            type: 'OR',
            child: 'd',
            conditions: [{ type: 'EQ', child: 'e', parent: 'a', value: 'x' }],
          },
        ],
      },
      'conditions[0].conditions[0]',
      /child must be d/,
    ],
    [
      'a relation between parameters',
      { hyperparameters, forbiddens: [{ type: 'RELATION_LT', left: 'c', right: 'd' }] },
      'forbiddens[0]',
      /type RELATION_LT has no counterpart/,
    ],
    [
      'a condition on what is not there',
      {
        hyperparameters,
        conditions: [{ type: 'EQ', child: 'd', parent: 'z', value: 1 }],
      },
      'condition 0 on d',
      /no parameter z/,
    ],
  ])('refuses %s, naming the place', (_, document, place, words) => {
    const refusal = { code: 'space/invalid-settings', details: expect.objectContaining({ place }) }
    expect(() => readConfigSpace(document)).toThrow(expect.objectContaining(refusal))
    expect(() => readConfigSpace(document)).toThrow(words)
  })
})
