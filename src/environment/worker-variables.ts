/**
 * How a worker's process is started in an environment: its variables, and the folders that its
 * command must name. This file is one of the few that read the process's own variables.
 */
import { tmpdir } from 'node:os'
import { delimiter, dirname } from 'node:path'
import type { ReadyEnvironment } from './environment.ts'
import { pythonFolder } from './folders.ts'

type Variables = Readonly<Record<string, string | undefined>>

/**
 * This process's variables without those that make Python load other code, and with the worker's
 * package and its thread counts, which the numeric libraries read when they are loaded.
 *
 * @param threads - threads of one worker
 * @param environment - what it would set when activated is set, too
 */
export function workerVariables(
  threads: number,
  environment: Pick<ReadyEnvironment, 'activation'> | null = null,
  own: Variables = process.env,
): Record<string, string | undefined> {
  const { PYTHONHOME: _, PYTHONSTARTUP: __, ...rest } = own
  return {
    ...rest,
    ...activated(environment?.activation ?? null, own),
    PYTHONPATH: pythonFolder(),
    PYTHONNOUSERSITE: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONHASHSEED: '0',
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
  }
}

/**
 * The command of an environment with its placeholders filled in: `{archloom}` is the folder of the
 * worker's package, `{sockets}` the one that holds the worker's socket.
 *
 * @param endpoint - of the orchestrator; null where nobody is to be connected to
 */
export function filledCommand(
  { command }: Pick<ReadyEnvironment, 'command'>,
  endpoint: string | null,
): [string, ...string[]] {
  const sockets = endpoint?.startsWith('ipc://')
    ? dirname(endpoint.slice('ipc://'.length))
    : tmpdir()
  const fill = (word: string) =>
    word.replaceAll('{archloom}', pythonFolder()).replaceAll('{sockets}', sockets)
  const [file, ...parameters] = command
  return [fill(file), ...parameters.map(fill)]
}

/**
 * This process's variables, for a Python that is nobody's worker: without those that would make it load
 * other code.
 */
export function outsideVariables(own: Variables = process.env): Variables {
  const { PYTHONHOME: _, PYTHONSTARTUP: __, PYTHONPATH: ___, ...rest } = own
  return { ...rest, PYTHONUNBUFFERED: '1' }
}

/** The GPUs that `$CUDA_VISIBLE_DEVICES` leaves; null when it says nothing. */
export function visibleCudaDevices(own: Variables = process.env): number | null {
  const visible = own.CUDA_VISIBLE_DEVICES
  if (visible === undefined) return null
  return visible.split(',').filter((device) => device.trim() !== '').length
}

function activated(
  activation: ReadyEnvironment['activation'],
  { PATH }: Variables,
): Record<string, string> {
  if (activation === null) return {}
  const programs = [activation.programs, ...(PATH ? [PATH] : [])].join(delimiter)
  return { ...activation.variables, PATH: programs }
}
