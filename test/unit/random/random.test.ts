import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Random, type RandomState } from '#src/random/random.ts'
import {
  chiSquare,
  chiSquareLimit,
  chiSquareUniform,
  deviation,
  mean,
  shareError,
} from '#test/fixtures/statistics.ts'

/** Two-sided limit in standard errors; false-alarm rate one in a million. */
const limit = 4.9

function tally(size: number, draws: number, draw: () => number): number[] {
  const counts: number[] = Array(size).fill(0)
  for (let index = 0; index < draws; index++) {
    const at = draw()
    counts[at] = (counts[at] ?? Number.NaN) + 1
  }
  return counts
}

/** How often each of the indices 0 to `size - 1` occurs. */
function tallyOf(size: number, indices: readonly number[]): number[] {
  let position = 0
  return tally(size, indices.length, () => indices[position++] ?? Number.NaN)
}

/** The published C code of xoshiro128** 1.1, in unbounded integers. */
function reference(state: readonly bigint[]): () => number {
  const rotl = (x: bigint, k: bigint) => BigInt.asUintN(32, (x << k) | (x >> (32n - k)))
  let [a = 0n, b = 0n, c = 0n, d = 0n] = state
  return () => {
    const result = BigInt.asUintN(32, rotl(BigInt.asUintN(32, b * 5n), 7n) * 9n)
    const shifted = BigInt.asUintN(32, b << 9n)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotl(d, 11n)
    return Number(result)
  }
}

describe('the generator', () => {
  it('gives the published sequence for the state 1, 2, 3, 4', () => {
    const random = new Random([1, 2, 3, 4])
    // As the rand_xoshiro crate's tests have it, taken from the authors' C code.
    expect(Array.from({ length: 10 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ])
  })

  it('agrees with the reference code over a long run', () => {
    const random = new Random([0xdeadbeef, 0x12345678, 0x9abcdef0, 0x0badf00d])
    const expected = reference([0xdeadbeefn, 0x12345678n, 0x9abcdef0n, 0x0badf00dn])
    for (let draw = 0; draw < 5000; draw++) expect(random.uint32()).toBe(expected())
  })

  it('continues from its state, also through JSON', () => {
    const random = Random.named(1, 'state')
    for (let draw = 0; draw < 10; draw++) random.uint32()
    const copy = new Random(JSON.parse(JSON.stringify(random.state)) as RandomState)
    for (let draw = 0; draw < 10; draw++) expect(copy.uint32()).toBe(random.uint32())
  })

  it('sets every bit half the time', () => {
    const random = Random.named(2, 'bits')
    const draws = 20_000
    const ones: number[] = Array(32).fill(0)
    for (let draw = 0; draw < draws; draw++) {
      const word = random.uint32()
      for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((word >>> bit) & 1)
    }
    for (const count of ones) expect(shareError(count, draws, 0.5)).toBeLessThan(limit + 0.7)
  })
})

describe('named streams', () => {
  it('do not depend on what was drawn elsewhere before', () => {
    const first = Random.named('7', 'ask', 3)
    const other = Random.named('7', 'ask', 4)
    for (let draw = 0; draw < 100; draw++) other.uint32()
    const again = Random.named('7', 'ask', 3)
    for (let draw = 0; draw < 20; draw++) expect(again.uint32()).toBe(first.uint32())
  })

  it('take a seed as number or as decimal string alike', () => {
    expect(Random.named(42, 'x').state).toEqual(Random.named('42', 'x').state)
  })

  it('differ by seed, by purpose, by index, and by how the path is cut', () => {
    const names: [string | number, ...(string | number)[]][] = [
      [1],
      [2],
      [1, 'a'],
      [1, 'b'],
      [1, 'a', 0],
      [1, 'a', 1],
      [1, 'a', '1'],
      [1, 'a,1'],
      [1, 'a', 'b'],
      [1, 'ab'],
      ['1,"a"'],
      [12, 3],
      [1, 23],
    ]
    const states = names.map(([seed, ...path]) => Random.named(seed, ...path).state.join())
    expect(new Set(states).size).toBe(names.length)
  })

  it('are uniform across neighbouring indices', () => {
    const indices = Array.from({ length: 16_000 }, (_, trial) =>
      Random.named(5, 'trial', trial).int(16),
    )
    const counts = tallyOf(16, indices)
    expect(chiSquareUniform(counts)).toBeLessThan(chiSquareLimit(15))
  })

  it('split without moving, into streams that differ by name', () => {
    const random = Random.named(3, 'split')
    const before = random.state
    const children = ['a', 'b', 'c'].map((name) => random.split(name).uniform())
    expect(random.state).toEqual(before)
    expect(new Set(children).size).toBe(3)
    expect(random.split('a').uniform()).toBe(children[0])
    random.uint32()
    expect(random.split('a').uniform()).not.toBe(children[0])
  })
})

describe('draws', () => {
  it('uniform fills [0, 1) evenly and keeps its low bits', () => {
    const random = Random.named(10, 'uniform')
    const values = Array.from({ length: 50_000 }, () => random.uniform())
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    const bins = tallyOf(
      100,
      values.map((value) => Math.floor(value * 100)),
    )
    expect(chiSquareUniform(bins)).toBeLessThan(chiSquareLimit(99))
    expect(Math.abs(mean(values) - 0.5) * Math.sqrt(12 * values.length)).toBeLessThan(limit)
    const odd = values.filter((value) => (value * 2 ** 53) % 2 === 1).length
    expect(shareError(odd, values.length, 0.5)).toBeLessThan(limit)
  })

  it.each([1, 2, 3, 5, 7, 10, 100])('int(%i) takes each value equally often', (count) => {
    const random = Random.named(11, 'int', count)
    const counts = tally(count, 200 * count, () => random.int(count))
    expect(counts).toHaveLength(count)
    if (count > 1) expect(chiSquareUniform(counts)).toBeLessThan(chiSquareLimit(count - 1))
    else expect(counts).toEqual([200])
  })

  it('int has no modulo bias where it would be plain to see', () => {
    // Without rejection a third of the range, [0, 2^30), would come twice as often as the rest.
    const count = 3 * 2 ** 30
    const random = Random.named(12, 'bias')
    const thirds = tally(3, 30_000, () => Math.floor(random.int(count) / 2 ** 30))
    expect(chiSquareUniform(thirds)).toBeLessThan(chiSquareLimit(2))
  })

  it('int covers the whole 32-bit range', () => {
    const random = Random.named(13, 'range')
    const plain = Random.named(13, 'range')
    for (let draw = 0; draw < 100; draw++) expect(random.int(2 ** 32)).toBe(plain.uint32())
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])('int refuses the count %d', (count) => {
    expect(() => Random.named(0).int(count)).toThrow(
      `Random.int needs a count from 1 to 2^32, not ${count}`,
    )
  })

  it.each([0, 0.1, 0.5, 0.97, 1])('bernoulli(%d) is true that often', (probability) => {
    const random = Random.named(14, 'bernoulli', probability)
    const draws = 20_000
    let hits = 0
    for (let draw = 0; draw < draws; draw++) if (random.bernoulli(probability)) hits += 1
    if (probability === 0 || probability === 1) expect(hits).toBe(draws * probability)
    else expect(shareError(hits, draws, probability)).toBeLessThan(limit)
  })

  it('normal has the moments and the quantiles of a standard normal', () => {
    const random = Random.named(15, 'normal')
    const draws = 50_000
    const values = Array.from({ length: draws }, () => random.normal())
    expect(Math.abs(mean(values)) * Math.sqrt(draws)).toBeLessThan(limit)
    // Variances of the sample variance, third and fourth moments: 2/n, 15/n, 96/n.
    expect((Math.abs(deviation(values) ** 2 - 1) * Math.sqrt(draws)) / Math.sqrt(2)).toBeLessThan(
      limit,
    )
    const moment = (power: number) => mean(values.map((value) => value ** power))
    expect((Math.abs(moment(3)) * Math.sqrt(draws)) / Math.sqrt(15)).toBeLessThan(limit)
    expect((Math.abs(moment(4) - 3) * Math.sqrt(draws)) / Math.sqrt(96)).toBeLessThan(limit)
    // Octiles of the standard normal.
    const octiles = [-1.150349, -0.67449, -0.318639, 0, 0.318639, 0.67449, 1.150349]
    const bins = tallyOf(
      8,
      values.map((value) => octiles.filter((octile) => octile < value).length),
    )
    expect(chiSquareUniform(bins)).toBeLessThan(chiSquareLimit(7))
  })

  it('normal draws one after the other are independent', () => {
    const random = Random.named(16, 'pairs')
    const products = Array.from({ length: 50_000 }, () => random.normal() * random.normal())
    expect(Math.abs(mean(products)) * Math.sqrt(products.length)).toBeLessThan(limit)
  })

  it('pick takes each item equally often and refuses an empty list', () => {
    const random = Random.named(17, 'pick')
    const counts = tally(5, 5000, () => random.pick([0, 1, 2, 3, 4]))
    expect(chiSquareUniform(counts)).toBeLessThan(chiSquareLimit(4))
    expect(() => random.pick([])).toThrow('at least one item')
  })
})

describe('subsets and orders', () => {
  it('distinct draws every ordered pair equally often', () => {
    const random = Random.named(20, 'distinct')
    const counts = tally(20, 10_000, () => {
      const [first = 0, second = 0] = random.distinct(2, 5)
      expect(second).not.toBe(first)
      return first * 4 + (second > first ? second - 1 : second)
    })
    expect(chiSquareUniform(counts)).toBeLessThan(chiSquareLimit(19))
  })

  it('distinct draws as many as asked for, all below the total, without repeats', () => {
    const random = Random.named(21, 'distinct')
    for (const [count, total] of [
      [0, 0],
      [0, 5],
      [1, 1],
      [5, 5],
      [100, 100],
      [10, 2 ** 31],
    ] as const) {
      const drawn = random.distinct(count, total)
      expect(new Set(drawn).size).toBe(count)
      for (const item of drawn) {
        expect(item).toBeGreaterThanOrEqual(0)
        expect(item).toBeLessThan(total)
      }
    }
    expect(() => random.distinct(3, 2)).toThrow('Cannot draw 3 distinct integers below 2')
  })

  it('shuffle gives every order equally often and leaves its input', () => {
    const random = Random.named(22, 'shuffle')
    const items = ['a', 'b', 'c', 'd']
    const counts = new Map<string, number>()
    for (let draw = 0; draw < 12_000; draw++) {
      const key = random.shuffle(items).join('')
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(items).toEqual(['a', 'b', 'c', 'd'])
    expect(counts.size).toBe(24)
    expect(chiSquareUniform([...counts.values()])).toBeLessThan(chiSquareLimit(23))
    expect(random.shuffle([])).toEqual([])
  })

  it('waits between equal draws as long as a geometric law says', () => {
    const random = Random.named(23, 'gaps')
    const gaps: number[] = Array(10).fill(0)
    let gap = 0
    for (let found = 0; found < 5000; ) {
      if (random.int(4) !== 0) {
        gap += 1
        continue
      }
      gaps[Math.min(gap, 9)] = (gaps[Math.min(gap, 9)] ?? 0) + 1
      found += 1
      gap = 0
    }
    const expected = gaps.map((_, length) =>
      length < 9 ? 5000 * 0.25 * 0.75 ** length : 5000 * 0.75 ** 9,
    )
    expect(chiSquare(gaps, expected)).toBeLessThan(chiSquareLimit(9))
  })
})

interface StreamVector {
  readonly seed: string
  readonly path: readonly (string | number)[]
  readonly draws: StreamDraws
}

interface StreamDraws {
  readonly uint32: readonly number[]
  readonly uniform: readonly number[]
  readonly int10: readonly number[]
  readonly normal: readonly number[]
  readonly distinct: readonly number[]
  readonly shuffled: readonly string[]
  readonly split: readonly number[]
}

describe('recorded streams', () => {
  const path = new URL('../../vectors/random/streams.json', import.meta.url)
  const record = JSON.parse(readFileSync(path, 'utf8')) as { streams: readonly StreamVector[] }

  it.each(record.streams)('of seed $seed and path $path are what they were', (vector) => {
    const stream = () => Random.named(vector.seed, ...vector.path)
    const take = <T>(count: number, draw: (random: Random) => T): T[] => {
      const random = stream()
      return Array.from({ length: count }, () => draw(random))
    }
    const { normal, ...exact } = vector.draws
    expect({
      uint32: take(4, (random) => random.uint32()),
      uniform: take(3, (random) => random.uniform()),
      int10: take(12, (random) => random.int(10)),
      distinct: stream().distinct(5, 20),
      shuffled: stream().shuffle(['a', 'b', 'c', 'd', 'e', 'f']),
      split: take(2, (random) => random.split('child', 1).uint32()),
    }).toEqual(exact)
    // Logarithm and cosine may differ in the last bit from one V8 to the next.
    const drawn = take(3, (random) => random.normal())
    expect(drawn).toHaveLength(normal.length)
    for (const [index, value] of normal.entries()) expect(drawn[index]).toBeCloseTo(value, 12)
  })
})
