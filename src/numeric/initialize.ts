/** First values of weights. */
import type { Random } from '#src/random/random.ts'

/**
 * Draws weights uniformly within ±sqrt(6 / (inputs + outputs)), so that neither activations nor
 * gradients grow from layer to layer.
 *
 * @param weights - changed in place
 * @see Glorot and Bengio 2010, "Understanding the Difficulty of Training Deep Feedforward Neural
 *   Networks", equation 16.
 */
export function glorotUniform(
  weights: Float64Array,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  random: Random,
): void {
  uniformWithin(weights, Math.sqrt(6 / (inputs + outputs)), random)
}

/** Draws weights uniformly within ±limit, in place. */
export function uniformWithin(weights: Float64Array, limit: number, random: Random): void {
  for (let index = 0; index < weights.length; index++) {
    weights[index] = (2 * random.uniform() - 1) * limit
  }
}
