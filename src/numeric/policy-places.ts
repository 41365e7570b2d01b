import { denseSize } from './dense.ts'
import { lstmSize } from './lstm.ts'
import { unitBytes } from './mlp-kernels.ts'
import type { SequencePolicyShape } from './sequence-policy.ts'

/** One layer at one position. */
export interface StepPlaces {
  /** A unit of ones, the layer's input, its hidden units before the step. */
  readonly input: number
  /** Four times the hidden units. */
  readonly gates: number
  /** Cells before the step. */
  readonly cell: number
  /** `tanh` of the cells after it. */
  readonly squashed: number
  /** Where the hidden units after it go: the input of the layer above, or of the head. */
  readonly output: number
}

export interface LayerPlaces {
  readonly weights: number
  readonly weightsEnd: number
  readonly rowBytes: number
  /** One more than positions: the last holds what the last step leaves. */
  readonly steps: readonly StepPlaces[]
  /** Gradients on their way back: of the hidden units and of the cells. */
  readonly carried: { readonly hidden: number; readonly cell: number }
}

export interface HeadPlaces {
  readonly weights: number
  readonly weightsEnd: number
  readonly rowBytes: number
  /** A unit of ones, the hidden units of the top layer. */
  readonly input: number
  readonly inputEnd: number
  readonly logits: number
  readonly logitsEnd: number
}

/** Where everything of a batch stands, in bytes. */
export interface PolicyPlaces {
  /** In the order of `SequencePolicy.weights`, single precision; so is the gradient. */
  readonly weights: number
  readonly gradient: number
  /** From a weight to its gradient. */
  readonly toGradient: number
  /** For each position its first embedding, counted in numbers from the first weight. */
  readonly embeddings: readonly number[]
  readonly layers: readonly LayerPlaces[]
  readonly heads: readonly HeadPlaces[]
  /** Gradient of a layer's input and hidden units, then of its gates. */
  readonly slopes: number
  readonly gateSlopes: number
  /** Every unit of ones. */
  readonly ones: readonly number[]
  /** Behind all. */
  readonly end: number
}

/** @param start - first byte that may be used, a multiple of 16 */
export function placePolicy(shape: SequencePolicyShape, start: number): PolicyPlaces {
  const { choiceCounts, hidden, layers } = shape
  let end = start
  const take = (bytes: number) => {
    const place = end
    end += 16 * Math.ceil(bytes / 16)
    return place
  }
  const units = (count: number) => take(count * unitBytes)
  const parts = placeParts(shape)
  const weights = take(4 * parts.size)
  const gradient = take(4 * parts.size)
  const rowBytes = 4 * (1 + hidden)
  const heads = choiceCounts.map((count, position): HeadPlaces => {
    const own = weights + 4 * (parts.heads[position] ?? 0)
    const [input, logits] = [units(1 + hidden), units(count)]
    const inputEnd = input + (1 + hidden) * unitBytes
    const ends = { weightsEnd: own + count * rowBytes, logitsEnd: logits + count * unitBytes }
    return { weights: own, rowBytes, input, inputEnd, logits, ...ends }
  })
  const inputs = Array.from({ length: layers }, () =>
    Array.from({ length: choiceCounts.length + 1 }, () => units(1 + 2 * hidden)),
  )
  const layerPlaces = inputs.map((ownInputs, layer): LayerPlaces => {
    const own = weights + 4 * (parts.layers[layer] ?? 0)
    return {
      weights: own,
      weightsEnd: own + 4 * lstmSize({ inputs: hidden, hidden }),
      rowBytes: 4 * (1 + 2 * hidden),
      steps: ownInputs.map((input, position) => {
        const above = inputs[layer + 1]?.[position] ?? heads[position]?.input
        // Nothing is handed on behind the last position.
        const output = above === undefined ? units(hidden) : above + unitBytes
        const [gates, cell, squashed] = [units(4 * hidden), units(hidden), units(hidden)]
        return { input, gates, cell, squashed, output }
      }),
      carried: { hidden: units(hidden), cell: units(hidden) },
    }
  })
  return {
    ...{ weights, gradient, toGradient: gradient - weights, embeddings: parts.embeddings },
    ...{ layers: layerPlaces, heads, slopes: units(2 * hidden), gateSlopes: units(4 * hidden) },
    ones: [...inputs.flat(), ...heads.map(({ input }) => input)],
    end,
  }
}

/** First number of each part among a policy's weights. */
function placeParts({ choiceCounts, hidden, layers }: SequencePolicyShape) {
  let at = hidden
  const place = (size: number) => {
    at += size
    return at - size
  }
  return {
    embeddings: choiceCounts.map((count) => place(count * hidden)),
    layers: Array.from({ length: layers }, () => place(lstmSize({ inputs: hidden, hidden }))),
    heads: choiceCounts.map((count) => place(denseSize(hidden, count))),
    size: at,
  }
}
