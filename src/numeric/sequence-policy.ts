import type { Random } from '#src/random/random.ts'
import { denseSize } from './dense.ts'
import { uniformWithin } from './initialize.ts'
import { createLstm, type Lstm, lstmSize } from './lstm.ts'
import { addEntropyGradient, softmax } from './softmax.ts'

export interface SequencePolicyShape {
  /** Values of the choice at each position; a sequence may leave positions out. */
  readonly choiceCounts: readonly number[]
  readonly hidden: number
  /** LSTM layers, each with `hidden` units. */
  readonly layers: number
}

/**
 * A distribution over sequences of choices: LSTM layers that are fed the choice before, and for each
 * position a softmax of its own, so that nothing has to be masked out.
 *
 * @remarks
 * Weights: an embedding for the beginning and one for each value of each position, `hidden` numbers each;
 * the layers (`lstm.ts`), first layer first; then for each position rows of a bias and `hidden` weights,
 * one row a value. A sequence is begun, then stepped and taken choice by choice; what was taken last can
 * be differentiated.
 */
export interface SequencePolicy extends SequencePolicyShape {
  readonly weights: Float64Array
  readonly gradient: Float64Array
  begin(): void
  /** The probabilities at the next position of the sequence; a view, valid until `begin`. */
  step(position: number): Float64Array
  /** Makes the choice at that position. */
  take(choice: number): void
  /** Steps and takes a whole sequence, -1 where a position is left out; its log-probability. */
  follow(choices: Int32Array): number
  /**
   * Adds to `gradient` that of `scale · log-probability + entropyScale · Σ entropy` for the sequence
   * that was begun last.
   */
  backward(scale: number, entropyScale: number): void
}

export function sequencePolicySize(shape: SequencePolicyShape): number {
  const { choiceCounts, hidden, layers } = shape
  const values = choiceCounts.reduce((sum, count) => sum + count, 0)
  const heads = choiceCounts.reduce((sum, count) => sum + denseSize(hidden, count), 0)
  return (1 + values) * hidden + layers * lstmSize({ inputs: hidden, hidden }) + heads
}

/** All weights uniform within ±limit. */
export function uniformPolicy(
  shape: SequencePolicyShape,
  limit: number,
  random: Random,
): Float64Array {
  const weights = new Float64Array(sequencePolicySize(shape))
  uniformWithin(weights, limit, random)
  return weights
}

interface Position {
  /** Views of the weights and of the gradient. */
  readonly embeddings: readonly Float64Array[]
  readonly embeddingSlopes: readonly Float64Array[]
  readonly head: Float64Array
  readonly headSlopes: Float64Array
  readonly logits: Float64Array
}

/** One step that was made. */
interface Step {
  position: number
  choice: number
  readonly shares: Float64Array
}

/** @param weights - not copied: who changes them changes the policy */
export function createSequencePolicy(
  shape: SequencePolicyShape,
  weights: Float64Array,
): SequencePolicy {
  const { choiceCounts, hidden } = shape
  const gradient = new Float64Array(weights.length)
  const { start, startSlopes, layers, positions } = placeWeights(shape, weights, gradient)
  const widest = Math.max(...choiceCounts)
  const steps = choiceCounts.map((): Step => {
    return { position: 0, choice: 0, shares: new Float64Array(widest) }
  })
  /** Views of each step's shares, of every length that occurs. */
  const shareViews = steps.map(({ shares }) => viewsUpTo(shares, choiceCounts))
  const tops = steps.map(() => new Float64Array(hidden))
  const logitSlopes = viewsUpTo(new Float64Array(widest), choiceCounts)
  const slopes = [new Float64Array(hidden), new Float64Array(hidden)] as const
  let length = 0

  function step(position: number): Float64Array {
    const { head, logits } = positions[position] as Position
    let x = length === 0 ? start : embeddingOf(steps[length - 1] as Step)
    for (const layer of layers) x = layer.forward(length, x)
    const top = tops[length] as Float64Array
    top.set(x)
    affine(head, top, logits)
    const shares = shareViews[length]?.get(logits.length) as Float64Array
    softmax(logits, shares)
    const made = steps[length] as Step
    made.position = position
    return shares
  }

  function embeddingOf({ position, choice }: Step): Float64Array {
    return positions[position]?.embeddings[choice] as Float64Array
  }

  function backward(scale: number, entropyScale: number): void {
    for (const layer of layers) layer.beginBackward()
    for (let index = length - 1; index >= 0; index--) {
      const { position, choice } = steps[index] as Step
      const { head, headSlopes, logits } = positions[position] as Position
      const shares = shareViews[index]?.get(logits.length) as Float64Array
      const slope = logitSlopes.get(logits.length) as Float64Array
      choiceGradient({ shares, choice }, scale, slope)
      if (entropyScale !== 0) addEntropyGradient(shares, entropyScale, slope)
      const dh = slopes[0]
      affineBackward({ head, headSlopes, x: tops[index] as Float64Array, slope, dx: dh })
      const dx = backwardLayers(layers, index, slopes)
      const before = steps[index - 1]
      add(before ? slopesOf(before) : startSlopes, dx)
    }
    for (const layer of layers) layer.addGradient(length)
  }

  function slopesOf({ position, choice }: Step): Float64Array {
    return positions[position]?.embeddingSlopes[choice] as Float64Array
  }

  function take(choice: number): void {
    const made = steps[length] as Step
    made.choice = choice
    length += 1
  }

  function begin(): void {
    length = 0
  }

  return {
    ...shape,
    weights,
    gradient,
    begin,
    step,
    take,
    follow(choices) {
      begin()
      let sum = 0
      for (let position = 0; position < choices.length; position++) {
        const choice = choices[position] as number
        if (choice < 0) continue
        sum += Math.log(step(position)[choice] as number)
        take(choice)
      }
      return sum
    },
    backward,
  }
}

function placeWeights(shape: SequencePolicyShape, weights: Float64Array, gradient: Float64Array) {
  const { choiceCounts, hidden, layers } = shape
  let at = 0
  const take = (size: number): readonly [Float64Array, Float64Array] => {
    const from = at
    at += size
    return [weights.subarray(from, at), gradient.subarray(from, at)]
  }
  const [start, startSlopes] = take(hidden)
  const embeddings = choiceCounts.map((count) => Array.from({ length: count }, () => take(hidden)))
  const lstms = Array.from({ length: layers }, (): Lstm => {
    const size = { inputs: hidden, hidden }
    const [own, ownSlopes] = take(lstmSize(size))
    return createLstm(size, own, ownSlopes, choiceCounts.length)
  })
  const positions = choiceCounts.map((count, index): Position => {
    const [head, headSlopes] = take(denseSize(hidden, count))
    return {
      embeddings: embeddings[index]?.map(([values]) => values) ?? [],
      embeddingSlopes: embeddings[index]?.map(([, values]) => values) ?? [],
      head,
      headSlopes,
      logits: new Float64Array(count),
    }
  })
  return { start, startSlopes, layers: lstms, positions }
}

/** Gradient of `scale · log-probability` of a choice by each logit, overwritten. */
function choiceGradient(
  { shares, choice }: Omit<Step, 'position'>,
  scale: number,
  slope: Float64Array,
): void {
  for (let value = 0; value < slope.length; value++)
    slope[value] = -scale * (shares[value] as number)
  slope[choice] = (slope[choice] as number) + scale
}

/** From the top layer's hidden units, whose gradient is the first of the two, to the first's input. */
function backwardLayers(
  layers: readonly Lstm[],
  step: number,
  [first, second]: readonly [Float64Array, Float64Array],
): Float64Array {
  let [dh, dx] = [first, second]
  for (let index = layers.length - 1; index >= 0; index--) {
    layers[index]?.backward(step, dh, dx)
    ;[dh, dx] = [dx, dh]
  }
  return dh
}

/** `y = W x + b`; a row is its bias, then a weight for each input. */
function affine(head: Float64Array, x: Float64Array, y: Float64Array): void {
  for (let row = 0; row < y.length; row++) {
    const start = row * (1 + x.length)
    let sum = head[start] as number
    for (let index = 0; index < x.length; index++) {
      sum += (head[start + 1 + index] as number) * (x[index] as number)
    }
    y[row] = sum
  }
}

interface AffineBackward {
  readonly head: Float64Array
  readonly headSlopes: Float64Array
  readonly x: Float64Array
  readonly slope: Float64Array
  /** Overwritten. */
  readonly dx: Float64Array
}

function affineBackward({ head, headSlopes, x, slope, dx }: AffineBackward): void {
  dx.fill(0)
  for (let row = 0; row < slope.length; row++) {
    const own = slope[row] as number
    const start = row * (1 + x.length)
    headSlopes[start] = (headSlopes[start] as number) + own
    for (let index = 0; index < x.length; index++) {
      const at = start + 1 + index
      headSlopes[at] = (headSlopes[at] as number) + own * (x[index] as number)
      dx[index] = (dx[index] as number) + own * (head[at] as number)
    }
  }
}

function add(sums: Float64Array, values: Float64Array): void {
  for (let index = 0; index < sums.length; index++) {
    sums[index] = (sums[index] as number) + (values[index] as number)
  }
}

function viewsUpTo(
  values: Float64Array,
  lengths: readonly number[],
): ReadonlyMap<number, Float64Array> {
  return new Map(lengths.map((length) => [length, values.subarray(0, length)]))
}
