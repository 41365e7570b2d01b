import { chainEntry } from './chain/chain.ts'
import { nasBench201Entry } from './nas-bench-201/nas-bench-201.ts'
import type { SpaceEntry } from './space.ts'

/** Every search space that ships; the only file that names them. */
export const spaceCatalog: readonly SpaceEntry[] = [nasBench201Entry, chainEntry]
