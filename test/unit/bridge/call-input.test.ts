import { describe, expect, test } from 'vitest'
import {
  checkFunctionName,
  checkInput,
  checkMethodName,
  checkSeed,
} from '#src/bridge/call-input.ts'

describe('input', () => {
  test('of plain values goes as it is', () => {
    const input = { a: [1, 'x', null, { b: true, c: undefined }], d: -0.5 }
    expect(checkInput('f', input)).toBe(input)
  })

  test.each([
    [{ a: Number.NaN }, 'has NaN at a, which JSON cannot carry; give a finite number'],
    [{ a: [{ b: Infinity }] }, 'has Infinity at a.0.b'],
    [{ a: 10n }, 'has a bigint at a'],
    [{ a: [1, undefined] }, 'has nothing at place 1 of a, which JSON cannot carry; give null'],
    [{ a: () => 1 }, 'has a function at a'],
    [{ a: new Float32Array(2) }, 'has a typed array at a; give it among the tensors'],
    [{ a: new Map() }, 'has a Map at a, expected plain values'],
    [{ a: new Date(0) }, 'has a Date at a'],
    [{ a: '\ud800' }, 'has a text that is no Unicode at a'],
  ])('of %s is refused with its place', (input, message) => {
    expect(() => checkInput('team:train', input)).toThrow(`The input of team:train ${message}`)
  })
})

test.each(['train', 'team.train', 'team:', ':train', 'team:a.b', 'team:_x', 'te am:x', ''])(
  '%j names no function',
  (name) => {
    expect(() => checkFunctionName(name)).toThrow('expected module:function')
  },
)

test('public names are those of functions and methods', () => {
  expect(checkFunctionName('team.training:train')).toBe('team.training:train')
  expect(checkMethodName('predict')).toBe('predict')
  expect(() => checkMethodName('__class__')).toThrow('names no method that can be called')
})

test('a seed is a whole number in any form', () => {
  expect([checkSeed(7), checkSeed(2n ** 70n), checkSeed('12')]).toEqual([
    '7',
    '1180591620717411303424',
    '12',
  ])
  for (const seed of [-1, 0.5, 1e21, 'x']) expect(() => checkSeed(seed)).toThrow('whole number')
})
