import { chainEntry } from './chain/chain.ts'
import { jointEntry } from './joint/joint.ts'
import { nasBench201Entry } from './nas-bench-201/nas-bench-201.ts'
import { nasBenchMacroEntry } from './nas-bench-macro/nas-bench-macro.ts'
import type { SpaceEntry } from './space.ts'

/** Every search space that ships; the only file that names them. */
export const spaceCatalog: readonly SpaceEntry[] = [
  chainEntry,
  nasBench201Entry,
  nasBenchMacroEntry,
  jointEntry,
]
