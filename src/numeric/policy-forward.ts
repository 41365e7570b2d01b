/** The way of a batch of sequences through a policy, position by position. */
import { laneCount } from './mlp-kernels.ts'
import type { HeadPlaces, LayerPlaces, StepPlaces } from './policy-places.ts'
import { quarters, type Run } from './policy-run.ts'

/** Steps and takes what each sequence chooses at a position; adds to its log-probability. */
export function forwardPosition(run: Run, position: number): void {
  const { places, memory, kernels, shape } = run
  feedEmbeddings(run, position)
  for (let index = 0; index < places.layers.length; index++) {
    const { weights, weightsEnd, rowBytes, steps } = places.layers[index] as LayerPlaces
    const step = steps[position] as StepPlaces
    kernels.forward(weights, weightsEnd, rowBytes, step.input, step.gates)
    advance(run, index, position)
  }
  const head = places.heads[position] as HeadPlaces
  kernels.forward(head.weights, head.weightsEnd, head.rowBytes, head.input, head.logits)
  const choices = run.choices[position] as Int32Array
  const count = shape.choiceCounts[position] as number
  for (let lane = 0; lane < run.count; lane++) {
    const choice = choices[lane] as number
    if (choice < 0) continue
    const share = softmaxLane(memory, head.logits / 4 + lane, count, choice)
    run.logs[lane] = (run.logs[lane] as number) + Math.log(share)
  }
}

function feedEmbeddings({ places, memory, inputs, shape }: Run, position: number): void {
  const to = ((places.layers[0] as LayerPlaces).steps[position] as StepPlaces).input / 4 + laneCount
  const from = places.weights / 4
  const offsets = inputs[position] as Int32Array
  for (let unit = 0; unit < shape.hidden; unit++) {
    for (let lane = 0; lane < laneCount; lane++) {
      memory[to + unit * laneCount + lane] = memory[
        from + (offsets[lane] as number) + unit
      ] as number
    }
  }
}

/** From sums to gates, cells and hidden units; these go to the next step and to the layer above. */
function advance({ places, memory, choices, shape }: Run, index: number, position: number): void {
  const { steps } = places.layers[index] as LayerPlaces
  const { gates, cell, squashed, input, output } = steps[position] as StepPlaces
  const [next, size] = [steps[position + 1] as StepPlaces, shape.hidden * laneCount]
  const active = choices[position] as Int32Array
  const [i, f, g, o] = quarters(gates / 4, size)
  const [before, after] = [cell / 4, next.cell / 4]
  const hiddenBefore = input / 4 + laneCount + size
  const hiddenAfter = next.input / 4 + laneCount + size
  for (let at = 0; at < size; at++) {
    let value = memory[before + at] as number
    let hidden = memory[hiddenBefore + at] as number
    if ((active[at % laneCount] as number) >= 0) {
      const [enter, keep] = [sigmoid(memory[i + at] as number), sigmoid(memory[f + at] as number)]
      const [fresh, leave] = [tanh(memory[g + at] as number), sigmoid(memory[o + at] as number)]
      value = keep * value + enter * fresh
      const squeezed = tanh(value)
      hidden = leave * squeezed
      memory[i + at] = enter
      memory[f + at] = keep
      memory[g + at] = fresh
      memory[o + at] = leave
      memory[squashed / 4 + at] = squeezed
    }
    memory[after + at] = value
    memory[hiddenAfter + at] = hidden
    memory[output / 4 + at] = hidden
  }
}

/** Replaces a lane's logits by shares; hands back the share of the choice. */
function softmaxLane(memory: Float32Array, start: number, count: number, choice: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (let value = 0; value < count; value++) {
    highest = Math.max(highest, memory[start + value * laneCount] as number)
  }
  let total = 0
  for (let value = 0; value < count; value++) {
    const share = Math.exp((memory[start + value * laneCount] as number) - highest)
    memory[start + value * laneCount] = share
    total += share
  }
  for (let value = 0; value < count; value++) {
    const at = start + value * laneCount
    memory[at] = (memory[at] as number) / total
  }
  return memory[start + choice * laneCount] as number
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/** To the precision of the arithmetic around it, and faster than the library's. */
function tanh(value: number): number {
  return 2 / (1 + Math.exp(-2 * value)) - 1
}
