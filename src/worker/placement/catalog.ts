import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { Placement, PlacementContext, PlacementEntry } from './placement.ts'
import { rayEntry } from './ray.ts'
import { slurmEntry } from './slurm/slurm.ts'

/** Every placement engine that ships; the only file that names them. */
export const placementCatalog: readonly PlacementEntry[] = [rayEntry, slurmEntry]

/** What an experiment says of an engine, told apart by `engine`. */
export const PlacementSettings = z.discriminatedUnion('engine', [
  rayEntry.settings,
  slurmEntry.settings,
])
export type PlacementSettings = z.infer<typeof PlacementSettings>

/** Starts the engine that the settings name. */
export async function startPlacement(
  settings: PlacementSettings,
  context: PlacementContext,
): Promise<Placement> {
  context.signal?.throwIfAborted()
  const entry = placementCatalog.find(({ name }) => name === settings.engine)
  if (entry !== undefined) return await entry.start(settings, context)
  throw new ArchloomError('internal/invariant', `No placement engine is called ${settings.engine}`)
}
