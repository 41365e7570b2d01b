import type { Task } from '../space.ts'
import type { Cell } from './cell.ts'
import type { SkeletonSettings } from './skeleton.ts'

/** Size of a network as the benchmark's authors count it. */
export interface OfficialCounts {
  /** Trainable parameters, those of convolutions that never reach the output included. */
  readonly parameterCount: number
  /** Multiply-adds of convolutions and of the linear layer, plus the linear layer's bias. */
  readonly multiplyAdds: number
}

/**
 * The benchmark's own parameter and FLOP counts, in closed form.
 *
 * @remarks
 * The official network builds a module for every edge, whether or not anything flows through it;
 * `compile` leaves dead edges out. The two agree on every cell whose convolutions are all alive,
 * except that the official FLOPs also count the classifier's bias once a class. At the published
 * settings and ten classes: 73,306 + 28,000 a 1x1 convolution + 243,040 a 3x3 convolution.
 *
 * @see Dong and Yang 2020, "NAS-Bench-201", table 2; checked against all 15,625 recorded rows.
 */
export function officialCounts(cell: Cell, settings: SkeletonSettings, task: Task): OfficialCounts {
  const [inputChannels = 0, height = 0, width = 0] = task.inputShape
  const stages = [0, 1, 2].map((stage) => ({
    channels: settings.channels * 2 ** stage,
    area: (height * width) / 4 ** stage,
  }))
  const head = 4 * settings.channels
  const totals = {
    parameterCount: inputChannels * 9 * settings.channels + 2 * settings.channels,
    multiplyAdds: inputChannels * 9 * settings.channels * height * width,
  }
  for (const { channels, area } of stages.slice(1)) {
    // Two 3x3 convolutions and the 1x1 of the shortcut, from half the channels to all of them.
    const weights = 9 * (channels / 2) * channels + 9 * channels * channels
    const shortcut = (channels / 2) * channels
    totals.parameterCount += weights + shortcut + 4 * channels
    totals.multiplyAdds += (weights + shortcut) * area
  }
  for (const { channels, area } of stages) {
    const ones = cell.filter((operation) => operation === 'nor_conv_1x1').length
    const threes = cell.filter((operation) => operation === 'nor_conv_3x3').length
    const weights = (ones + 9 * threes) * channels * channels
    totals.parameterCount += settings.cellsPerStage * (weights + (ones + threes) * 2 * channels)
    totals.multiplyAdds += settings.cellsPerStage * weights * area
  }
  const classifier = head * task.classCount + task.classCount
  totals.parameterCount += 2 * head + classifier
  totals.multiplyAdds += classifier
  return totals
}
