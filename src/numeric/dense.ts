/**
 * Dense layers on batches. A matrix lies row by row in a flat array; a layer's row for an output is
 * its bias, then a weight for each input.
 */

/** Weights and their gradient: `outputs x (1 + inputs)` each, views into the arrays of a net. */
export interface Dense {
  readonly inputs: number
  readonly outputs: number
  readonly weights: Float64Array
  readonly gradient: Float64Array
}

/** Numbers of a layer. */
export function denseSize(inputs: number, outputs: number): number {
  return outputs * (1 + inputs)
}

/**
 * `y = x Wᵀ + b`.
 *
 * @param x - `count x inputs`
 * @param y - `count x outputs`, overwritten
 */
export function denseForward(layer: Dense, x: Float64Array, count: number, y: Float64Array): void {
  const { inputs, outputs, weights } = layer
  for (let row = 0; row < count; row++) {
    for (let output = 0; output < outputs; output++) {
      const start = output * (1 + inputs)
      let sum = weights[start] as number
      for (let input = 0; input < inputs; input++) {
        sum += (weights[start + 1 + input] as number) * (x[row * inputs + input] as number)
      }
      y[row * outputs + output] = sum
    }
  }
}

/** A batch that went through a layer and comes back. */
export interface DenseBatch {
  readonly count: number
  /** What the layer was given: `count x inputs`. */
  readonly x: Float64Array
  /** Gradient of its outputs: `count x outputs`. */
  readonly dy: Float64Array
}

/** Adds the gradient of the weights, summed over the batch, to `layer.gradient`. */
export function addDenseGradient(layer: Dense, { count, x, dy }: DenseBatch): void {
  const { inputs, outputs, gradient } = layer
  for (let row = 0; row < count; row++) {
    for (let output = 0; output < outputs; output++) {
      const slope = dy[row * outputs + output] as number
      if (slope === 0) continue
      const start = output * (1 + inputs)
      gradient[start] = (gradient[start] as number) + slope
      for (let input = 0; input < inputs; input++) {
        const at = start + 1 + input
        gradient[at] = (gradient[at] as number) + slope * (x[row * inputs + input] as number)
      }
    }
  }
}

/** The gradient of the inputs, `count x inputs`, overwritten: `dx = dy W`. */
export function denseBackward(
  layer: Dense,
  dy: Float64Array,
  count: number,
  dx: Float64Array,
): void {
  const { inputs, outputs, weights } = layer
  dx.fill(0, 0, count * inputs)
  for (let row = 0; row < count; row++) {
    for (let output = 0; output < outputs; output++) {
      const slope = dy[row * outputs + output] as number
      if (slope === 0) continue
      const start = output * (1 + inputs) + 1
      for (let input = 0; input < inputs; input++) {
        const at = row * inputs + input
        dx[at] = (dx[at] as number) + slope * (weights[start + input] as number)
      }
    }
  }
}
