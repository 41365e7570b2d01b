import { describe, expect, it } from 'vitest'
import {
  categorical,
  equals,
  float,
  integer,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import { isListable, listConfigurations } from '#src/parameter/list.ts'
import type { ParameterSpace } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { formatConfiguration } from '#src/parameter/text.ts'

function byText(space: ParameterSpace) {
  return new Map(
    listConfigurations(space).map(({ configuration, probability }) => [
      formatConfiguration(configuration),
      probability,
    ]),
  )
}

describe('the list of a parameter space', () => {
  const choice = categorical('choice', ['a', 'b', 'c'], { weights: [2, 1, 1] })
  const child = ordinal('child', [1, 2, 4])
  const space = parameterSpace({
    name: 'small',
    parameters: [child, choice, integer('size', 1, 2, { log: true })],
    conditions: [when('child', equals('choice', 'a'))],
    forbidden: [
      { parts: [equals('choice', 'b'), equals('size', 2)] },
      { parts: [equals('child', 4), equals('size', 1)] },
    ],
  })

  it('gives forbidden draws to all others in proportion', () => {
    // Of [0.5, 2.5] on a logarithmic scale, what rounds to 1.
    const one = Math.log(3) / Math.log(5)
    const [two, kept] = [1 - one, 1 - (1 - one) / 4 - one / 6]
    const expected = [
      ['child=1 choice=a size=1', one / 6 / kept],
      ['child=1 choice=a size=2', two / 6 / kept],
      ['child=2 choice=a size=1', one / 6 / kept],
      ['child=2 choice=a size=2', two / 6 / kept],
      ['child=4 choice=a size=2', two / 6 / kept],
      ['choice=b size=1', one / 4 / kept],
      ['choice=c size=1', one / 4 / kept],
      ['choice=c size=2', two / 4 / kept],
    ] as const
    const found = byText(space)
    expect([...found.keys()].sort()).toEqual(expected.map(([text]) => text))
    for (const [text, probability] of expected) expect(found.get(text)).toBeCloseTo(probability, 12)
  })

  it('is every combination of values without problems', () => {
    const brute = ['a', 'b', 'c'].flatMap((letter) =>
      [1, 2].flatMap((size) =>
        [{}, { child: 1 }, { child: 2 }, { child: 4 }].map((more) => ({
          choice: letter,
          size,
          ...more,
        })),
      ),
    )
    const allowed = brute.filter((one) => configurationProblems(space, one).length === 0)
    expect([...byText(space).keys()].sort()).toEqual(allowed.map(formatConfiguration).sort())
  })

  it('is made of spaces of up to 100,000 without an active float', () => {
    const of = (...parameters: ParameterSpace['parameters']) =>
      isListable(parameterSpace({ name: 'other', parameters }))
    expect(of(integer('one', 1, 100_000))).toBe(true)
    expect(of(integer('one', 1, 100_001))).toBe(false)
    expect(of(integer('one', 1, 1000), integer('other', 1, 100))).toBe(true)
    expect(of(integer('one', 1, 1000), integer('other', 1, 101))).toBe(false)
    expect(of(choice, float('rate', 0, 1))).toBe(false)
    const { length } = listConfigurations(
      parameterSpace({
        name: 'many',
        parameters: [integer('one', 1, 1000), integer('two', 1, 100)],
      }),
    )
    expect(length).toBe(100_000)
  })
})
