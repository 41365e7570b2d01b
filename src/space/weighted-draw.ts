import type { Random } from '#src/random/random.ts'

/** A position with a probability of exactly its weight over the sum; at least one weight above 0. */
export function weightedDraw(weights: readonly bigint[], random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  let draw = uniformBelow(total, random)
  return weights.findIndex((weight) => {
    if (draw < weight) return true
    draw -= weight
    return false
  })
}

/** Uniform over the integers from 0 to `bound - 1`: bits, drawn again while they are too large. */
export function uniformBelow(bound: bigint, random: Random): bigint {
  const bits = (bound - 1n).toString(2).length
  for (;;) {
    let draw = 0n
    for (let filled = 0; filled < bits; filled += 32) draw = (draw << 32n) | BigInt(random.uint32())
    draw = BigInt.asUintN(bits, draw)
    if (draw < bound) return draw
  }
}
