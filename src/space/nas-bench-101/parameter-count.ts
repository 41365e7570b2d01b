import type { Task } from '../space.ts'
import { type Cell, hasEdge, vertexCount } from './cell.ts'
import { type NetworkSettings, vertexChannels } from './network.ts'

/**
 * Trainable parameters of a cell's network in closed form, as the benchmark records them.
 *
 * @param cell - pruned, in the order of the network: the stored cell for the benchmark's number
 * @see Ying et al. 2019, "NAS-Bench-101"; checked against all 423,624 recorded rows.
 */
export function parameterCount(cell: Cell, settings: NetworkSettings, task: Task): number {
  const [inputChannels = 0] = task.inputShape
  let total = convolution(inputChannels, settings.channels, 3)
  let channels = settings.channels
  for (let stack = 0; stack < settings.stacks; stack++) {
    const output = settings.channels * 2 ** stack
    total += cellCount(cell, channels, output)
    total += (settings.cellsPerStack - 1) * cellCount(cell, output, output)
    channels = output
  }
  return total + channels * task.classCount + task.classCount
}

function cellCount(cell: Cell, input: number, output: number): number {
  const channels = vertexChannels(cell, input, output)
  let total = 0
  for (let vertex = 1; vertex < vertexCount(cell); vertex++) {
    const width = channels[vertex] ?? 0
    const operation = cell.operations[vertex - 1]
    if (hasEdge(cell.adjacency, 0, vertex)) total += convolution(input, width, 1)
    if (operation === 'conv3x3') total += convolution(width, width, 3)
    if (operation === 'conv1x1') total += convolution(width, width, 1)
  }
  return total
}

/** Convolution without bias, scale and shift of the norm. */
function convolution(input: number, output: number, kernel: number): number {
  return input * output * kernel ** 2 + 2 * output
}
