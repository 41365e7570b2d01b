/** Losses of a batch of numbers, and their gradients. */

/**
 * The mean loss over the first `count` pairs.
 *
 * @param gradient - of the mean loss by each prediction, overwritten
 */
export type Loss = (
  predicted: Float64Array,
  targets: Float64Array,
  count: number,
  gradient: Float64Array,
) => number

/** `|p - y|`; no slope where they are equal. */
export const meanAbsoluteError: Loss = (predicted, targets, count, gradient) =>
  scaledAbsoluteError(() => 1)(predicted, targets, count, gradient)

/** `(p - y)²`. */
export const meanSquaredError: Loss = (predicted, targets, count, gradient) => {
  let sum = 0
  for (let index = 0; index < count; index++) {
    const difference = (predicted[index] as number) - (targets[index] as number)
    sum += difference * difference
    gradient[index] = (2 * difference) / count
  }
  return sum / count
}

/**
 * `|(p - L) / (y - L) - 1|`: errors near the lower bound weigh most.
 *
 * @param lowerBound - L, below every target
 * @see White et al. 2021, "BANANAS", section 3.
 */
export function meanAbsolutePercentageError(lowerBound: number): Loss {
  return scaledAbsoluteError((target) => 1 / (target - lowerBound))
}

function scaledAbsoluteError(weightOf: (target: number) => number): Loss {
  return (predicted, targets, count, gradient) => {
    let sum = 0
    for (let index = 0; index < count; index++) {
      const target = targets[index] as number
      const difference = (predicted[index] as number) - target
      const weight = weightOf(target)
      sum += Math.abs(difference) * weight
      gradient[index] = (Math.sign(difference) * weight) / count
    }
    return sum / count
  }
}
