import type { SpaceEntry } from './space.ts'

/** Every search space that ships; the only file that names them. */
export const spaceCatalog: readonly SpaceEntry[] = []
