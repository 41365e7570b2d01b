import type { Random } from '#src/random/random.ts'
import { type Activation, activate, activateBackward } from './activation.ts'
import { addDenseGradient, type Dense, denseBackward, denseForward, denseSize } from './dense.ts'
import { glorotUniform } from './initialize.ts'

export interface MlpShape {
  /** Units of each layer, inputs first: at least two numbers. */
  readonly sizes: readonly number[]
  /** Of the hidden layers; the last layer is linear. */
  readonly activation: Activation
}

/** A multi-layer perceptron with memory for batches of up to `batchSize` rows. */
export interface Mlp extends MlpShape {
  /** All layers, one behind the other, each as `dense.ts` has it. */
  readonly weights: Float64Array
  /** In the same order; `backward` adds to it. */
  readonly gradient: Float64Array
  /**
   * @param inputs - `count x sizes[0]`
   * @returns `count x sizes.at(-1)`, valid until the next call
   */
  forward(inputs: Float64Array, count: number): Float64Array
  /** Adds the gradient of the batch that went forward last; `outputGradient` as `forward` returns. */
  backward(outputGradient: Float64Array): void
}

export function mlpSize(sizes: readonly number[]): number {
  return layerSizes(sizes).reduce((sum, { inputs, outputs }) => sum + denseSize(inputs, outputs), 0)
}

/** Weights after Glorot and Bengio, biases of 0. */
export function glorotMlp(sizes: readonly number[], random: Random): Float64Array {
  const weights = new Float64Array(mlpSize(sizes))
  let start = 0
  for (const { inputs, outputs } of layerSizes(sizes)) {
    for (let output = 0; output < outputs; output++) {
      glorotUniform(weights.subarray(start + 1, start + 1 + inputs), { inputs, outputs }, random)
      start += 1 + inputs
    }
  }
  return weights
}

/** @param weights - not copied: who changes them changes the net */
export function createMlp(shape: MlpShape, weights: Float64Array, batchSize: number): Mlp {
  const { sizes, activation } = shape
  const gradient = new Float64Array(weights.length)
  const layers = denseLayers(sizes, weights, gradient)
  const outputs = layers.map((layer) => new Float64Array(batchSize * layer.outputs))
  const slopes = layers.map((layer) => new Float64Array(batchSize * layer.outputs))
  let batch: { readonly inputs: Float64Array; readonly count: number } = {
    inputs: new Float64Array(0),
    count: 0,
  }
  const activationOf = (index: number): Activation =>
    index + 1 < layers.length ? activation : 'identity'

  function forward(inputs: Float64Array, count: number): Float64Array {
    batch = { inputs, count }
    let x = inputs
    for (let index = 0; index < layers.length; index++) {
      const layer = layers[index] as Dense
      const y = outputs[index] as Float64Array
      denseForward(layer, x, count, y)
      activate(activationOf(index), y, count * layer.outputs)
      x = y
    }
    return x
  }

  function backward(outputGradient: Float64Array): void {
    const { inputs, count } = batch
    let dy = outputGradient
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = layers[index] as Dense
      activateBackward(
        activationOf(index),
        outputs[index] as Float64Array,
        dy,
        count * layer.outputs,
      )
      const x = index > 0 ? (outputs[index - 1] as Float64Array) : inputs
      addDenseGradient(layer, { count, x, dy })
      if (index === 0) return
      const dx = slopes[index - 1] as Float64Array
      denseBackward(layer, dy, count, dx)
      dy = dx
    }
  }

  return { ...shape, weights, gradient, forward, backward }
}

function layerSizes(sizes: readonly number[]) {
  return sizes.slice(1).map((outputs, index) => ({ inputs: sizes[index] ?? 0, outputs }))
}

function denseLayers(
  sizes: readonly number[],
  weights: Float64Array,
  gradient: Float64Array,
): readonly Dense[] {
  let start = 0
  return layerSizes(sizes).map(({ inputs, outputs }) => {
    const end = start + denseSize(inputs, outputs)
    const layer = {
      inputs,
      outputs,
      weights: weights.subarray(start, end),
      gradient: gradient.subarray(start, end),
    }
    start = end
    return layer
  })
}
