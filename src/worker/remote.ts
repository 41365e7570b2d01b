import { spawn } from 'node:child_process'
import { ArchloomError } from '#src/errors.ts'
import { keyParameters, type WorkerKeys } from './keys.ts'
import { type LaunchRequest, pythonCommand } from './launch.ts'
import { secretVariable } from './placement/placement.ts'

/** What a shell makes of a process that a signal ended. */
const signalStatus = 128

/**
 * Runs a worker that serves an orchestrator elsewhere, with this process's own standard error, until
 * the orchestrator sends it away or the signal aborts.
 *
 * @returns the worker's exit status
 */
export async function runRemoteWorker(
  request: LaunchRequest,
  keys: WorkerKeys,
  signal: AbortSignal,
): Promise<number> {
  const { file, parameters, variables } = pythonCommand(request)
  const child = spawn(file, [...parameters, ...keyParameters(keys)], {
    stdio: ['pipe', 'inherit', 'inherit'],
    // On the command line every user of the machine could read it.
    env: { ...variables, [secretVariable]: keys.secretKey },
    detached: true,
  })
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      child.once('exit', (code) => resolve(code ?? signalStatus))
      child.once('error', (cause) =>
        reject(
          new ArchloomError('worker/would-not-start', `Cannot start ${file}: ${cause.message}`, {
            cause,
          }),
        ),
      )
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
