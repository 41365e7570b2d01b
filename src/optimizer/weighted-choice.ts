import type { Random } from '#src/random/random.ts'

/** An index, each as likely as its share; shares sum to 1. */
export function weightedChoice(shares: Float64Array, random: Random): number {
  let rest = random.uniform()
  const last = shares.length - 1
  for (let index = 0; index < last; index++) {
    rest -= shares[index] as number
    if (rest < 0) return index
  }
  return last
}
