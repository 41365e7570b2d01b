/** The way back of a batch of sequences through a policy, from the last position to the first. */
import { laneCount, unitBytes } from './mlp-kernels.ts'
import type { HeadPlaces, LayerPlaces, StepPlaces } from './policy-places.ts'
import { quarters, type Run } from './policy-run.ts'

/** Replaces the shares at a position by the gradient of the logits. */
export function logitSlopes(
  { places, memory, shape, choices }: Run,
  position: number,
  scales: Float64Array,
  entropyScale: number,
): void {
  const start = (places.heads[position] as HeadPlaces).logits / 4
  const count = shape.choiceCounts[position] as number
  for (let lane = 0; lane < laneCount; lane++) {
    const choice = (choices[position] as Int32Array)[lane] as number
    laneSlopes(memory, { start: start + lane, count }, choice, {
      scale: choice < 0 ? 0 : (scales[lane] ?? 0),
      entropyScale,
    })
  }
}

interface LaneSpan {
  readonly start: number
  readonly count: number
}

interface Scales {
  readonly scale: number
  readonly entropyScale: number
}

function laneSlopes(
  memory: Float32Array,
  { start, count }: LaneSpan,
  choice: number,
  { scale, entropyScale }: Scales,
): void {
  const weight = choice < 0 ? 0 : entropyScale
  const entropy = entropyOf(memory, start, count)
  for (let value = 0; value < count; value++) {
    const at = start + value * laneCount
    const share = memory[at] as number
    const bonus = share > 0 ? weight * share * (Math.log(share) + entropy) : 0
    memory[at] = scale * ((value === choice ? 1 : 0) - share) - bonus
  }
}

function entropyOf(memory: Float32Array, start: number, count: number): number {
  let sum = 0
  for (let value = 0; value < count; value++) {
    const share = memory[start + value * laneCount] as number
    if (share > 0) sum -= share * Math.log(share)
  }
  return sum
}

/** From the gradient of the logits at a position to those of all weights and of what came before. */
export function backwardPosition(run: Run, position: number): void {
  const { places, kernels, shape } = run
  const head = places.heads[position] as HeadPlaces
  const { logits, logitsEnd, input, inputEnd } = head
  kernels.addGradient(logits, logitsEnd, input, inputEnd, head.weights + places.toGradient)
  const unitsAt = input + unitBytes
  kernels.backward(
    head.weights + 4,
    head.rowBytes,
    unitsAt,
    inputEnd,
    logits,
    logitsEnd,
    places.slopes,
  )
  for (let index = places.layers.length - 1; index >= 0; index--) {
    const layer = places.layers[index] as LayerPlaces
    const step = layer.steps[position] as StepPlaces
    backwardGates(run, index, position)
    const { weights, rowBytes } = layer
    const [x, xEnd] = [step.input, step.input + (1 + 2 * shape.hidden) * unitBytes]
    const [dy, dyEnd] = [places.gateSlopes, places.gateSlopes + 4 * shape.hidden * unitBytes]
    kernels.addGradient(dy, dyEnd, x, xEnd, weights + places.toGradient)
    kernels.backward(weights + 4, rowBytes, x + unitBytes, xEnd, dy, dyEnd, places.slopes)
    carryHidden(run, index, position)
  }
  addEmbeddingSlopes(run, position)
}

/** Gradient of the gates before their activation, from that of the hidden units in `slopes`. */
function backwardGates(
  { places, memory, choices, shape }: Run,
  index: number,
  position: number,
): void {
  const { steps, carried } = places.layers[index] as LayerPlaces
  const { gates, cell, squashed } = steps[position] as StepPlaces
  const size = shape.hidden * laneCount
  const active = choices[position] as Int32Array
  const [i, f, g, o] = quarters(gates / 4, size)
  const [di, df, dg, dO] = quarters(places.gateSlopes / 4, size)
  for (let at = 0; at < size; at++) {
    if ((active[at % laneCount] as number) < 0) {
      memory[di + at] = 0
      memory[df + at] = 0
      memory[dg + at] = 0
      memory[dO + at] = 0
      continue
    }
    const slope =
      (memory[places.slopes / 4 + at] as number) + (memory[carried.hidden / 4 + at] as number)
    const [enter, keep] = [memory[i + at] as number, memory[f + at] as number]
    const [fresh, leave] = [memory[g + at] as number, memory[o + at] as number]
    const squeezed = memory[squashed / 4 + at] as number
    const ofCell =
      (memory[carried.cell / 4 + at] as number) + slope * leave * (1 - squeezed * squeezed)
    memory[di + at] = ofCell * fresh * enter * (1 - enter)
    memory[df + at] = ofCell * (memory[cell / 4 + at] as number) * keep * (1 - keep)
    memory[dg + at] = ofCell * enter * (1 - fresh * fresh)
    memory[dO + at] = slope * squeezed * leave * (1 - leave)
    memory[carried.cell / 4 + at] = ofCell * keep
  }
}

/** Keeps the gradient of the hidden units before the step; a lane that had no step keeps its own. */
function carryHidden(
  { places, memory, choices, shape }: Run,
  index: number,
  position: number,
): void {
  const { carried } = places.layers[index] as LayerPlaces
  const size = shape.hidden * laneCount
  const active = choices[position] as Int32Array
  const from = places.slopes / 4 + size
  for (let at = 0; at < size; at++) {
    if ((active[at % laneCount] as number) >= 0) {
      memory[carried.hidden / 4 + at] = memory[from + at] as number
    }
  }
}

function addEmbeddingSlopes(
  { places, memory, inputs, choices, shape }: Run,
  position: number,
): void {
  const offsets = inputs[position] as Int32Array
  const active = choices[position] as Int32Array
  for (let lane = 0; lane < laneCount; lane++) {
    if ((active[lane] as number) < 0) continue
    const to = places.gradient / 4 + (offsets[lane] as number)
    for (let unit = 0; unit < shape.hidden; unit++) {
      const slope = memory[places.slopes / 4 + unit * laneCount + lane] as number
      memory[to + unit] = (memory[to + unit] as number) + slope
    }
  }
}
