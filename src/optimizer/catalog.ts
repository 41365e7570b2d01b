import { arcGpEntry } from './arc-gp/arc-gp.ts'
import { bananasEntry } from './bananas/bananas.ts'
import { cmaEsEntry } from './cma-es/cma-es.ts'
import { differentialEvolutionEntry } from './differential-evolution/differential-evolution.ts'
import { largeScaleEvolutionEntry } from './large-scale-evolution.ts'
import { localSearchEntry } from './local-search/local-search.ts'
import { nasBowlEntry } from './nas-bowl/nas-bowl.ts'
import { nasbotEntry } from './nasbot/nasbot.ts'
import { neuroevolutionEntry } from './neuroevolution.ts'
import { nsgaIIEntry } from './nsga-ii.ts'
import type { OptimizerEntry } from './optimizer.ts'
import { ppoControllerEntry } from './ppo-controller.ts'
import { randomSearchEntry } from './random-search.ts'
import { regularizedEvolutionEntry } from './regularized-evolution.ts'
import { reinforceEntry } from './reinforce.ts'
import { rnnControllerEntry } from './rnn-controller.ts'
import { smacEntry } from './smac/smac.ts'
import { tpeEntry } from './tpe/tpe.ts'

/** Every optimizer that ships; the only file that names them. */
export const optimizerCatalog: readonly OptimizerEntry[] = [
  randomSearchEntry,
  regularizedEvolutionEntry,
  localSearchEntry,
  reinforceEntry,
  differentialEvolutionEntry,
  tpeEntry,
  bananasEntry,
  neuroevolutionEntry,
  nsgaIIEntry,
  largeScaleEvolutionEntry,
  arcGpEntry,
  smacEntry,
  cmaEsEntry,
  rnnControllerEntry,
  nasBowlEntry,
  ppoControllerEntry,
  nasbotEntry,
]
