/**
 * The interface of a placement engine: what has workers started on the machines of a cluster.
 * `catalog.ts` names the engines that exist; README.md says how to add one.
 */
import type { z } from 'zod'
import type { ArchloomError } from '#src/errors.ts'
import type { Clock } from '#src/time/clock.ts'
import type { WorkerKeys } from '../keys.ts'
import type { WorkerCommand } from '../launch.ts'
import type { WorkersLogger } from '../worker.ts'

/** Environment variable by which a worker gets the secret half of its key. */
export const secretVariable = 'ARCHLOOM_CURVE_SECRET'

/** What the pool hands to an engine. */
export interface PlacementContext {
  /**
   * The process of a worker of this name, on any machine that sees the same files; its variables come
   * on top of what the machine sets. The secret key is not among them.
   */
  readonly commandFor: (worker: string) => WorkerCommand
  readonly keys: WorkerKeys
  /** Absolute path of a folder of its own; what lies there from an earlier process may be used. */
  readonly folder: string
  readonly logger: WorkersLogger
  readonly clock: Clock
  /** Aborting gives up the start. */
  readonly signal?: AbortSignal
}

/**
 * Workers under an engine's care, from its start to its disposal.
 *
 * @remarks
 * The engine starts again what ended, within limits of its own; who joins and works is the pool's
 * business. Disposing ends everything that was started and leaves no secret behind; the pool has asked
 * its workers to leave before.
 */
export interface Placement extends AsyncDisposable {
  /** Resolves with the reason when the engine will place no more workers; never rejects. */
  readonly ended: Promise<ArchloomError>
}

/** A catalog entry: how an engine is named, configured and started. */
export interface PlacementEntry<S extends z.ZodType = z.ZodType> {
  readonly name: string
  /** One sentence for help and docs. */
  readonly summary: string
  /** Strict, with `engine: <name>`. */
  readonly settings: S
  /** @throws environment/* or worker/would-not-start when the engine is not there or refuses */
  start(settings: z.infer<S>, context: PlacementContext): Promise<Placement>
}
