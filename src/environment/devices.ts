/** Which device each of the workers on one machine works on. */
import { ArchloomError } from '#src/errors.ts'

export interface DeviceWish {
  /** How many workers; `auto` for as many as the machine has room for. */
  readonly workers: number | 'auto'
  readonly device: 'cpu' | 'cuda'
  /** How many may share one GPU; null for as many as an even spread needs, and for one with `auto`. */
  readonly workersPerDevice: number | null
}

/** What the machine has. */
export interface DeviceSupply {
  readonly gpuCount: number
  /** How many workers the processors have room for. */
  readonly cpuSlots: number
}

/**
 * One device a worker, in the order of the workers: each GPU in turn, so that they are loaded evenly.
 *
 * @returns `cpu`, or `cuda:INDEX` with an index among the GPUs that are visible
 * @throws environment/no-device when more would share a GPU than may
 */
export function assignDevices(wish: DeviceWish, supply: DeviceSupply): string[] {
  const { device, workersPerDevice } = wish
  if (device === 'cpu') return repeat(countOf(wish, Math.max(1, supply.cpuSlots)), () => 'cpu')
  // A worker on a machine without any says best itself what is wrong.
  const gpuCount = Math.max(1, supply.gpuCount)
  const count = countOf(wish, gpuCount * (workersPerDevice ?? 1))
  if (workersPerDevice !== null && count > gpuCount * workersPerDevice) {
    const plural = gpuCount === 1 ? '' : 's'
    throw new ArchloomError(
      'environment/no-device',
      `${count} workers with at most ${workersPerDevice} on a GPU need ${Math.ceil(count / workersPerDevice)} GPUs, but this machine has ${gpuCount} GPU${plural}; start fewer workers or raise workersPerDevice`,
      { details: { workers: count, workersPerDevice, gpuCount } },
    )
  }
  return repeat(count, (index) => `cuda:${index % gpuCount}`)
}

function countOf({ workers }: DeviceWish, room: number): number {
  return workers === 'auto' ? room : workers
}

function repeat(count: number, make: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
