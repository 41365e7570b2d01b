export interface AdamSettings {
  readonly learningRate: number
  /** Decay rates of the moving averages of the gradient and of its square, 0 to below 1. */
  readonly firstDecay: number
  readonly secondDecay: number
  /** Added to the root, after the correction for the start. */
  readonly epsilon: number
  /** Share of the weights that is taken off, by its gradient or apart from it. */
  readonly weightDecay: number
  /** Whether the decay is apart from the gradient (AdamW) or added to it. */
  readonly isDecoupled: boolean
}

/** The defaults of the paper and of PyTorch. */
export const adamDefaults: AdamSettings = {
  learningRate: 1e-3,
  firstDecay: 0.9,
  secondDecay: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  isDecoupled: false,
}

export interface Adam {
  /** One step downhill, in place; the gradient is left as it is. */
  step(weights: Float64Array, gradient: Float64Array): void
}

/**
 * Adam, and AdamW with `isDecoupled`; both step as PyTorch's do.
 *
 * @see Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1; Loshchilov and
 *   Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
 */
export function createAdam(size: number, settings: AdamSettings): Adam {
  const { learningRate, firstDecay, secondDecay, epsilon, weightDecay, isDecoupled } = settings
  const first = new Float64Array(size)
  const second = new Float64Array(size)
  const kept = isDecoupled ? 1 - learningRate * weightDecay : 1
  const pull = isDecoupled ? 0 : weightDecay
  let stepCount = 0
  return {
    step(weights, gradient) {
      stepCount += 1
      const rate = learningRate / (1 - firstDecay ** stepCount)
      const rootShare = 1 / Math.sqrt(1 - secondDecay ** stepCount)
      for (let index = 0; index < size; index++) {
        const weight = weights[index] as number
        const slope = (gradient[index] as number) + pull * weight
        const mean = firstDecay * (first[index] as number) + (1 - firstDecay) * slope
        const square = secondDecay * (second[index] as number) + (1 - secondDecay) * slope * slope
        first[index] = mean
        second[index] = square
        weights[index] = kept * weight - (rate * mean) / (Math.sqrt(square) * rootShare + epsilon)
      }
    },
  }
}
