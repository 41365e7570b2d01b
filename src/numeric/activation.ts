/** Functions on every unit of a layer; what their gradients need is their own output. */

export const activations = ['identity', 'relu', 'tanh', 'sigmoid'] as const
export type Activation = (typeof activations)[number]

/** Replaces the first `length` values by their activation. */
export function activate(activation: Activation, values: Float64Array, length: number): void {
  switch (activation) {
    case 'identity':
      return
    case 'relu':
      for (let index = 0; index < length; index++) {
        if ((values[index] as number) < 0) values[index] = 0
      }
      return
    case 'tanh':
      for (let index = 0; index < length; index++)
        values[index] = Math.tanh(values[index] as number)
      return
    case 'sigmoid':
      for (let index = 0; index < length; index++) values[index] = sigmoid(values[index] as number)
  }
}

/** Multiplies the gradient of the outputs by the activation's slope, in place. */
export function activateBackward(
  activation: Activation,
  outputs: Float64Array,
  gradient: Float64Array,
  length: number,
): void {
  if (activation === 'identity') return
  for (let index = 0; index < length; index++) {
    gradient[index] = (gradient[index] as number) * slope(activation, outputs[index] as number)
  }
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/** Of the activation where it has this output; at the kink of relu 0. */
function slope(activation: Exclude<Activation, 'identity'>, output: number): number {
  if (activation === 'relu') return output > 0 ? 1 : 0
  return activation === 'tanh' ? 1 - output * output : output * (1 - output)
}
