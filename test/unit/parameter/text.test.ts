import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import {
  categorical,
  constant,
  equals,
  float,
  integer,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { formatConfiguration, parseConfiguration } from '#src/parameter/text.ts'
import { Random } from '#src/random/random.ts'
import { anyParameterSpace } from '#test/fixtures/random-parameter-space.ts'

const space = parameterSpace({
  name: 'test',
  parameters: [
    float('rate', 1e-5, 0.1, { log: true }),
    integer('layers', 1, 4),
    categorical('task id', ['3945', 'two words', 'plain', '']),
    categorical('nesterov', [true, false, 'true']),
    constant('momentum', 0.9),
  ],
  conditions: [when('momentum', equals('nesterov', true))],
})

describe('formatConfiguration', () => {
  it('sorts by name, and quotes only what needs it', () => {
    const text = formatConfiguration({
      'task id': 'two words',
      rate: 1e-5,
      nesterov: true,
      momentum: 0.9,
      layers: 3,
    })
    expect(text).toBe('layers=3 momentum=0.9 nesterov=true rate=0.00001 "task id"="two words"')
    expect(formatConfiguration({ a: '3945', b: 'true', c: '', d: 1e-9, e: 'x.y-z' })).toBe(
      'a="3945" b="true" c="" d=1e-9 e=x.y-z',
    )
    expect(formatConfiguration({})).toBe('')
  })

  it('parses back in every space', () => {
    const spaces = anyParameterSpace({ floats: true, forbidden: true })
    fc.assert(
      fc.property(spaces, fc.nat(), (any, seed) => {
        const configuration = sampleConfiguration(any, Random.named(seed))
        const text = formatConfiguration(configuration)
        expect(text).toBe(text.trim())
        expect(text).not.toMatch(/[\n\r]/)
        expect(parseConfiguration(any, text)).toEqual(configuration)
      }),
      { numRuns: 150, seed: 20_260_404 },
    )
  })

  it('parses back whatever names and texts are', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (name, one, two) => {
        fc.pre(one !== two)
        const any = parameterSpace({ name: 'any', parameters: [categorical(name, [one, two])] })
        for (const value of [one, two]) {
          const text = formatConfiguration(Object.fromEntries([[name, value]]))
          expect(text).not.toMatch(/[\n\r]/)
          expect(Object.entries(parseConfiguration(any, text))).toEqual([[name, value]])
        }
      }),
      { numRuns: 500, seed: 20_260_405 },
    )
  })
})

describe('parseConfiguration', () => {
  const rest = 'nesterov=false rate=0.01 "task id"=plain'
  it.each([
    ['', 'rate', 'a number from', 'no value'],
    ['layers', 'pair 1', '"="', 'the end'],
    ['layers=', 'pair 1', '"=" and a value', '"="'],
    ['=3', 'pair 1', 'the name of a parameter', '"=3"'],
    [`layers=3  ${rest}`, 'pair 2', 'the name of a parameter', '" nesterov'],
    [`layers=3 ${rest} `, 'pair 4', 'one space and another pair', '" "'],
    [`layers=3,${rest}`, 'pair 1', 'the value as "3,nesterov"', '3,nesterov'],
    [`layers=03 ${rest}`, 'pair 1', 'the value as 3', '03'],
    [`layers=3.0 ${rest}`, 'pair 1', 'the value as 3', '3.0'],
    [`"layers"=3 ${rest}`, 'pair 1', 'the name as layers', 'layers'],
    [`layers="three ${rest}`, 'pair 1', 'one space and another pair', 'task id'],
    ['layers="three', 'pair 1', 'a value', '"\\"three'],
    ['layers=3 "task id=plain', 'pair 2', 'the name of a parameter', '"\\"task'],
    [`rate=0.01 layers=3`, 'pair 1', 'layers, as names are sorted', 'rate'],
    [`layers=3 layers=4 ${rest}`, 'layers', 'one value', 'two pairs'],
    [`depth=3 layers=3 ${rest}`, 'depth', 'the name of a parameter', 'does not have'],
    [`layers=5 ${rest}`, 'layers', 'an integer from 1 to 4', '5'],
    [`layers="3" ${rest}`, 'layers', 'an integer from 1 to 4', '"3"'],
    [`layers=3 momentum=0.9 ${rest}`, 'momentum', 'no value', '0.9'],
    [`layers=3 nesterov=false rate=0.01`, 'task id', 'one of "3945"', 'no value'],
  ])('refuses %j at %s', (text, place, expected, found) => {
    const parse = () => parseConfiguration(space, text)
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: {
          place,
          expected: expect.stringContaining(expected),
          found: expect.stringContaining(found),
        },
      }),
    )
    expect(parse).toThrow(/^The configuration is wrong at .*: expected .*, found .*[^.]$/s)
  })

  it('reads a damaged text as what it says, or refuses it', () => {
    const damage = fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(damage, ([seed, position, cut, inserted]) => {
        const text = formatConfiguration(sampleConfiguration(space, Random.named(seed)))
        const at = position % (text.length + 1)
        const damaged = text.slice(0, at) + inserted + text.slice(at + cut)
        try {
          const configuration = parseConfiguration(space, damaged)
          expect(formatConfiguration(configuration)).toBe(damaged)
          expect(configurationProblems(space, configuration)).toEqual([])
        } catch (error) {
          expect(error).toBeInstanceOf(ArchloomError)
          expect(error).toMatchObject({ code: 'space/invalid-architecture' })
        }
      }),
      { numRuns: 500, seed: 20_260_406 },
    )
  })

  it('reads damage where nothing is quoted as what it says, or refuses it', () => {
    const spaces = anyParameterSpace({ floats: true, forbidden: true })
    const damage = fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(spaces, damage, (any, [seed, position, cut, inserted]) => {
        const text = formatConfiguration(sampleConfiguration(any, Random.named(seed)))
        const at = position % (text.length + 1)
        const damaged = text.slice(0, at) + inserted + text.slice(at + cut)
        try {
          const configuration = parseConfiguration(any, damaged)
          expect(formatConfiguration(configuration)).toBe(damaged)
          expect(configurationProblems(any, configuration)).toEqual([])
        } catch (error) {
          expect(error).toMatchObject({ code: 'space/invalid-architecture' })
        }
      }),
      { numRuns: 1000, seed: 20_261_126 },
    )
  })

  it('does not take a text without a sign for a pair', () => {
    const any = parameterSpace({ name: 'any', parameters: [categorical('a', ['ab', 'b'])] })
    expect(() => parseConfiguration(any, 'ab')).toThrow(/at pair 1: expected "=" and a value/)
  })
})
