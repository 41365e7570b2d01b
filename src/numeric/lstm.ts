import { sigmoid } from './activation.ts'

export interface LstmShape {
  readonly inputs: number
  readonly hidden: number
}

/**
 * One layer of long short-term memory that remembers a whole sequence, for its gradient.
 *
 * @remarks
 * `i, f, o = sigmoid(W [1, x, h])`, `g = tanh(…)`, `c' = f c + i g`, `h' = o tanh(c')`, from zeros. Weights
 * are `4 hidden` rows, in the order i, f, g, o as in PyTorch; a row is its bias, a weight for each
 * input, a weight for each hidden unit.
 * @see Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; Gers et al. 2000, "Learning to
 *   Forget", section 3.
 */
export interface Lstm extends LstmShape {
  readonly weights: Float64Array
  /** In the same order; `addGradient` adds to it. */
  readonly gradient: Float64Array
  /**
   * Takes the input of a step, counted from 0, after those of the steps before it.
   *
   * @returns the hidden units after it, a view that the same step overwrites
   */
  forward(step: number, x: Float64Array): Float64Array
  /** Begins a way back from the last step. */
  beginBackward(): void
  /**
   * @param step - steps go down by one from the last
   * @param dh - gradient of the hidden units that `forward` returned, later steps left out
   * @param dx - gradient of the input, overwritten
   */
  backward(step: number, dh: Float64Array, dx: Float64Array): void
  /** After the way back through all steps: adds the gradient of the weights. */
  addGradient(stepCount: number): void
}

export function lstmSize({ inputs, hidden }: LstmShape): number {
  return 4 * hidden * (1 + inputs + hidden)
}

/**
 * @param weights - `lstmSize` numbers, not copied; `gradient` as many
 * @param maxSteps - of a sequence
 */
export function createLstm(
  shape: LstmShape,
  weights: Float64Array,
  gradient: Float64Array,
  maxSteps: number,
): Lstm {
  const { inputs, hidden } = shape
  const rowSize = 1 + inputs + hidden
  const inputSteps = steps(maxSteps, inputs)
  /** Behind the activation: i, f, g, o. */
  const gateSteps = steps(maxSteps, 4 * hidden)
  /** One more than steps: the first are the zeros before them. */
  const cellSteps = steps(maxSteps + 1, hidden)
  const hiddenSteps = steps(maxSteps + 1, hidden)
  const sums = new Float64Array(4)
  const gateSlopeSteps = steps(maxSteps, 4 * hidden)
  const cellSlopes = new Float64Array(hidden)
  const hiddenSlopes = new Float64Array(hidden)

  function forward(step: number, x: Float64Array): Float64Array {
    const input = inputSteps[step] as Float64Array
    const before = hiddenSteps[step] as Float64Array
    const gates = gateSteps[step] as Float64Array
    for (let index = 0; index < inputs; index++) input[index] = x[index] as number
    for (let unit = 0; unit < hidden; unit++) {
      gateSums({ weights, input, before }, unit, hidden, sums)
      gates[unit] = sigmoid(sums[0] as number)
      gates[hidden + unit] = sigmoid(sums[1] as number)
      gates[2 * hidden + unit] = Math.tanh(sums[2] as number)
      gates[3 * hidden + unit] = sigmoid(sums[3] as number)
    }
    advance(step)
    return hiddenSteps[step + 1] as Float64Array
  }

  function advance(step: number): void {
    const gates = gateSteps[step] as Float64Array
    const [before, cell] = [cellSteps[step] as Float64Array, cellSteps[step + 1] as Float64Array]
    const output = hiddenSteps[step + 1] as Float64Array
    for (let unit = 0; unit < hidden; unit++) {
      const kept = (gates[hidden + unit] as number) * (before[unit] as number)
      const value = kept + (gates[unit] as number) * (gates[2 * hidden + unit] as number)
      cell[unit] = value
      output[unit] = (gates[3 * hidden + unit] as number) * Math.tanh(value)
    }
  }

  /** Gradient of the gates before their activation; moves the cell's one step back. */
  function backwardGates(step: number, dh: Float64Array): void {
    const gates = gateSteps[step] as Float64Array
    const gateSlopes = gateSlopeSteps[step] as Float64Array
    const [before, cell] = [cellSteps[step] as Float64Array, cellSteps[step + 1] as Float64Array]
    for (let unit = 0; unit < hidden; unit++) {
      const [input, forget] = [gates[unit] as number, gates[hidden + unit] as number]
      const [fresh, output] = [
        gates[2 * hidden + unit] as number,
        gates[3 * hidden + unit] as number,
      ]
      const slope = (dh[unit] as number) + (hiddenSlopes[unit] as number)
      const squashed = Math.tanh(cell[unit] as number)
      const cellSlope = (cellSlopes[unit] as number) + slope * output * (1 - squashed * squashed)
      gateSlopes[unit] = cellSlope * fresh * input * (1 - input)
      gateSlopes[hidden + unit] = cellSlope * (before[unit] as number) * forget * (1 - forget)
      gateSlopes[2 * hidden + unit] = cellSlope * input * (1 - fresh * fresh)
      gateSlopes[3 * hidden + unit] = slope * squashed * output * (1 - output)
      cellSlopes[unit] = cellSlope * forget
    }
  }

  function backward(step: number, dh: Float64Array, dx: Float64Array): void {
    backwardGates(step, dh)
    const gateSlopes = gateSlopeSteps[step] as Float64Array
    dx.fill(0, 0, inputs)
    hiddenSlopes.fill(0)
    for (let row = 0; row < 4 * hidden; row++) {
      const slope = gateSlopes[row] as number
      addRow(dx, weights, row * rowSize + 1, slope)
      addRow(hiddenSlopes, weights, row * rowSize + 1 + inputs, slope)
    }
  }

  /** Row by row, so that a row stays at hand for all steps. */
  function addGradient(stepCount: number): void {
    for (let row = 0; row < 4 * hidden; row++) {
      const start = row * rowSize
      for (let step = 0; step < stepCount; step++) {
        const slope = (gateSlopeSteps[step] as Float64Array)[row] as number
        gradient[start] = (gradient[start] as number) + slope
        addScaled(gradient, start + 1, inputSteps[step] as Float64Array, slope)
        addScaled(gradient, start + 1 + inputs, hiddenSteps[step] as Float64Array, slope)
      }
    }
  }

  return {
    ...shape,
    weights,
    gradient,
    forward,
    backward,
    addGradient,
    beginBackward() {
      cellSlopes.fill(0)
      hiddenSlopes.fill(0)
    },
  }
}

function steps(count: number, size: number): readonly Float64Array[] {
  return Array.from({ length: count }, () => new Float64Array(size))
}

interface GateInputs {
  readonly weights: Float64Array
  readonly input: Float64Array
  readonly before: Float64Array
}

/** The four gates of a unit before their activation: four sums side by side wait less for each other. */
function gateSums(
  { weights, input, before }: GateInputs,
  unit: number,
  hidden: number,
  sums: Float64Array,
): void {
  const rowSize = 1 + input.length + before.length
  const skip = hidden * rowSize
  let at = unit * rowSize
  let i = weights[at] as number
  let f = weights[at + skip] as number
  let g = weights[at + 2 * skip] as number
  let o = weights[at + 3 * skip] as number
  at += 1
  for (let index = 0; index < input.length; index++, at++) {
    const value = input[index] as number
    i += (weights[at] as number) * value
    f += (weights[at + skip] as number) * value
    g += (weights[at + 2 * skip] as number) * value
    o += (weights[at + 3 * skip] as number) * value
  }
  for (let index = 0; index < before.length; index++, at++) {
    const value = before[index] as number
    i += (weights[at] as number) * value
    f += (weights[at + skip] as number) * value
    g += (weights[at + 2 * skip] as number) * value
    o += (weights[at + 3 * skip] as number) * value
  }
  sums[0] = i
  sums[1] = f
  sums[2] = g
  sums[3] = o
}

/** Adds `scale * values` to a part of `sums`. */
function addScaled(sums: Float64Array, start: number, values: Float64Array, scale: number): void {
  for (let index = 0; index < values.length; index++) {
    const at = start + index
    sums[at] = (sums[at] as number) + scale * (values[index] as number)
  }
}

/** Adds `scale` times a part of `weights` to `sums`. */
function addRow(sums: Float64Array, weights: Float64Array, start: number, scale: number): void {
  for (let index = 0; index < sums.length; index++) {
    sums[index] = (sums[index] as number) + scale * (weights[start + index] as number)
  }
}
