import { hash } from 'node:crypto'
import { ArchloomError } from '#src/errors.ts'

/** Four 32-bit words: the whole state of a generator, JSON-able. */
export type RandomState = readonly [number, number, number, number]

/**
 * A seeded stream of random draws.
 *
 * @remarks
 * Streams are named, not shared: `Random.named(seed, 'ask', 17)` is the same stream in every run of
 * that seed, whatever was drawn elsewhere before it. Whoever needs draws is handed a stream of its
 * own, so no draw depends on the order in which concurrent parts call, and no state needs saving.
 *
 * The generator is xoshiro128** 1.1, seeded by SHA-256 of the name.
 * @see Blackman and Vigna 2021, "Scrambled Linear Pseudorandom Number Generators", section 4.
 */
export class Random {
  // As signed words, which the engine keeps as small integers.
  #a: number
  #b: number
  #c: number
  #d: number

  constructor([a, b, c, d]: RandomState) {
    this.#a = a | 0
    this.#b = b | 0
    this.#c = c | 0
    this.#d = d | 0
  }

  /**
   * The stream of a run's seed that serves one purpose.
   *
   * @param seed - the run's seed, a decimal string or a safe non-negative integer
   * @param path - purpose and indices, such as `'ask', 17`
   */
  static named(seed: string | number, ...path: readonly (string | number)[]): Random {
    const digest = hash('sha256', JSON.stringify([String(seed), ...path]), 'buffer')
    return new Random([
      digest.readUInt32LE(0),
      digest.readUInt32LE(4),
      digest.readUInt32LE(8),
      // An all-zero state would never leave zero; one set bit rules it out.
      (digest.readUInt32LE(12) | 1) >>> 0,
    ])
  }

  get state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0]
  }

  /** A stream of its own, derived from this one's state and a name; this one does not move. */
  split(...path: readonly (string | number)[]): Random {
    return Random.named(this.state.join('.'), ...path)
  }

  /** Uniform over the integers 0 to 2^32 - 1. */
  uint32(): number {
    const [a, b, c, d] = [this.#a, this.#b, this.#c ^ this.#a, this.#d ^ this.#b]
    const product = Math.imul(b, 5)
    this.#a = a ^ d
    this.#b = b ^ c
    this.#c = c ^ (b << 9)
    this.#d = (d << 11) | (d >>> 21)
    return Math.imul((product << 7) | (product >>> 25), 9) >>> 0
  }

  /** Uniform on [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5
    const low = this.uint32() >>> 6
    return (high * 0x4000000 + low) / 0x20000000000000
  }

  /** Uniform over the integers 0 to `count - 1`, without modulo bias; `count` from 1 to 2^32. */
  int(count: number): number {
    if (!Number.isInteger(count) || count < 1 || count > 0x100000000) {
      throw new ArchloomError(
        'internal/invariant',
        `Random.int needs a count from 1 to 2^32, not ${count}`,
      )
    }
    for (;;) {
      const draw = this.uint32()
      // Only the last few draws can be of the multiple of `count` that is cut off.
      if (draw <= 0x100000000 - count || draw < limitOf(count)) return draw % count
    }
  }

  /** True with the given probability. */
  bernoulli(probability: number): boolean {
    return this.uniform() < probability
  }

  /** Standard normal, by the Box-Muller transform. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** One item, uniformly. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) {
      throw new ArchloomError('internal/invariant', 'Random.pick needs at least one item')
    }
    return items[this.int(items.length)] as T
  }

  /** `count` distinct integers below `total`, each subset equally likely, in random order. */
  distinct(count: number, total: number): number[] {
    if (count > total) {
      throw new ArchloomError(
        'internal/invariant',
        `Cannot draw ${count} distinct integers below ${total}`,
      )
    }
    // Sparse Fisher-Yates: only the positions touched are stored.
    const moved = new Map<number, number>()
    return Array.from({ length: count }, (_, position) => {
      const other = position + this.int(total - position)
      const drawn = moved.get(other) ?? other
      moved.set(other, moved.get(position) ?? position)
      return drawn
    })
  }

  /** The items in uniformly random order; the input is left as it is. */
  shuffle<T>(items: readonly T[]): T[] {
    return this.distinct(items.length, items.length).map((index) => items[index] as T)
  }
}

/** The largest multiple of a count that 2^32 holds. */
function limitOf(count: number): number {
  return 0x100000000 - (0x100000000 % count)
}
