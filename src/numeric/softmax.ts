/** Distributions over a few values from one number each, their logarithm up to a constant. */

/** Written over `shares`: `exp(logit) / Σ exp(logit)`; -Infinity masks a value out. */
export function softmax(logits: Float64Array, shares: Float64Array): void {
  let highest = Number.NEGATIVE_INFINITY
  for (let index = 0; index < logits.length; index++) {
    highest = Math.max(highest, logits[index] as number)
  }
  let total = 0
  for (let index = 0; index < logits.length; index++) {
    const share = Math.exp((logits[index] as number) - highest)
    shares[index] = share
    total += share
  }
  for (let index = 0; index < logits.length; index++) {
    shares[index] = (shares[index] as number) / total
  }
}

/** `-Σ p log p`, in nats. */
export function entropy(shares: Float64Array): number {
  let sum = 0
  for (let index = 0; index < shares.length; index++) {
    const share = shares[index] as number
    if (share > 0) sum -= share * Math.log(share)
  }
  return sum
}

/**
 * The cross-entropy of a class, `-log p[target]`.
 *
 * @param gradient - of it by each logit, overwritten: `p - 1[target]`
 */
export function crossEntropy(logits: Float64Array, target: number, gradient: Float64Array): number {
  softmax(logits, gradient)
  const share = gradient[target] as number
  gradient[target] = share - 1
  return -Math.log(share)
}

/** Adds `scale` times the gradient of the entropy by each logit: `-p (log p + entropy)`. */
export function addEntropyGradient(
  shares: Float64Array,
  scale: number,
  gradient: Float64Array,
): void {
  const own = entropy(shares)
  for (let index = 0; index < shares.length; index++) {
    const share = shares[index] as number
    if (share === 0) continue
    gradient[index] = (gradient[index] as number) - scale * share * (Math.log(share) + own)
  }
}
