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
} from '#src/parameter/define.ts'
import { forbiddenWords, parameterWords, testWords } from '#src/parameter/words.ts'

describe('testWords', () => {
  it.each([
    [equals('a', 'x'), 'a = "x"'],
    [notEquals('a', true), 'a ≠ true'],
    [oneOf('a', [1, 2]), 'a in [1,2]'],
    [allOf(lessThan('a', 3)), 'a < 3'],
    [allOf(lessThan('a', 3), anyOf(equals('b', 1))), 'a < 3 and b = 1'],
    [
      anyOf(equals('b', 1), allOf(lessThan('a', 3), greaterThan('a', 1))),
      'b = 1 or (a < 3 and a > 1)',
    ],
    [anyOf(equals('b', 1), anyOf(equals('b', 2), equals('c', 3))), 'b = 1 or b = 2 or c = 3'],
  ])('of %j is %s', (test, words) => {
    expect(testWords(test)).toBe(words)
  })
})

describe('parameterWords', () => {
  it.each([
    [
      categorical('p', ['a', 1], { weights: [1, 2] }),
      'categorical, one of "a", 1, weights 1, 2; default 1',
    ],
    [ordinal('p', [8, 16]), 'ordinal, one of 8, 16; default 8'],
    [integer('p', 1, 4), 'integer from 1 to 4; default 3'],
    [float('p', 1e-5, 0.1, { log: true }), 'float from 0.00001 to 0.1, log; default 0.001'],
    [constant('p', 'fixed'), 'constant "fixed"'],
    [
      ordinal(
        'p',
        Array.from({ length: 15 }, (_, index) => index),
      ),
      'ordinal, one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more; default 0',
    ],
  ])('of %j is %s', (parameter, words) => {
    expect(parameterWords(parameter)).toBe(words)
  })
})

describe('forbiddenWords', () => {
  it('joins the parts', () => {
    expect(forbiddenWords(forbid(equals('a', 1), greaterThan('b', 2)))).toBe('a = 1 and b > 2')
  })
})
