/**
 * The environment variables of a worker's process. This file is one of the few that read the
 * process's own.
 */
import { pythonFolder } from './folders.ts'

type Variables = Readonly<Record<string, string | undefined>>

/**
 * This process's variables without those that make Python load other code, and with the worker's
 * package and its thread counts, which the numeric libraries read when they are loaded.
 *
 * @param threads - threads of one worker
 */
export function workerVariables(
  threads: number,
  own: Variables = process.env,
): Record<string, string | undefined> {
  const { PYTHONHOME: _, PYTHONSTARTUP: __, ...rest } = own
  return {
    ...rest,
    PYTHONPATH: pythonFolder(),
    PYTHONNOUSERSITE: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONHASHSEED: '0',
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
  }
}

/** The GPUs that `$CUDA_VISIBLE_DEVICES` leaves; null when it says nothing. */
export function visibleCudaDevices(own: Variables = process.env): number | null {
  const visible = own.CUDA_VISIBLE_DEVICES
  if (visible === undefined) return null
  return visible.split(',').filter((device) => device.trim() !== '').length
}
