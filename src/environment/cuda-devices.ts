/** How many GPUs workers can be spread over. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { visibleCudaDevices } from './worker-variables.ts'

/**
 * GPUs that a process started from here can use; at least 1, since a worker on a machine without
 * any says best itself what is wrong.
 */
export async function countCudaDevices(signal?: AbortSignal): Promise<number> {
  const count = visibleCudaDevices() ?? (await countInstalled(signal))
  return Math.max(1, count)
}

async function countInstalled(signal: AbortSignal | undefined): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['-L'], {
      timeout: 10_000,
      ...(signal && { signal }),
    })
    return stdout.split('\n').filter((line) => line.startsWith('GPU ')).length
  } catch {
    signal?.throwIfAborted()
    return 0
  }
}
