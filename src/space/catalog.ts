import { amoebanetEntry } from './amoebanet/amoebanet.ts'
import { chainEntry } from './chain/chain.ts'
import { dartsEntry } from './darts/darts.ts'
import { fabricEntry } from './fabric/fabric.ts'
import { hierarchicalEntry } from './hierarchical/hierarchical.ts'
import { hyperparametersEntry } from './hyperparameters/hyperparameters.ts'
import { jointEntry } from './joint/joint.ts'
import { multiBranchEntry } from './multi-branch/multi-branch.ts'
import { multigraphEntry } from './multigraph/multigraph.ts'
import { nasBench1Shot1Entry } from './nas-bench-1shot1/nas-bench-1shot1.ts'
import { nasBench101Entry } from './nas-bench-101/nas-bench-101.ts'
import { nasBench201Entry } from './nas-bench-201/nas-bench-201.ts'
import { nasBenchMacroEntry } from './nas-bench-macro/nas-bench-macro.ts'
import { nasnetEntry } from './nasnet/nasnet.ts'
import { recurrentEntry } from './recurrent/recurrent.ts'
import type { SpaceEntry } from './space.ts'
import { transformerEntry } from './transformer/transformer.ts'

/** Every search space that ships; the only file that names them. */
export const spaceCatalog: readonly SpaceEntry[] = [
  chainEntry,
  multiBranchEntry,
  nasnetEntry,
  amoebanetEntry,
  dartsEntry,
  hierarchicalEntry,
  nasBench101Entry,
  nasBench201Entry,
  nasBench1Shot1Entry,
  nasBenchMacroEntry,
  jointEntry,
  hyperparametersEntry,
  fabricEntry,
  multigraphEntry,
  transformerEntry,
  recurrentEntry,
]
