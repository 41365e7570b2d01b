import { availableParallelism } from 'node:os'
import { countCudaDevices } from './cuda-devices.ts'
import { assignDevices, type DeviceWish } from './devices.ts'

/** The devices of this machine for workers that start here, one a worker: see `assignDevices`. */
export async function localDevices(
  wish: DeviceWish & { readonly threads: number },
  signal?: AbortSignal,
): Promise<string[]> {
  const asksGpus = wish.device === 'cuda' && wish.workers !== 0
  const gpuCount = asksGpus ? await countCudaDevices(signal) : 0
  return assignDevices(wish, {
    gpuCount,
    cpuSlots: Math.floor(availableParallelism() / wish.threads),
  })
}
