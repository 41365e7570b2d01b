import { invariant } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { AdamSettings } from './adam.ts'
import { denseSize } from './dense.ts'
import type { Loss } from './loss.ts'
import {
  adamNumbers,
  adamNumbersAt,
  createMlpKernels,
  freeAt,
  laneCount,
  type MlpKernels,
  unitBytes,
} from './mlp-kernels.ts'

export interface MlpTraining {
  /** Units of each layer, inputs first; relu between, one linear output. */
  readonly sizes: readonly number[]
  readonly epochs: number
  /** Rows of a step, at most 32; the last of an epoch can have fewer. */
  readonly batchSize: number
  readonly loss: Loss
  /** Without weight decay. */
  readonly adam: Omit<AdamSettings, 'weightDecay' | 'isDecoupled'>
}

export interface MlpData {
  readonly inputs: readonly Float64Array[]
  readonly targets: Float64Array
}

export interface MlpTrainer {
  /**
   * Trains in single precision what `mlp.ts` computes, by mini-batches in a new order each epoch.
   *
   * @param weights - the first ones, as `createMlp` has them; replaced by the trained ones
   */
  train(training: MlpTraining, data: MlpData, weights: Float64Array, random: Random): void
}

/**
 * A trainer of small nets: forward, backward and Adam in WebAssembly, on vectors of four.
 *
 * @remarks
 * Inputs that are 0 in every row have no gradient, and Adam leaves their weights as they are: they
 * are left out while training. Holds memory for the largest net that it trained; nothing of one
 * training reaches the next.
 */
export function createMlpTrainer(): MlpTrainer {
  const kernels = createMlpKernels()
  return {
    train(training, data, weights, random) {
      const { sizes, batchSize, epochs } = training
      invariant(batchSize <= laneCount, `A batch holds up to ${laneCount} rows, not ${batchSize}`)
      invariant(sizes.at(-1) === 1, `A net to train has one output, not ${sizes.at(-1)}`)
      const columns = usedColumns(data.inputs, sizes[0] ?? 0)
      const session = openSession(kernels, [columns.length, ...sizes.slice(1)])
      const places = weightPlaces(columns, sizes)
      places.forEach((place, index) => {
        session.weights[index] = weights[place] as number
      })
      const rows = flatRows(data.inputs, columns)
      const order = Int32Array.from(data.inputs, (_, index) => index)
      const step = stepper({ session, rows, order, training, targets: data.targets })
      for (let epoch = 0; epoch < epochs; epoch++) {
        shuffle(order, random)
        for (let start = 0; start < order.length; start += batchSize) {
          step(start, Math.min(batchSize, order.length - start))
        }
      }
      places.forEach((place, index) => {
        weights[place] = session.weights[index] as number
      })
    },
  }
}

/** A layer's places in memory, in bytes. */
interface LayerPlaces {
  readonly weights: number
  readonly weightsEnd: number
  readonly rowBytes: number
  /** Its input's unit of ones. */
  readonly x: number
  readonly xEnd: number
  readonly y: number
  readonly dy: number
  readonly dyEnd: number
  /** Gradient of its input, behind the unit of ones; of the first layer nobody's. */
  readonly dx: number
}

interface Session {
  readonly kernels: MlpKernels
  readonly layers: readonly LayerPlaces[]
  readonly weights: Float32Array
  /** Bytes of the weights, and so between weights, gradient and moments. */
  readonly weightBytes: number
  readonly inputs: Float32Array
  readonly output: Float32Array
  readonly outputSlope: Float32Array
  readonly numbers: Float32Array
}

/** Memory for one training: moments and slopes of 0, units of ones. */
function openSession(kernels: MlpKernels, sizes: readonly number[]): Session {
  const count = sizes
    .slice(1)
    .reduce((sum, outputs, at) => sum + denseSize(sizes[at] ?? 0, outputs), 0)
  const weightBytes = 16 * Math.ceil(count / 4)
  const valuesAt = 64 * Math.ceil((freeAt + 4 * weightBytes) / 64)
  const { layers, end } = placeLayers(sizes, valuesAt)
  const missing = end - kernels.memory.buffer.byteLength
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / 65_536))
  const { buffer } = kernels.memory
  new Float32Array(buffer, freeAt, (end - freeAt) / 4).fill(0)
  for (const { x } of layers) new Float32Array(buffer, x, laneCount).fill(1)
  const [first, last] = [layers[0], layers.at(-1)]
  invariant(first !== undefined && last !== undefined, 'A net has at least one layer')
  return {
    kernels,
    layers,
    weightBytes,
    weights: new Float32Array(buffer, freeAt, count),
    inputs: new Float32Array(buffer, first.x + unitBytes, (sizes[0] ?? 0) * laneCount),
    output: new Float32Array(buffer, last.y, laneCount),
    outputSlope: new Float32Array(buffer, last.dy, laneCount),
    numbers: new Float32Array(buffer, adamNumbersAt, adamNumbers.length),
  }
}

function placeLayers(sizes: readonly number[], valuesAt: number) {
  let weights = freeAt
  let at = valuesAt
  const take = (units: number) => {
    at += units * unitBytes
    return at - units * unitBytes
  }
  const values = sizes.map((units) => take(1 + units))
  const slopes = sizes.map((units) => take(units))
  const layers = sizes.slice(1).map((outputs, index): LayerPlaces => {
    const inputs = sizes[index] ?? 0
    const [x = 0, y = 0] = [values[index], values[index + 1]]
    const [dx = 0, dy = 0] = [slopes[index], slopes[index + 1]]
    const rowBytes = 4 * (1 + inputs)
    const start = weights
    weights += outputs * rowBytes
    return {
      ...{ weights: start, weightsEnd: weights, rowBytes, x, xEnd: x + (1 + inputs) * unitBytes },
      ...{ y: y + unitBytes, dy, dyEnd: dy + outputs * unitBytes, dx },
    }
  })
  return { layers, end: at }
}

interface Run {
  readonly session: Session
  /** The used inputs of every row, one behind the other. */
  readonly rows: Float32Array
  readonly order: Int32Array
  readonly targets: Float64Array
  readonly training: MlpTraining
}

/** One step of training on the rows that stand in the order from a position on. */
function stepper(run: Run): (start: number, count: number) => void {
  const { session, order, targets, training } = run
  const predicted = new Float64Array(laneCount)
  const wanted = new Float64Array(laneCount)
  const slopes = new Float64Array(laneCount)
  let stepCount = 0
  return (start, count) => {
    fillBatch(run, start, count)
    forward(session)
    for (let lane = 0; lane < count; lane++) {
      predicted[lane] = session.output[lane] as number
      wanted[lane] = targets[order[start + lane] as number] as number
    }
    slopes.fill(0)
    training.loss(predicted, wanted, count, slopes)
    session.outputSlope.set(slopes)
    backward(session)
    stepCount += 1
    stepAdam(session, training.adam, stepCount)
  }
}

function fillBatch({ session, rows, order }: Run, start: number, count: number): void {
  const { inputs } = session
  const width = inputs.length / laneCount
  for (let lane = 0; lane < count; lane++) {
    const row = (order[start + lane] as number) * width
    for (let column = 0; column < width; column++) {
      inputs[column * laneCount + lane] = rows[row + column] as number
    }
  }
}

function forward({ kernels, layers }: Session): void {
  const last = layers.length - 1
  for (let index = 0; index <= last; index++) {
    const { weights, weightsEnd, rowBytes, x, y } = layers[index] as LayerPlaces
    if (index < last) kernels.forwardRelu(weights, weightsEnd, rowBytes, x, y)
    else kernels.forward(weights, weightsEnd, rowBytes, x, y)
  }
}

function backward({ kernels, layers, weightBytes }: Session): void {
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index] as LayerPlaces
    const { weights, rowBytes, x, xEnd, dy, dyEnd, dx } = layer
    kernels.gradient(dy, dyEnd, x, xEnd, weights + weightBytes)
    if (index === 0) return
    kernels.backwardRelu(weights + 4, rowBytes, x + unitBytes, xEnd, dy, dyEnd, dx)
  }
}

function stepAdam(session: Session, adam: MlpTraining['adam'], stepCount: number): void {
  const { kernels, numbers, weightBytes } = session
  const { learningRate, firstDecay, secondDecay, epsilon } = adam
  // The order of `adamNumbers`.
  numbers[0] = firstDecay
  numbers[1] = 1 - firstDecay
  numbers[2] = secondDecay
  numbers[3] = 1 - secondDecay
  numbers[4] = learningRate / (1 - firstDecay ** stepCount)
  numbers[5] = 1 / Math.sqrt(1 - secondDecay ** stepCount)
  numbers[6] = epsilon
  const at = (index: number) => freeAt + index * weightBytes
  kernels.adam(at(0), at(1), at(1), at(2), at(3))
}

function usedColumns(inputs: readonly Float64Array[], width: number): readonly number[] {
  return Array.from({ length: width }, (_, column) => column).filter((column) =>
    inputs.some((row) => row[column] !== 0),
  )
}

/** For each weight of the smaller net, its place in the net with all inputs. */
function weightPlaces(columns: readonly number[], sizes: readonly number[]): readonly number[] {
  const [inputs = 0, units = 0] = sizes
  const first = Array.from({ length: units }, (_, unit) => {
    const start = unit * (1 + inputs)
    return [start, ...columns.map((column) => start + 1 + column)]
  }).flat()
  const behind = denseSize(inputs, units)
  const rest = sizes
    .slice(2)
    .reduce((sum, outputs, at) => sum + denseSize(sizes[at + 1] ?? 0, outputs), 0)
  return [...first, ...Array.from({ length: rest }, (_, index) => behind + index)]
}

function flatRows(inputs: readonly Float64Array[], columns: readonly number[]): Float32Array {
  const rows = new Float32Array(inputs.length * columns.length)
  inputs.forEach((input, row) => {
    columns.forEach((column, index) => {
      rows[row * columns.length + index] = input[column] as number
    })
  })
  return rows
}

/** Fisher and Yates, in place. */
function shuffle(order: Int32Array, random: Random): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.int(last + 1)
    const moved = order[last] as number
    order[last] = order[other] as number
    order[other] = moved
  }
}
