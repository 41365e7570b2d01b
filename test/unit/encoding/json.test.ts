import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import { canonicalJson } from '#src/encoding/json.ts'

describe('canonical JSON', () => {
  it.each([
    [null, 'null'],
    [true, 'true'],
    ['', '""'],
    [[], '[]'],
    [{}, '{}'],
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [{ b: { d: 1, c: [{ f: 1, e: 2 }] }, a: null }, '{"a":null,"b":{"c":[{"e":2,"f":1}],"d":1}}'],
    [[3, 1, 2], '[3,1,2]'],
    // Integer-like keys come first in JavaScript's own order; not here.
    [{ b: 1, 10: 2, 9: 3 }, '{"10":2,"9":3,"b":1}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [-0, '0'],
    [[-0, 0.1, 1e21, 1e-7, 100000000000000000000], '[0,0.1,1e+21,1e-7,100000000000000000000]'],
    [5e-324, '5e-324'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['a "b" \\ / \n\t\u0001', '"a \\"b\\" \\\\ / \\n\\t\\u0001"'],
    ['größe 面 😀', '"größe 面 😀"'],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  it('sorts keys by UTF-16 code unit, as RFC 8785 section 3.2.3 does', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    const order = Object.values(JSON.parse(canonicalJson(value)) as object)
    expect(canonicalJson(value).indexOf('\ud83d\ude00')).toBeLessThan(
      canonicalJson(value).indexOf('\ufb33'),
    )
    // `1` is an integer-like key, which JavaScript moves to the front when it reads.
    expect(order).toEqual([
      'One',
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  it.each([
    [Number.NaN, 'the number NaN'],
    [Number.POSITIVE_INFINITY, 'the number Infinity'],
    [{ deep: [{ loss: Number.NEGATIVE_INFINITY }] }, 'the number -Infinity'],
    [1n, 'a bigint'],
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
    [undefined, 'a undefined'],
    [[undefined], 'a undefined'],
  ])('refuses %s', (value, found) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({
        code: 'internal/invariant',
        message: `Canonical JSON cannot carry ${found}`,
      }),
    )
  })

  it('reads back as the value, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const copy = JSON.parse(JSON.stringify(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(copy)
        expect(canonicalJson(copy)).toBe(canonicalJson(value))
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse())
        expect(canonicalJson(reversed)).toBe(canonicalJson(value))
      }),
      { seed: 2, numRuns: 300 },
    )
  })
})

describe('hashes', () => {
  it('are SHA-256 of the UTF-8 bytes', () => {
    // FIPS 180-2, appendix B.1, and the empty message.
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(sha256('größe')).toBe(sha256(new TextEncoder().encode('größe')))
  })

  it('of content are those of its canonical JSON', () => {
    expect(contentHash({ b: 1, a: [null] })).toBe(sha256('{"a":[null],"b":1}'))
    expect(contentHash({ a: 1, b: 2 })).toBe(contentHash({ b: 2, a: 1 }))
    expect(contentHash({ a: -0 })).toBe(contentHash({ a: 0 }))
    expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]))
    expect(contentHash({ a: '1' })).not.toBe(contentHash({ a: 1 }))
  })
})
