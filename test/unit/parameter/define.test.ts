import { describe, expect, it } from 'vitest'
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
  type SpaceDefinition,
  when,
} from '#src/parameter/define.ts'
import { parameterModel } from '#src/parameter/model.ts'
import { ParameterSpace } from '#src/parameter/parameter.ts'
import { activeParameters, defaultConfiguration } from '#src/parameter/sample.ts'

const optimizer = categorical('optimizer', ['adam', 'sgd'])
const rate = float('rate', 1e-5, 0.1, { log: true })
const momentum = float('momentum', 0, 0.9)
const layers = integer('layers', 1, 8)
const width = ordinal('width', [8, 16, 32])

const faults: readonly (readonly [string, Omit<SpaceDefinition, 'name'>, string, RegExp])[] = [
  ['no parameters', { parameters: [] }, 'parameters', /Too small/],
  ['a name twice', { parameters: [rate, constant('rate', 1)] }, 'rate', /two parameters/],
  ['an empty name', { parameters: [constant('', 1)] }, 'parameters.0.name', /./],
  [
    'a default out of range',
    { parameters: [integer('n', 1, 3, { defaultValue: 4 })] },
    'n',
    /an integer from 1 to 3, not 4/,
  ],
  [
    'a default among no choices',
    { parameters: [categorical('c', ['a', 'b'], { defaultValue: 'd' })] },
    'c',
    /one of "a", "b", not "d"/,
  ],
  ['a logarithm of zero', { parameters: [float('f', 0, 1, { log: true })] }, 'f', /above 0/],
  ['a logarithm below one', { parameters: [integer('n', 0, 9, { log: true })] }, 'n', /at least 1/],
  ['an empty range', { parameters: [float('f', 2, 2)] }, 'f', /below upper.*constant/],
  ['an endless range', { parameters: [float('f', -1.7e308, 1.7e308)] }, 'f', /finite/],
  ['a choice twice', { parameters: [categorical('c', [1, 2, 1])] }, 'c', /1 is listed twice/],
  [
    'too few weights',
    { parameters: [categorical('c', ['a', 'b'], { weights: [1] })] },
    'c',
    /2 choices need 2 weights, not 1/,
  ],
  [
    'a weight of zero',
    { parameters: [categorical('c', ['a', 'b'], { weights: [0, 1] })] },
    'parameters.0.weights.0',
    /./,
  ],
  [
    'a condition on an unknown child',
    { parameters: [rate], conditions: [when('x', equals('rate', 0.1))] },
    'condition 0 on x',
    /no parameter x/,
  ],
  [
    'a condition on an unknown parent',
    { parameters: [rate], conditions: [when('rate', anyOf(equals('x', 1)))] },
    'condition 0 on rate',
    /no parameter x/,
  ],
  [
    'a condition on a value that is never there',
    {
      parameters: [optimizer, rate],
      conditions: [when('rate', oneOf('optimizer', ['sgd', 'rms']))],
    },
    'condition 0 on rate',
    /only be one of "adam", "sgd", never "rms"/,
  ],
  [
    'an order among choices',
    { parameters: [optimizer, rate], conditions: [when('rate', lessThan('optimizer', 'sgd'))] },
    'condition 0 on rate',
    /needs an order/,
  ],
  [
    'conditions in a circle',
    {
      parameters: [rate, layers, width],
      conditions: [
        when('layers', equals('width', 8)),
        when('width', allOf(greaterThan('layers', 2), greaterThan('rate', 0.01))),
      ],
    },
    'layers',
    /circle, layers on width on layers/,
  ],
  [
    'a parameter that is its own parent',
    { parameters: [layers], conditions: [when('layers', equals('layers', 2))] },
    'layers',
    /circle, layers on layers/,
  ],
  [
    'a forbidden value that is never there',
    { parameters: [layers], forbidden: [forbid(equals('layers', 9))] },
    'forbidden clause 0',
    /integer from 1 to 8, never 9/,
  ],
  [
    'a forbidden parameter that is not there',
    { parameters: [layers], forbidden: [forbid(equals('layers', 2)), forbid(equals('depth', 9))] },
    'forbidden clause 1',
    /no parameter depth/,
  ],
  [
    'a forbidden inequality',
    { parameters: [layers], forbidden: [forbid(notEquals('layers', 2))] },
    'forbidden clause 0',
    /forbid the other values/,
  ],
  [
    'a forbidden default',
    { parameters: [width, rate], forbidden: [forbid(equals('width', 8), lessThan('rate', 0.05))] },
    'forbidden clause 0',
    /default configuration/,
  ],
]

describe('parameterSpace', () => {
  it.each(faults)('refuses %s, naming the place', (_, definition, place, words) => {
    const refusal = { code: 'space/invalid-settings', details: { space: 'test', place } }
    const define = () => parameterSpace({ name: 'test', ...definition })
    expect(define).toThrow(expect.objectContaining(refusal))
    expect(define).toThrow(words)
    expect(define).toThrow(/^The parameter space test is wrong at .*[^.]$/s)
  })

  it('is JSON that its schema takes', () => {
    const space = parameterSpace({
      name: 'test',
      parameters: [optimizer, rate, momentum, layers, width],
      conditions: [when('momentum', equals('optimizer', 'sgd'))],
      forbidden: [forbid(equals('width', 32), greaterThan('layers', 4))],
    })
    expect(ParameterSpace.parse(JSON.parse(JSON.stringify(space)))).toEqual(space)
  })

  it('checks a space that came as JSON as soon as it is used', () => {
    const parameters = [layers, { ...layers, name: 'other', defaultValue: 99 }]
    const space = { name: 'test', parameters, conditions: [], forbidden: [] }
    expect(() => defaultConfiguration(space)).toThrow(/wrong at other: the default/)
  })

  it('has defaults in the middle of scales and at the likeliest choice', () => {
    expect(rate.defaultValue).toBe(0.001)
    expect(momentum.defaultValue).toBe(0.45)
    expect(integer('n', 16, 1024, { log: true }).defaultValue).toBe(128)
    expect(width.defaultValue).toBe(8)
    expect(categorical('c', ['a', 'b', 'c'], { weights: [1, 3, 3] }).defaultValue).toBe('b')
  })
})

describe('activity', () => {
  const space = parameterSpace({
    name: 'test',
    // Children stand before parents here: the order of writing does not matter.
    parameters: [momentum, constant('nesterov', true), optimizer, layers, rate, width],
    conditions: [
      when('momentum', equals('optimizer', 'sgd')),
      when('nesterov', greaterThan('momentum', 0.5)),
      when('rate', anyOf(lessThan('layers', 3), notEquals('momentum', 0))),
      when('width', greaterThan('layers', 2)),
      when('width', allOf(notEquals('optimizer', 'adam'), lessThan('layers', 5))),
    ],
  })

  it('puts parents before children', () => {
    const names = parameterModel(space).nodes.map(({ parameter }) => parameter.name)
    expect(names).toEqual(['optimizer', 'momentum', 'nesterov', 'layers', 'rate', 'width'])
  })

  it.each([
    [{ optimizer: 'adam', layers: 3 }, ['optimizer', 'layers']],
    [{ optimizer: 'adam', layers: 2 }, ['optimizer', 'layers', 'rate']],
    [{ optimizer: 'sgd', layers: 8, momentum: 0 }, ['optimizer', 'momentum', 'layers']],
    [
      { optimizer: 'sgd', layers: 4, momentum: 0.6 },
      ['optimizer', 'momentum', 'nesterov', 'layers', 'rate', 'width'],
    ],
    // A value that is not active makes nothing active.
    [{ optimizer: 'adam', layers: 4, momentum: 0.6 }, ['optimizer', 'layers']],
  ])('of %j is %j', (configuration, active) => {
    expect(activeParameters(space, configuration)).toEqual(active)
  })

  it('compares ordinals by their place, not by their value', () => {
    const sized = parameterSpace({
      name: 'test',
      parameters: [ordinal('size', ['large', 'small', 'none']), constant('tuned', 1)],
      conditions: [when('tuned', lessThan('size', 'none'))],
    })
    const isTuned = (size: string) => activeParameters(sized, { size }).includes('tuned')
    expect(['large', 'small', 'none'].map(isTuned)).toEqual([true, true, false])
  })

  it('takes names that every object has', () => {
    const odd = parameterSpace({
      name: 'test',
      parameters: [categorical('toString', ['a', 'b']), constant('__proto__', 1)],
      conditions: [when('__proto__', equals('toString', 'b'))],
    })
    expect(activeParameters(odd, {})).toEqual(['toString'])
    expect(Object.keys(defaultConfiguration(odd))).toEqual(['toString'])
    expect(activeParameters(odd, { toString: 'b' } as never)).toEqual(['toString', '__proto__'])
  })
})
