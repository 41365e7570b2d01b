/** Starts a placement engine for a pool: tells it what a worker is, and where the pool listens. */
import { hostname } from 'node:os'
import { workerVariables } from '#src/environment/worker-variables.ts'
import { keyParameters, type WorkerKeys } from '../keys.ts'
import { type LaunchRequest, pythonCommand, type WorkerCommand } from '../launch.ts'
import type { Placement, PlacementContext } from './placement.ts'

/** An engine, chosen and configured, that a pool starts once it listens. */
export interface PlacementChoice {
  readonly start: (context: PlacementContext) => Promise<Placement>
  readonly keys: WorkerKeys
  /** Absolute path of a folder for the engine. */
  readonly folder: string
  /** What workers connect to; by default this machine's name and the port that is listened on. */
  readonly address: string | null
}

export interface PlacementScene extends Pick<PlacementContext, 'logger' | 'clock' | 'signal'> {
  /** What the pool listens on, such as `tcp://0.0.0.0:7001`. */
  readonly endpoint: string
  /** All that workers are told but their names and where to connect. */
  readonly request: Omit<LaunchRequest, 'endpoint' | 'worker'>
}

export function placeWorkers(choice: PlacementChoice, scene: PlacementScene): Promise<Placement> {
  const { keys, folder } = choice
  const { logger, clock, signal, request } = scene
  const endpoint = choice.address ?? reachable(scene.endpoint)
  return choice.start({
    keys,
    folder,
    logger,
    clock,
    ...(signal && { signal }),
    commandFor: (worker) => placedCommand({ ...request, endpoint, worker }, keys),
  })
}

/** Without this machine's own variables, and without the pipe by which a parent's end is noticed. */
function placedCommand(request: LaunchRequest, keys: WorkerKeys): WorkerCommand {
  const { file, parameters } = pythonCommand(request)
  const variables = workerVariables(request.threads, request.environment, {})
  return {
    file,
    parameters: [
      ...parameters.filter((parameter) => parameter !== '--watch-stdin'),
      ...keyParameters(keys),
    ],
    variables,
  }
}

/** An address of this machine for one that stands for all of them. */
export function reachable(endpoint: string, host = hostname()): string {
  return endpoint.replace(/^tcp:\/\/(\*|0\.0\.0\.0|\[::\])(?=:)/, `tcp://${host}`)
}
